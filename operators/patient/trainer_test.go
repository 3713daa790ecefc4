package patient

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/operators/predict/softmax"
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

// TestWhatIsShippedIsTheFirstVersion: the weights of the program become a version in the topic, before a label
// has changed them. From then on nothing depends on what a program ships.
func TestWhatIsShippedIsTheFirstVersion(t *testing.T) {
	for _, nothing := range []bool{false, true} {
		r := newRig(t, func(c *siteConfig) { c.Model = softmax.Family{FromNothing: nothing} })
		before := r.decide.Predict.Model.Version()
		var versions []schemas.Model
		for i := range 2 {
			at, contact := noon+schemas.Millis(i)*schemas.Hour, fmt.Sprintf("call-%d", i)
			r.touch("p", callStep("", at, schemas.CallEventQueued, contact))
			r.touch("p", disposition("", at+5*schemas.Minute, contact, "R03"))
			for _, x := range r.take(r.config.Emit.Topics.TrainingExamples) {
				r.give(r.trainer, 1, r.config.Emit.Topics.TrainingExamples, x.key, x.value)
			}
			for _, m := range r.take(r.config.Emit.Topics.Models) {
				if string(m.key) == "contact-reason/v1" {
					var v schemas.Model
					if err := schemas.DecodeWhole(&v, m.value[emit.FrameSize:]); err != nil {
						t.Fatal(err)
					}
					versions = append(versions, v)
				}
				r.give(r.patient, 2, r.config.Emit.Topics.Models, m.key, m.value)
			}
		}
		in := r.decide.Predict.Model.Version()
		if nothing {
			if len(versions) != 0 || in != "priors" {
				t.Errorf("from nothing: %d versions after two labels, in force %s", len(versions), in)
			}
			continue
		}
		if len(versions) != 1 || versions[0].Examples != 0 || len(versions[0].Table) == 0 || in != "v1" || !strings.HasPrefix(before, "shipped-") {
			t.Errorf("%d first versions after two labels, in force %s, before %s", len(versions), in, before)
		}
	}
}
