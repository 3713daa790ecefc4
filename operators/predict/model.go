package predict

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// ModelName is the name of the model of contact reasons, and the first part of its keys in the topic
// of models.
const ModelName = "contact-reason"

// Model is one version of a model, ready to predict. It is immutable, and used by one task at a time.
// Its methods run for every record: they must not allocate, and must give the same bits on every
// machine, since a replay has to repeat its outputs (package exact).
type Model interface {
	// Version names the model in every prediction.
	Version() string
	// Distribution writes the probability of each reason of the taxonomy, given the active features,
	// into the first entries of p. Entries beyond the taxonomy's reasons stay untouched.
	Distribution(p *[schemas.MaxReasons]float64, features []int32)
	// Contribution is the log-odds that an active feature adds to a reason. Predictions are explained
	// with it.
	Contribution(feature int32, reason int) float64
	// Within writes the probability of a contact within each horizon of a moment. No later one is
	// smaller. A model looks at the moment's band (contact rates) or at its tokens (package hazards).
	Within(p *[RateHorizons]float64, band int, moment []int32)
	// Top is the reason to name, given the distribution. It need not be the most probable one: a model may
	// name a rare reason sooner.
	Top(p *[schemas.MaxReasons]float64) int
	// Knows says whether the distribution tells enough more than the usual mix of reasons for one to be named.
	// Where it does not, the reason is unknown: the likeliest of a mix is a guess.
	Knows(p *[schemas.MaxReasons]float64) bool
	// Commonest is the reason that most contacts have, whoever calls. Guessing it always is the
	// baseline that a model has to beat.
	Commonest() int
}

// Learner learns a model from examples in their order. It is the trainer's store: what it has learned
// and its Progress survive a restart, and learning goes on after a restart as if there had been none.
type Learner interface {
	pipeline.Store
	// Learn takes one example in. Where it returns an error it has changed nothing.
	Learn(x *schemas.TrainingExample) error
	// Fill adds the learned tables to the published form. They may alias the learner's own: the
	// trainer encodes the model before it learns further. Progress has changed then, and is to be stored, also where
	// nothing was learned since.
	Fill(m *schemas.Model)
	// Progress is how far learning has come. The learner counts Examples and AsOf; the trainer sets
	// Version and Next when it publishes. The learner stores all of it together with what it has
	// learned.
	Progress() *Progress
}

// Beginner is a Learner that need not begin with nothing.
type Beginner interface {
	// Begin takes in what the learner is to begin with, and says whether there was something. The trainer calls
	// it before the first example, and publishes what comes of it as a version like any other: what the program
	// ships decides nothing later on.
	Begin() bool
}

// Judge is a Learner that tells what it said of the example that it has just learned, before it learned it. The
// trainer compares that with what came.
type Judge interface {
	// Said is the probability of each reason. It is valid until the next Learn.
	Said() []float64
}

// Weight is how much an example counts; 1 where it does not say.
func Weight(x *schemas.TrainingExample) (float64, error) {
	// Not within rather than outside: that refuses NaN, too.
	if w := cmp.Or(x.Weight, 1); w > 0 && w <= 1 {
		return w, nil
	}
	return 0, errors.New("weight is not above 0 and at most 1")
}

// Progress is how far learning and publishing have come.
type Progress struct {
	// Examples learned that had a reason. Moments of contact rates do not count.
	Examples int64
	// Version is the number of the version that was published last, 0 before the first.
	Version int64
	// Next is the number of examples at which the next version is due.
	Next int64
	// AsOf is the event time of the newest label learned.
	AsOf schemas.Millis
}

// Learning sets how a model learns.
type Learning struct {
	// HalfLife is the number of further examples after which one counts half, where a family has no half-lives
	// of its own.
	HalfLife float64
	// Rate is the step along the gradient of log loss; 0 is the family's own.
	Rate float64
}

// Family is a kind of model. PATIENT and TRAINER must be given the same one: PATIENT refuses tables
// that it cannot read.
type Family interface {
	// Space is the features that the family's models predict from. It refuses a taxonomy that names groups
	// which there are not.
	Space(t *schemas.Taxonomy) (*evidence.FeatureSpace, error)
	// Priors is the model before anything was learned. PATIENT predicts with it until a version
	// arrives.
	Priors(s *evidence.FeatureSpace) Model
	// Ready makes a published model ready to predict. It checks the sizes of its own tables only:
	// Ready of this package has checked before that reasons and features are the same.
	Ready(s *evidence.FeatureSpace, v *schemas.Model) (Model, error)
	// Learner returns a learner that has learned nothing. The engine restores it from the changelog.
	Learner(s *evidence.FeatureSpace, l Learning) Learner
}

// Ready makes a published model ready to predict. It refuses one that was learned for other reasons
// or features: its tables would fit by chance, and each number would speak of something else.
func Ready(f Family, s *evidence.FeatureSpace, v *schemas.Model) (Model, error) {
	err := fits(s, v)
	if err == nil {
		var m Model
		if m, err = f.Ready(s, v); err == nil && v.Unknown > 0 {
			m = &partial{m, 1 - v.Unknown, len(s.Taxonomy.Reasons)}
		}
		if err == nil {
			return m, nil
		}
	}
	return nil, fmt.Errorf("model %s: %w", v.Version, err)
}

// partial is a model that is known to lack a reason: so many contacts have another than its own. Its probabilities
// leave room for that, and with less to tell over the usual mix it sooner names none.
type partial struct {
	Model
	known   float64
	reasons int
}

// Distribution is that of the model, times the share of contacts that have one of its reasons.
func (m *partial) Distribution(p *[schemas.MaxReasons]float64, features []int32) {
	m.Model.Distribution(p, features)
	for r := range m.reasons {
		p[r] = float64(p[r] * m.known)
	}
}

// fits compares what a model was learned for with the space that it is to predict from. The
// fingerprint alone would do; the comparisons after it give an operator an error that says what
// differs.
func fits(s *evidence.FeatureSpace, v *schemas.Model) error {
	n := len(s.Taxonomy.Reasons)
	switch {
	// Versions of the taxonomy are compared by name: the same reasons in another version may mean
	// other things.
	case v.TaxonomyVersion != s.Taxonomy.Version:
		return fmt.Errorf("taxonomy %s, want %s", v.TaxonomyVersion, s.Taxonomy.Version)
	case !s.Made(v.FeatureSpace, v.TaxonomyVersion):
		return fmt.Errorf("feature space %x, want %x", uint64(v.FeatureSpace), uint64(s.Fingerprint()))
	case len(v.Reasons) != n:
		return fmt.Errorf("%d reasons, want %d", len(v.Reasons), n)
	case int(v.Features) != s.Size():
		return fmt.Errorf("%d features, want %d", v.Features, s.Size())
	// Not within 0 and 1 rather than outside: that refuses NaN, too.
	case !(v.Unknown >= 0 && v.Unknown < 1):
		return fmt.Errorf("share %v of unknown reasons", v.Unknown)
	}
	for r := range v.Reasons {
		if v.Reasons[r] != s.Taxonomy.Reasons[r].Code {
			return fmt.Errorf("reason %d is another", r)
		}
	}
	return nil
}

// Publish makes the published form of what a learner knows, under the version in its Progress.
func Publish(l Learner, s *evidence.FeatureSpace) schemas.Model {
	p := l.Progress()
	// The fingerprint goes along, so that a process of another build can tell that these tables are
	// not for it.
	m := schemas.Model{
		Name: ModelName, Version: VersionName(p.Version), TaxonomyVersion: s.Taxonomy.Version, AsOf: p.AsOf, Examples: p.Examples,
		Features: int32(s.Size()), FeatureSpace: s.Fingerprint(), Skill: 1,
	}
	for _, r := range s.Taxonomy.Reasons {
		m.Reasons = append(m.Reasons, r.Code)
	}
	l.Fill(&m)
	return m
}

// VersionName is the name of the n-th published version, such as v12.
func VersionName(n int64) string { return "v" + strconv.FormatInt(n, 10) }

// MostProbable is the most probable of the first n reasons, the lower one of equals: Top of a model that has
// no rule of its own.
func MostProbable(p *[schemas.MaxReasons]float64, n int) int {
	top := 0
	for r := range n {
		if p[r] > p[top] {
			top = r
		}
	}
	return top
}

// worthNaming is how many nats a distribution must tell more than the usual mix for a reason to be named.
const worthNaming = 0.05

// TellsMore says whether the distribution is far enough from the usual mix, whose logarithms are given, to name
// a reason. What a model that is right about its probabilities gains over the mix is this distance, on average.
func TellsMore(p *[schemas.MaxReasons]float64, usual []float64) bool {
	gain := 0.0
	for r, u := range usual {
		if p[r] > 1e-12 {
			gain += float64(p[r] * (exact.Ln(p[r]) - u))
		}
	}
	return gain >= worthNaming
}
