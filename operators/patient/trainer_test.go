package patient

import (
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/schemas"
	"github.com/google/go-cmp/cmp"
)

// TestModelVersionsAreByCount: the same examples give the same versions, and the patient task takes
// the one in force.
func TestModelVersionsAreByCount(t *testing.T) {
	run := func() (versions []string, in string) {
		r := newRig(t, nil)
		for i := range 200 {
			at := noon + schemas.Millis(i)*schemas.Hour
			who, contact := fmt.Sprintf("p-%d", i%9), fmt.Sprintf("call-%d", i)
			r.touch(who, webStep("", at, schemas.WebEventFormError, "refill/form", "R03"))
			r.touch(who, callStep("", at+schemas.Minute, schemas.CallEventQueued, contact))
			r.touch(who, disposition("", at+5*schemas.Minute, contact, "R03"))
			for _, x := range r.take(r.config.Emit.Topics.TrainingExamples) {
				r.give(r.trainer, 1, r.config.Emit.Topics.TrainingExamples, x.key, x.value)
			}
			for _, m := range r.take(r.config.Emit.Topics.Models) {
				versions = append(versions, fmt.Sprintf("%s after %d", m.key, i+1))
				r.give(r.patient, 2, r.config.Emit.Topics.Models, m.key, m.value)
			}
		}
		return versions, r.decide.Predict.Model.Version()
	}
	first, in := run()
	second, _ := run()
	if d := cmp.Diff(first, second); d != "" {
		t.Error(d)
	}
	t.Log(first)
	if len(first) < 10 || in == "priors" || !slices.Contains(first, "contact-reason/"+in+" after 200") && in == "" {
		t.Errorf("%d versions, in force %s", len(first)/2, in)
	}
}

func TestModelOfAnotherTaxonomyIsRefused(t *testing.T) {
	taxonomy, err := schemas.LoadTaxonomy("bank")
	if err != nil {
		t.Fatal(err)
	}
	health, bank := evidence.NewFeatureSpace(schemas.DefaultTaxonomy()), evidence.NewFeatureSpace(taxonomy)
	v := predict.Publish(naivebayes.Family{}.Learner(bank, predict.Learning{}), bank)
	if _, err := predict.Ready(naivebayes.Family{}, health, &v); err == nil {
		t.Error("a model of the bank predicts for a hospital")
	}
	r := newRig(t, nil)
	value := v.AppendAvro(emit.AppendFrame(nil, 0))
	r.give(r.patient, 2, r.config.Emit.Topics.Models, []byte("contact-reason/v0"), value)
	r.give(r.patient, 2, r.config.Emit.Topics.Models, []byte("contact-reason/current"), value)
	r.give(r.patient, 2, r.config.Emit.Topics.Models, []byte("contact-reason/v1"), []byte("nonsense"))
	if p := r.decide.Predict; p.Model.Version() != "priors" || p.Degraded != "model_refused" {
		t.Errorf("in force %s, degraded %q", p.Model.Version(), p.Degraded)
	}
}
