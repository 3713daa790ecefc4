package patient

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestPinnedVersionStaysInForce: what the trainer publishes meanwhile waits until the pin is let go, also where
// the pinned version is no longer in the topic, and in whatever order a restarted task reads the two.
func TestPinnedVersionStaysInForce(t *testing.T) {
	space := evidence.NewFeatureSpace(schemas.DefaultTaxonomy())
	v := predict.Publish(naivebayes.Family{}.Learner(space, predict.Learning{}), space)
	r := newRig(t, nil)
	give := func(key, version string) {
		v.Version = version
		r.give(r.patient, pipeline.InputBroadcast, r.config.Emit.Topics.Models, []byte(key), v.AppendAvro(emit.AppendFrame(nil, r.config.Emit.Schemas.Model)))
	}
	publish := func(version string) {
		give("contact-reason/"+version, version)
		give("contact-reason/current", version)
	}
	want := func(when, version string) {
		t.Helper()
		if p := r.decide.Predict; p.Model.Version() != version || p.Degraded != "" {
			t.Errorf("%s: in force is %s, degraded %q, want %s", when, p.Model.Version(), p.Degraded, version)
		}
	}
	publish("v30")
	give(predict.PinKey, "v2")
	want("pinned", "v2")
	publish("v31")
	want("the trainer has published another", "v2")
	give(predict.PinKey, "v3")
	want("pinned anew", "v3")
	give(predict.PinKey, "")
	want("let go", "v31")
	publish("v32")
	want("the trainer has published the next", "v32")

	r = newRig(t, nil)
	give(predict.PinKey, "v2")
	publish("v31")
	want("the pin is read first", "v2")
}

// TestPinOfAnotherTaxonomyHoldsNothing: a build with other features cannot use an old version.
func TestPinOfAnotherTaxonomyHoldsNothing(t *testing.T) {
	space := evidence.NewFeatureSpace(schemas.DefaultTaxonomy())
	v := predict.Publish(naivebayes.Family{}.Learner(space, predict.Learning{}), space)
	r := newRig(t, nil)
	give := func(key string) {
		r.give(r.patient, pipeline.InputBroadcast, r.config.Emit.Topics.Models, []byte(key), v.AppendAvro(emit.AppendFrame(nil, r.config.Emit.Schemas.Model)))
	}
	was := v.TaxonomyVersion
	v.Version, v.TaxonomyVersion = "v2", "another"
	give(predict.PinKey)
	if p := r.decide.Predict; p.Degraded != "model_refused" {
		t.Errorf("degraded %q", p.Degraded)
	}
	v.Version, v.TaxonomyVersion = "v9", was
	give("contact-reason/v9")
	give("contact-reason/current")
	if p := r.decide.Predict; p.Model.Version() != "v9" || p.Degraded != "" {
		t.Errorf("in force %s, degraded %q", p.Model.Version(), p.Degraded)
	}
}
