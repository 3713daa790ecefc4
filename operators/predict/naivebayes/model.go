package naivebayes

import (
	"fmt"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

const (
	// smoothing is how many examples' worth of "like everyone" each feature's counts begin with. Most
	// features say little about most reasons: without it a feature seen twice would speak as loudly
	// as one seen a thousand times.
	smoothing = 40.0
	// priorWeight is how many examples' worth of the taxonomy's priors the counts of reasons begin
	// with, all reasons together.
	priorWeight = 50.0
)

// Family is naive Bayes as a family of models. It has no settings: what is learned differs, not how
// it is read.
type Family struct{}

// Space is that of numbered features.
func (Family) Space(t *schemas.Taxonomy) (*evidence.FeatureSpace, error) {
	return evidence.NewFeatureSpace(t), nil
}

// Priors is the model that knows the taxonomy's priors only.
func (Family) Priors(s *evidence.FeatureSpace) predict.Model { return newPriors(s) }

// Ready makes a published model ready, and refuses tables of another size.
func (Family) Ready(s *evidence.FeatureSpace, v *schemas.Model) (predict.Model, error) {
	return newModel(s, v)
}

// Learner returns a learner that has learned nothing.
func (Family) Learner(s *evidence.FeatureSpace, l predict.Learning) predict.Learner {
	return newLearned(s, l)
}

// model is ready to predict: everything that does not depend on the person is multiplied out
// beforehand, so that a prediction is a sum of a few rows. It does not change after it was made.
type model struct {
	// version names it in predictions.
	version string
	// reasons is how many the taxonomy has: the length of a row of adds.
	reasons int
	// commonest is the reason with the largest count, or before any the largest prior.
	commonest int
	// prior is the logarithm of each reason's probability before any feature is looked at.
	prior [schemas.MaxReasons]float64
	// adds is what each feature, while active, adds to the score of each reason, times the weight of
	// its block. Feature-major (features x reasons): a prediction reads whole rows of the few
	// features that are active.
	adds []float64
	// rates are the probabilities of a contact, by band and horizon.
	rates predict.Rates
}

// newPriors is the model before any example: reasons as probable as the taxonomy says, and a feature
// that is about a reason speaks for it by the kinship of its block.
func newPriors(s *evidence.FeatureSpace) *model {
	m := &model{version: "priors", reasons: len(s.Taxonomy.Reasons)}
	m.adds = make([]float64, s.Size()*m.reasons)
	for r := range m.reasons {
		m.prior[r] = exact.Ln(s.Taxonomy.Reasons[r].Prior)
		if s.Taxonomy.Reasons[r].Prior > s.Taxonomy.Reasons[m.commonest].Prior {
			m.commonest = r
		}
	}
	for f, r := range s.About {
		if r >= 0 {
			sharp := &sharpness[s.BlockOf[f]]
			m.adds[f*m.reasons+r] = float64(sharp.weight * exact.Ln(sharp.kinship))
		}
	}
	m.rates = predict.PriorRates(&s.Taxonomy.Contact)
	return m
}

// newModel makes the tables of a published version ready. It starts from the priors, so that what a
// table leaves out (block weights, contact rates) stands at its default.
func newModel(s *evidence.FeatureSpace, v *schemas.Model) (*model, error) {
	if err := fits(s, v); err != nil {
		return nil, err
	}
	m := newPriors(s)
	m.version = v.Version
	// A published table is in whole examples (Fill), so its unit is 1.
	counts := counts{reasons: m.reasons, class: v.ClassWeight, feature: v.FeatureWeight, block: v.BlockWeight, unit: 1}
	total := counts.total()
	for r := range m.reasons {
		m.prior[r] = counts.logPrior(s.Taxonomy, r, total)
		if v.ClassWeight[r] > v.ClassWeight[m.commonest] {
			m.commonest = r
		}
	}
	for f := range int32(s.Size()) {
		row := m.adds[int(f)*m.reasons:][:m.reasons]
		counts.logRatios(row, f, s, total)
		for r := range row {
			row[r] = float64(row[r] * counts.blockWeight(s.BlockOf[f], r))
		}
	}
	m.rates = predict.LearnedRates(&s.Taxonomy.Contact, v.ContactRate)
	return m, nil
}

// fits compares the sizes of the tables. Without it a truncated model would index out of range in the
// middle of a record, for every patient.
func fits(s *evidence.FeatureSpace, v *schemas.Model) error {
	n := len(s.Taxonomy.Reasons)
	switch {
	case len(v.ClassWeight) != n:
		return fmt.Errorf("%d reasons, want %d", len(v.ClassWeight), n)
	case len(v.FeatureWeight) != s.Size()*n:
		return fmt.Errorf("%d feature weights, want %d", len(v.FeatureWeight), s.Size()*n)
	case len(v.BlockWeight) != 0 && len(v.BlockWeight) != int(evidence.Blocks)*n:
		return fmt.Errorf("%d block weights, want %d", len(v.BlockWeight), int(evidence.Blocks)*n)
	case len(v.ContactRate) != 0 && len(v.ContactRate) != predict.RateCells:
		return fmt.Errorf("%d contact rates, want %d", len(v.ContactRate), predict.RateCells)
	}
	return nil
}

// Version names the model in every prediction.
func (m *model) Version() string { return m.version }

// Commonest is the reason that most contacts have.
func (m *model) Commonest() int { return m.commonest }

// Top is the most probable reason.
func (m *model) Top(p *[schemas.MaxReasons]float64) int { return predict.MostProbable(p, m.reasons) }

// Knows says whether the distribution tells more than the usual mix.
func (m *model) Knows(p *[schemas.MaxReasons]float64) bool {
	return predict.TellsMore(p, m.prior[:m.reasons])
}

// Within is the probabilities of a contact for persons in a band.
func (m *model) Within(p *[predict.RateHorizons]float64, band int, _ []int32) { *p = m.rates[band] }

// Contribution is the log-odds that the feature adds to the reason, weighted: what Distribution has
// added.
func (m *model) Contribution(feature int32, reason int) float64 {
	return m.adds[int(feature)*m.reasons+reason]
}

// Distribution adds up the rows of the active features and turns the scores into probabilities.
// Features that are not active say nothing: counting their absence would let two hundred silences
// outweigh one event.
func (m *model) Distribution(p *[schemas.MaxReasons]float64, features []int32) {
	// A copy: the scores are summed in place.
	prior := m.prior
	score := prior[:m.reasons]
	for _, f := range features {
		// The length is given so that the compiler drops the bounds check of the inner loop.
		row := m.adds[int(f)*m.reasons:][:len(score)]
		for r := range score {
			score[r] += row[r]
		}
	}
	softmax(p[:len(score)], score)
}

// softmax turns scores into probabilities that add up to 1. It subtracts the largest score first,
// without which the exponential of a confident score would overflow.
func softmax(p, score []float64) {
	top := score[0]
	for _, x := range score[1:] {
		top = max(top, x)
	}
	sum := 0.0
	p = p[:len(score)]
	for r, x := range score {
		p[r] = exact.Exp(x - top)
		sum += p[r]
	}
	for r := range p {
		p[r] /= sum
	}
}

// counts are decayed counts of labels, and of features by label. Instead of shrinking every count at
// every example, which would touch the whole table, each new example adds a little more than the one
// before (unit): what was added long ago shrinks against it. A count divided by unit is in whole
// examples.
type counts struct {
	// reasons is how many the taxonomy has.
	reasons int
	// class is the count of each reason.
	class []float64
	// feature is the count of each feature among a reason's examples, reason-major: reasons x
	// features.
	feature []float64
	// block is the weight of each block for each reason, block-major: blocks x reasons. Empty:
	// sharpness.
	block []float64
	// unit is what one example adds now.
	unit float64
}

// total is the count of all examples, in units.
func (c *counts) total() float64 {
	sum := 0.0
	for _, x := range c.class {
		sum += x
	}
	return sum
}

// logPrior is the logarithm of a reason's probability before any feature is looked at.
func (c *counts) logPrior(t *schemas.Taxonomy, r int, total float64) float64 {
	extra := float64(priorWeight * c.unit)
	return exact.Ln((c.class[r] + float64(extra*t.Reasons[r].Prior)) / (total + extra))
}

// logRatios fills row with what the feature adds to each reason's score: the logarithm of how much
// commoner the feature is among that reason's contacts than among all. Before anything was counted
// that is 0, and for the reason that the feature is about the logarithm of its kinship, as far as a
// probability up to 1 allows.
func (c *counts) logRatios(row []float64, feature int32, space *evidence.FeatureSpace, total float64) {
	size := len(c.feature) / c.reasons
	sum := 0.0
	for r := range c.reasons {
		sum += c.feature[r*size+int(feature)]
	}
	extra := float64(smoothing * c.unit)
	// How common the feature is among all contacts, beginning at one half.
	all := (sum + float64(0.5*extra)) / (total + extra)
	for r := range row {
		// A reason's own count begins as if the feature were as common there as everywhere.
		prior := float64(extra * all)
		if r == space.About[feature] {
			prior = min(float64(prior*sharpness[space.BlockOf[feature]].kinship), extra)
		}
		own := (c.feature[r*size+int(feature)] + prior) / (c.class[r] + extra)
		row[r] = exact.Ln(own / all)
	}
}

// blockWeight is the learned weight of a block for a reason, or the default of a model that has none.
func (c *counts) blockWeight(b evidence.Block, r int) float64 {
	if len(c.block) == 0 {
		return sharpness[b].weight
	}
	return c.block[int(b)*c.reasons+r]
}
