package naivebayes

import (
	"fmt"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

const (
	smoothing   = 40.0 // examples' worth of "like everyone" in each feature's counts: most features say little, and chance must not speak for them
	priorWeight = 50.0 // examples' worth of the taxonomy's priors, all reasons together
)

// Family is naive Bayes as a family of models.
type Family struct{}

// Priors is the model before any was learned.
func (Family) Priors(s *evidence.FeatureSpace) predict.Model { return newPriors(s) }

// Ready makes a published model ready.
func (Family) Ready(s *evidence.FeatureSpace, v *schemas.Model) (predict.Model, error) {
	return newModel(s, v)
}

// Learner has learned nothing.
func (Family) Learner(s *evidence.FeatureSpace, l predict.Learning) predict.Learner {
	return newLearned(s, l)
}

// model is made ready to predict: log prior per reason, and per feature what its being active adds to
// each reason, already multiplied by the weight of the feature's block.
type model struct {
	version   string
	reasons   int
	commonest int
	prior     [schemas.MaxReasons]float64
	adds      []float64 // feature-major: features x reasons
	rates     predict.Rates
}

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

func newModel(s *evidence.FeatureSpace, v *schemas.Model) (*model, error) {
	if err := fits(s, v); err != nil {
		return nil, err
	}
	m := newPriors(s)
	m.version = v.Version
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

// fits compares the sizes of the tables.
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

func (m *model) Version() string { return m.version }

func (m *model) Commonest() int { return m.commonest }

func (m *model) Rates(band int) *[predict.RateHorizons]float64 { return &m.rates[band] }

func (m *model) Contribution(feature int32, reason int) float64 {
	return m.adds[int(feature)*m.reasons+reason]
}

func (m *model) Distribution(p *[schemas.MaxReasons]float64, features []int32) {
	prior := m.prior
	score := prior[:m.reasons]
	for _, f := range features {
		row := m.adds[int(f)*m.reasons:][:len(score)]
		for r := range score {
			score[r] += row[r]
		}
	}
	softmax(p[:len(score)], score)
}

// softmax turns scores into probabilities that add up to 1.
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

// counts are decayed counts of labels and of features by label, in units: what is added grows, so
// that what was added long ago shrinks against it, and one division makes it ordinary again.
type counts struct {
	reasons int
	class   []float64 // per reason
	feature []float64 // reason-major: reasons x features
	block   []float64 // block-major: blocks x reasons
	unit    float64   // what one example is worth now
}

func (c *counts) total() float64 {
	sum := 0.0
	for _, x := range c.class {
		sum += x
	}
	return sum
}

func (c *counts) logPrior(t *schemas.Taxonomy, r int, total float64) float64 {
	extra := float64(priorWeight * c.unit)
	return exact.Ln((c.class[r] + float64(extra*t.Reasons[r].Prior)) / (total + extra))
}

// logRatios fills row with what the feature adds to each reason's score: the logarithm of how much
// commoner it is among that reason's contacts than among all.
// Before any were counted that is 1, or kinship for the reason that the feature is about.
func (c *counts) logRatios(row []float64, feature int32, space *evidence.FeatureSpace, total float64) {
	size := len(c.feature) / c.reasons
	sum := 0.0
	for r := range c.reasons {
		sum += c.feature[r*size+int(feature)]
	}
	extra := float64(smoothing * c.unit)
	all := (sum + float64(0.5*extra)) / (total + extra)
	for r := range row {
		prior := float64(extra * all)
		if r == space.About[feature] {
			prior = min(float64(prior*sharpness[space.BlockOf[feature]].kinship), extra)
		}
		own := (c.feature[r*size+int(feature)] + prior) / (c.class[r] + extra)
		row[r] = exact.Ln(own / all)
	}
}

func (c *counts) blockWeight(b evidence.Block, r int) float64 {
	if len(c.block) == 0 {
		return sharpness[b].weight
	}
	return c.block[int(b)*c.reasons+r]
}
