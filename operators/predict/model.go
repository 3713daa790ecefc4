package predict

import (
	"fmt"
	"strconv"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// ModelName is the name of the model of contact reasons, and the first half of its keys in models.
const ModelName = "contact-reason"

// Model is one version of a model, ready to predict. It does not change: the step may ask it for as
// long as no other is in force. Its methods run for every record and must not allocate.
type Model interface {
	// Version names the model in every prediction.
	Version() string
	// Distribution fills p with the probability of each reason of the taxonomy given the active
	// features. What lies beyond the taxonomy's reasons stays as it is.
	Distribution(p *[schemas.MaxReasons]float64, features []int32)
	// Contribution is the log-odds that the active feature adds to the reason: what a prediction is
	// explained with.
	Contribution(feature int32, reason int) float64
	// Rates are the probabilities of a contact within each horizon for persons in a band.
	Rates(band int) *[RateHorizons]float64
	// Commonest is the reason that most contacts have, whoever calls.
	Commonest() int
}

// Learner learns a model from examples in their order. It is the trainer's store: what it has learned
// and its Progress survive a restart, and examples after that change it as if nothing had happened.
type Learner interface {
	pipeline.Store
	// Learn takes one example in. An example of an error has changed nothing.
	Learn(x *schemas.TrainingExample) error
	// Fill adds the learned tables to the published form.
	Fill(m *schemas.Model)
	// Progress is how far learning has come. The trainer changes it when it publishes; the learner
	// counts examples, and stores it whenever it has learned.
	Progress() *Progress
}

// Progress is how far learning and publishing have come.
type Progress struct {
	Examples int64 // with a reason
	Version  int64 // published last
	Next     int64 // publish at so many examples
	AsOf     schemas.Millis
}

// Learning sets how a model learns.
type Learning struct {
	// HalfLife is after how many further examples one counts half.
	HalfLife float64
	// Rate is the step along the gradient of log loss.
	Rate float64
}

// Family is a kind of model. PATIENT and TRAINER must be given the same one.
type Family interface {
	// Priors is the model before any was learned.
	Priors(s *evidence.FeatureSpace) Model
	// Ready makes a published model ready. It refuses tables of another size. That it was learned for
	// the same reasons and features has been made sure of before (Ready of this package).
	Ready(s *evidence.FeatureSpace, v *schemas.Model) (Model, error)
	// Learner has learned nothing.
	Learner(s *evidence.FeatureSpace, l Learning) Learner
}

// Ready makes a published model ready. It refuses one that was learned for other reasons or features.
func Ready(f Family, s *evidence.FeatureSpace, v *schemas.Model) (Model, error) {
	err := fits(s, v)
	if err == nil {
		var m Model
		if m, err = f.Ready(s, v); err == nil {
			return m, nil
		}
	}
	return nil, fmt.Errorf("model %s: %w", v.Version, err)
}

func fits(s *evidence.FeatureSpace, v *schemas.Model) error {
	n := len(s.Taxonomy.Reasons)
	switch {
	case v.TaxonomyVersion != s.Taxonomy.Version:
		return fmt.Errorf("taxonomy %s, want %s", v.TaxonomyVersion, s.Taxonomy.Version)
	case !s.Made(v.FeatureSpace, v.TaxonomyVersion):
		return fmt.Errorf("feature space %x, want %x", uint64(v.FeatureSpace), uint64(s.Fingerprint()))
	case len(v.Reasons) != n:
		return fmt.Errorf("%d reasons, want %d", len(v.Reasons), n)
	case int(v.Features) != s.Size():
		return fmt.Errorf("%d features, want %d", v.Features, s.Size())
	}
	for r := range v.Reasons {
		if v.Reasons[r] != s.Taxonomy.Reasons[r].Code {
			return fmt.Errorf("reason %d is another", r)
		}
	}
	return nil
}

// Publish makes the published form of what a learner knows.
func Publish(l Learner, s *evidence.FeatureSpace) schemas.Model {
	p := l.Progress()
	m := schemas.Model{
		Name: ModelName, Version: VersionName(p.Version), TaxonomyVersion: s.Taxonomy.Version, AsOf: p.AsOf, Examples: p.Examples,
		Features: int32(s.Size()), FeatureSpace: s.Fingerprint(),
	}
	for _, r := range s.Taxonomy.Reasons {
		m.Reasons = append(m.Reasons, r.Code)
	}
	l.Fill(&m)
	return m
}

// VersionName is the name of the n-th published version.
func VersionName(n int64) string { return "v" + strconv.FormatInt(n, 10) }
