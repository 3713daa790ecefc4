package hazards

import (
	"errors"
	"math"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

const (
	// rate is the step of weights. Contacts are rare: with half of it a site of 20,000 patients learns for weeks,
	// with twice as much calibration suffers where there are many.
	rate = 0.1
	// gradHalf is after how many examples of an interval a squared gradient counts half.
	gradHalf = 100_000
	// intervals is one for each horizon, which ends it.
	intervals = predict.RateHorizons
)

// Learner is all that has been learned of hazards. Learning is in the order of examples, without time.
type Learner struct {
	space *evidence.FeatureSpace
	fade  float64
	// rows are weights and squared gradients of each token, by interval. The last one is the bias of all.
	rows []row
	// examples learned.
	examples int64
	used     []bool
	isDirty  []bool
	dirty    []int32
}

type row struct {
	weights, grads [intervals]float64
}

// biasRow is the number of the row of everybody.
const biasRow = evidence.MomentRows

// New returns a learner that has learned nothing: it knows the taxonomy's base rates.
func New(s *evidence.FeatureSpace) *Learner {
	l := &Learner{space: s, fade: exact.Exp(-math.Ln2 / gradHalf), rows: make([]row, biasRow+1), used: make([]bool, biasRow+1), isDirty: make([]bool, biasRow+1)}
	l.rows[biasRow].weights = priorBias(&s.Taxonomy.Contact)
	return l
}

// priorBias are the log-odds of the hazards that give the base rates.
func priorBias(p *schemas.ContactPrior) (bias [intervals]float64) {
	before := 0.0
	for k := range bias {
		// A horizon whose rate is no larger than that of the one before leaves little for its interval.
		h := min(max((p.Base[k]-before)/(1-before), 1e-4), .95)
		bias[k] = exact.Ln(h / (1 - h))
		before = max(before, min(p.Base[k], .95))
	}
	return bias
}

// Learn takes in that an interval of a moment is over. Where it returns an error it has changed nothing.
func (l *Learner) Learn(x *schemas.TrainingExample) error {
	k := int(x.Interval)
	if k < 0 || k >= intervals {
		return errors.New("example of no interval")
	}
	if !l.space.CheckMoment(x.Features) {
		return errors.New("features are no tokens of moments")
	}
	miss := sigmoid(l.score(x.Features, k))
	if x.ContactAfterMs >= 0 {
		miss--
	}
	for _, c := range x.Features {
		_, r := evidence.TokenOf(c)
		l.step(r, k, miss)
	}
	l.step(biasRow, k, miss)
	l.examples++
	return nil
}

func (l *Learner) score(codes []int32, k int) float64 {
	s := l.rows[biasRow].weights[k]
	for _, c := range codes {
		_, r := evidence.TokenOf(c)
		s += l.rows[r].weights[k]
	}
	return s
}

// step moves the weight of a row against its miss. Steps shrink with what the row has missed before.
func (l *Learner) step(number, k int, miss float64) {
	r := &l.rows[number]
	r.grads[k] = float64(r.grads[k]*l.fade) + float64(miss*miss)
	r.weights[k] -= float64(rate*miss) / math.Sqrt(r.grads[k]+1)
	l.mark(number)
}

// mark notes that a row has changed.
func (l *Learner) mark(number int) {
	l.used[number] = true
	if !l.isDirty[number] {
		l.isDirty[number] = true
		l.dirty = append(l.dirty, int32(number))
	}
}

// sigmoid is 1 / (1 + e^-x).
func sigmoid(x float64) float64 { return 1 / (1 + exact.Exp(-x)) }
