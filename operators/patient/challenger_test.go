package patient

import (
	"strconv"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestChallengerThatIsBetterIsPublishedAndSaysSo: one learner hardly moves, the other does. After a window of 2,000 labels
// the other's versions are in force, and a record says how both did.
func TestChallengerThatIsBetterIsPublishedAndSaysSo(t *testing.T) {
	r := newRig(t, func(c *siteConfig) {
		c.Model = softmax.Family{}
		c.Train.Rate, c.Train.ChallengerRate, c.Train.PromoteMargin, c.Train.PromoteWindows = 1e-9, .05, .001, 1
	})
	topics, tax := &r.config.Emit.Topics, r.config.Taxonomy
	space, err := softmax.Family{}.Space(tax)
	if err != nil {
		t.Fatal(err)
	}
	versions, windows, promoted := 0, []schemas.Model(nil), ""
	for i := range 2100 {
		label := i % 3
		x := schemas.TrainingExample{Reason: tax.Reasons[label].Code, TaxonomyVersion: tax.Version, FeatureSpace: space.Fingerprint(), ExposureBand: -1, Interval: -1, Outcome: -1, ContactAfterMs: -1,
			Features: []int32{evidence.CodeToken<<26 | int32(label+1)}, LabelledAt: noon + schemas.Millis(i)*schemas.Minute, P: .2, Weight: 1}
		r.give(r.trainer, pipeline.InputRecord, topics.TrainingExamples, []byte(strconv.Itoa(i)), x.AppendAvro(emit.AppendFrame(nil, r.config.Emit.Schemas.TrainingExample)))
		for _, m := range r.take(topics.Models) {
			v := decodeAll[schemas.Model](t, []kept{m})[0]
			switch key := string(m.key); {
			case strings.HasPrefix(key, "contest/"):
				windows = append(windows, v)
				promoted = v.Version
			case strings.HasPrefix(key, "contact-reason/v") && m.value != nil:
				if versions++; key != "contact-reason/v"+strconv.Itoa(versions) {
					t.Fatalf("%s is the %d-th version", key, versions)
				}
			}
			r.give(r.patient, pipeline.InputBroadcast, topics.Models, m.key, m.value)
		}
	}
	if len(windows) != 1 || len(windows[0].ClassWeight) != 4 || windows[0].ClassWeight[0] <= windows[0].ClassWeight[1] || windows[0].ClassWeight[3] != 1 {
		t.Fatalf("windows %+v, counted %v", windows, r.counted)
	}
	if r.counted["promoted challenger"] != 1 || promoted == "" || r.processor == nil {
		t.Errorf("counted %v", r.counted)
	}
	r.touch(pat, callStep("", noon+3000*schemas.Minute, schemas.CallEventQueued, "k1"))
	if v := decodeAll[schemas.Prediction](t, r.take(topics.Predictions)); len(v) == 0 || v[0].ModelVersion != "v"+strconv.Itoa(versions) {
		t.Errorf("predicted by %+v, want v%d", v, versions)
	}
}
