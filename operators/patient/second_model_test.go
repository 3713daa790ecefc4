package patient

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// always is the plainest family there is: it says of everybody what most people call about.
type always struct{}

func (always) Space(t *schemas.Taxonomy) (*evidence.FeatureSpace, error) {
	return evidence.NewFeatureSpace(t), nil
}

func (always) Priors(s *evidence.FeatureSpace) predict.Model {
	return newAlways(s, "priors", make([]float64, len(s.Taxonomy.Reasons)))
}

func (always) Ready(s *evidence.FeatureSpace, v *schemas.Model) (predict.Model, error) {
	if len(v.ClassWeight) != len(s.Taxonomy.Reasons) {
		return nil, fmt.Errorf("%d reasons, want %d", len(v.ClassWeight), len(s.Taxonomy.Reasons))
	}
	return newAlways(s, v.Version, v.ClassWeight), nil
}

func (always) Learner(s *evidence.FeatureSpace, _ predict.Learning) predict.Learner {
	return &tally{space: s, Count: make([]float64, len(s.Taxonomy.Reasons))}
}

type alwaysModel struct {
	version   string
	reasons   int
	commonest int
	rates     predict.Rates
}

func newAlways(s *evidence.FeatureSpace, version string, count []float64) *alwaysModel {
	return &alwaysModel{version, len(count), slices.Index(count, slices.Max(count)), predict.PriorRates(&s.Taxonomy.Contact)}
}

func (m *alwaysModel) Version() string { return m.version }

func (m *alwaysModel) Top(*[schemas.MaxReasons]float64) int { return m.commonest }

func (m *alwaysModel) Knows(*[schemas.MaxReasons]float64) bool { return true }

func (m *alwaysModel) Commonest() int { return m.commonest }

func (m *alwaysModel) Within(p *[predict.RateHorizons]float64, band int, _ []int32) {
	*p = m.rates[band]
}

func (m *alwaysModel) Contribution(int32, int) float64 { return 0 }

func (m *alwaysModel) Distribution(p *[schemas.MaxReasons]float64, _ []int32) {
	clear(p[:m.reasons])
	p[m.commonest] = 1
}

// tally counts reasons.
type tally struct {
	space *evidence.FeatureSpace
	dirty bool
	Count []float64
	Far   predict.Progress
}

func (l *tally) Learn(x *schemas.TrainingExample) error {
	if r := l.space.Taxonomy.Index(x.Reason); x.ExposureBand < 0 && r >= 0 {
		l.Count[r]++
		l.Far.Examples, l.Far.AsOf, l.dirty = l.Far.Examples+1, max(l.Far.AsOf, x.LabelledAt), true
	}
	return nil
}

func (l *tally) Fill(m *schemas.Model)       { m.ClassWeight = l.Count }
func (l *tally) Progress() *predict.Progress { return &l.Far }
func (l *tally) Name() string                { return "tally" }
func (l *tally) Len() int                    { return int(l.Far.Examples) }

func (l *tally) Changes(yield func(key, value []byte)) {
	if l.dirty {
		l.dirty = false
		value, _ := json.Marshal(l)
		yield([]byte("all"), value)
	}
}

func (l *tally) Restore(_, value []byte) error { return json.Unmarshal(value, l) }

// TestSecondModelRunsThroughTheChain: nothing of the chain, the trainer or the topics is naive Bayes'
// own. Another family predicts, is learned, published and adopted.
func TestSecondModelRunsThroughTheChain(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Model = always{} })
	topics := &r.config.Emit.Topics
	for i := range 60 {
		at, reason := noon+schemas.Millis(i)*schemas.Hour, "R03"
		if i%3 == 0 {
			reason = "R05"
		}
		who, contact := fmt.Sprintf("p-%d", i%7), fmt.Sprintf("call-%d", i)
		r.touch(who, webStep("", at, schemas.WebEventFormError, "refill/form", "R05"))
		r.touch(who, callStep("", at+schemas.Minute, schemas.CallEventQueued, contact))
		r.touch(who, disposition("", at+5*schemas.Minute, contact, reason))
		r.train()
	}
	list := decodeAll[schemas.Prediction](t, r.take(topics.Predictions))
	last := &list[len(list)-1]
	if last.Reasons[0] != (schemas.ReasonProbability{Code: "R03", P: 1}) || last.ModelVersion == "priors" || len(last.Evidence) != 0 {
		t.Errorf("got %v by %s with evidence %v, want R03 for certain", last.Reasons[0], last.ModelVersion, last.Evidence)
	}
	if len(r.inputs()) == 0 || r.decide.Predict.Degraded != "" {
		t.Errorf("%d decisions, degraded %q", len(r.inputs()), r.decide.Predict.Degraded)
	}
}
