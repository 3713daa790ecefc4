package patient

import (
	"os"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// otherSpace is the health taxonomy after a page of the site has been taken to a new version: as many
// reasons and features as before, and only their meaning may differ.
func otherSpace(t *testing.T) *schemas.Taxonomy {
	t.Helper()
	taxonomy, err := schemas.LoadTaxonomy("health")
	if err != nil {
		t.Fatal(err)
	}
	taxonomy.Version += "-next"
	return taxonomy
}

// asBefore is a record in the bytes of version 1 of its schema, which knew no feature space.
func asBefore(t *testing.T, name, now string, v schemas.Record) []byte {
	t.Helper()
	before, err := os.ReadFile("../../schemas/history/" + name + "/v1.avsc")
	if err != nil {
		t.Fatal(err)
	}
	back, err := schemas.NewTranslator(string(before), now)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := back.Translate(v.AppendAvro(nil))
	if err != nil {
		t.Fatal(err)
	}
	return append(emit.AppendFrame(nil, 99), payload...)
}

// TestEverythingNamesItsFeatureSpace: what predictions are made and learned from carries the
// fingerprint of the space that its numbers are of.
func TestEverythingNamesItsFeatureSpace(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Train.First = 1 })
	want := evidence.NewFeatureSpace(r.config.Taxonomy).Fingerprint()
	r.touch(pat, callStep("", noon, schemas.CallEventQueued, "k1"))
	r.touch(pat, disposition("", noon+5*schemas.Minute, "k1", "R03"))
	topics := &r.config.Emit.Topics
	for _, p := range decodeAll[schemas.Prediction](t, r.out[topics.Predictions]) {
		if p.FeatureSpace != want {
			t.Errorf("prediction of space %d, want %d", p.FeatureSpace, want)
		}
	}
	examples := r.take(topics.TrainingExamples)
	if x := decodeAll[schemas.TrainingExample](t, examples); len(x) == 0 || x[0].FeatureSpace != want {
		t.Fatalf("examples %+v, want one of space %d", x, want)
	}
	r.give(r.trainer, pipeline.InputRecord, topics.TrainingExamples, examples[0].key, examples[0].value)
	if m := decodeAll[schemas.Model](t, r.out[topics.Models]); len(m) != 2 || m[0].FeatureSpace != want || m[1].FeatureSpace != want {
		t.Errorf("%d models, want two of space %d", len(m), want)
	}
	if r.counted["other_space start"] != 0 || r.counted["other_space example"] != 0 {
		t.Errorf("dropped: %v", r.counted)
	}
}

// TestStartOfAnotherSpaceIsDroppedAndCounted: a call is queued, the site changes its taxonomy, the
// disposition comes. The label must not be learned with feature numbers of the old space.
func TestStartOfAnotherSpaceIsDroppedAndCounted(t *testing.T) {
	for name, space := range map[string]int64{"another": 4711, "of a build that wrote none": 0} {
		r := newRig(t, nil)
		r.touch(pat, callStep("", noon, schemas.CallEventQueued, "k1"))
		starts := r.processor.Person(pat).State.Policy.Starts
		if len(starts) != 1 {
			t.Fatalf("%d starts", len(starts))
		}
		starts[0].FeatureSpace, starts[0].Features = space, []int32{1, 2, 3}
		kept := starts[0].PredictionID
		r.touch(pat, disposition("", noon+5*schemas.Minute, "k1", "R03"))
		x := r.examples()
		if len(x) != 1 || x[0].PredictionID == kept || len(x[0].Features) < 5 {
			t.Errorf("%s: examples %+v, want one with the features of now", name, x)
		}
		if n := r.counted["other_space start"]; n != 1 {
			t.Errorf("%s: counted %d, want 1", name, n)
		}
	}
}

func TestExampleOfAnotherSpaceIsDroppedAndCounted(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Train.First = 1 })
	r.touch(pat, callStep("", noon, schemas.CallEventQueued, "k1"))
	r.touch(pat, disposition("", noon+5*schemas.Minute, "k1", "R03"))
	topics := &r.config.Emit.Topics
	x := decodeAll[schemas.TrainingExample](t, r.take(topics.TrainingExamples))[0]
	teach := func(value []byte) int {
		r.give(r.trainer, pipeline.InputRecord, topics.TrainingExamples, []byte("x"), value)
		return len(r.take(topics.Models)) / 2
	}
	other := x
	other.FeatureSpace = 4711
	if n := teach(other.AppendAvro(emit.AppendFrame(nil, r.config.Emit.Schemas.TrainingExample))); n != 0 || r.counted["other_space example"] != 1 {
		t.Errorf("another space: %d models, counted %v", n, r.counted)
	}
	other = x
	other.TaxonomyVersion = "another"
	if n := teach(asBefore(t, "training_example", schemas.TrainingExampleSchema, &other)); n != 0 || r.counted["other_space example"] != 2 {
		t.Errorf("another taxonomy: %d models, counted %v", n, r.counted)
	}
	if n := teach(asBefore(t, "training_example", schemas.TrainingExampleSchema, &x)); n != 1 || r.counted["other_space example"] != 2 {
		t.Errorf("of the build before: %d models, counted %v, want it learned", n, r.counted)
	}
}

func TestModelOfAnotherSpaceIsRefused(t *testing.T) {
	published := func(taxonomy *schemas.Taxonomy) schemas.Model {
		space := evidence.NewFeatureSpace(taxonomy)
		return predict.Publish(naivebayes.Family{}.Learner(space, predict.Learning{}), space)
	}
	other, own := published(otherSpace(t)), published(schemas.DefaultTaxonomy())
	other.TaxonomyVersion = strings.TrimSuffix(other.TaxonomyVersion, "-next")
	r := newRig(t, nil)
	topic := r.config.Emit.Topics.Models
	broadcast := func(v *schemas.Model, value []byte) {
		r.give(r.patient, pipeline.InputBroadcast, topic, []byte("contact-reason/"+v.Version), value)
		r.give(r.patient, pipeline.InputBroadcast, topic, []byte("contact-reason/current"), value)
	}
	broadcast(&other, other.AppendAvro(emit.AppendFrame(nil, r.config.Emit.Schemas.Model)))
	if p := r.decide.Predict; p.Model.Version() != "priors" || p.Degraded != "model_refused" {
		t.Errorf("in force %s, degraded %q", p.Model.Version(), p.Degraded)
	}
	own.Version = "v7"
	broadcast(&own, asBefore(t, "model", schemas.ModelSchema, &own))
	if p := r.decide.Predict; p.Model.Version() != "v7" || p.Degraded != "" {
		t.Errorf("of the build before: in force %s, degraded %q", p.Model.Version(), p.Degraded)
	}
}
