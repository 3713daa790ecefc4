package softmax

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/hazards"
	"github.com/attune-health/attune/schemas"
)

// unit is one step of a published weight. Rounding to it changes a probability by less than a thousandth.
const unit = 1.0 / 4096

// Family is softmax regression as a family of models.
type Family struct {
	// FromNothing leaves out the weights that ship with the taxonomy.
	FromNothing bool
}

// shipped are the weights to begin with in a space, nil where none are or they are of other features.
func (f Family) shipped(s *evidence.FeatureSpace) []byte {
	if f.FromNothing {
		return nil
	}
	return schemas.ShippedWeights(s.Taxonomy.Version)
}

// Space is that of groups.
func (Family) Space(t *schemas.Taxonomy) (*evidence.FeatureSpace, error) {
	return evidence.NewGroupSpace(t)
}

// Priors is the model before anything was learned: what is shipped, or the taxonomy's priors and aligned
// evidence by its starting weights. The version says which.
func (f Family) Priors(s *evidence.FeatureSpace) predict.Model {
	v := schemas.Model{Version: "priors"}
	l := newLearner(s, predict.Learning{})
	if l.shipped = f.shipped(s); l.Begin() {
		v.Version = shippedName(l.shipped)
	}
	l.Fill(&v)
	m, err := newModel(s, &v)
	if err != nil {
		panic(err) // it has just been made for this space
	}
	return m
}

// Ready makes a published model ready, and refuses tables of another size.
func (Family) Ready(s *evidence.FeatureSpace, v *schemas.Model) (predict.Model, error) {
	return newModel(s, v)
}

// Learner returns a learner that has learned nothing.
func (f Family) Learner(s *evidence.FeatureSpace, l predict.Learning) predict.Learner {
	x := newLearner(s, l)
	x.shipped = f.shipped(s)
	return x
}

// Fill adds the tables to the published form: the usual mix, the scores that it gives and the weights of
// kinds, and for each row in use what it adds to each reason, in whole units.
func (l *learner) Fill(m *schemas.Model) {
	l.begin()
	l.headDirty = true // its progress has changed
	m.Skill = l.gain / l.gainOf
	m.ClassWeight, m.Hazards = l.slow, l.hazards.Published(m.Hazards)
	m.BlockWeight = append(append(m.BlockWeight, l.score[:l.reasons]...), l.weights[mixWeights:]...)
	ratios, total := make([]float64, l.reasons), sum(l.class)
	last := 0
	for row, o := range l.owner {
		if o == 0 {
			continue
		}
		at := l.table[row*3*l.reasons:][:3*l.reasons]
		l.ratio(ratios, at[:l.reasons], total)
		m.Table = binary.AppendUvarint(m.Table, uint64(row-last))
		last = row
		for r := range ratios {
			x := float64(l.groups[o-1]*ratios[r]) + at[2*l.reasons+r]
			m.Table = binary.LittleEndian.AppendUint16(m.Table, uint16(toUnits(x)))
		}
	}
}

// toUnits rounds half away from 0.
func toUnits(x float64) int16 {
	x /= unit
	if x < 0 {
		x -= 0.5
	} else {
		x += 0.5
	}
	return int16(min(max(x, -32767), 32767))
}

// model is ready to predict. It does not change after it was made.
type model struct {
	version   string
	reasons   int
	commonest int
	// base are the scores of the mixes, weights those of kinds of evidence, of which the first aligned ones
	// are of aligned kinds.
	base    [schemas.MaxReasons]float64
	weights []float64
	aligned int
	// adds has what each row adds, in units, words numbers of four reasons a row (row).
	adds  []lanes
	words int
	// tilts are what probabilities are multiplied by for the top reason.
	tilts [schemas.MaxReasons]float64
	// usual are the logarithms of the usual shares; skilled: the model gains enough over them.
	usual   [schemas.MaxReasons]float64
	skilled bool
	// hazards say whether and when.
	hazards *hazards.Model
}

// newModel makes a published version ready.
func newModel(s *evidence.FeatureSpace, v *schemas.Model) (*model, error) {
	n, kinds := len(s.Taxonomy.Reasons), len(s.Aligned())+len(s.Amounts())
	switch {
	case len(v.ClassWeight) != n:
		return nil, fmt.Errorf("%d reasons, want %d", len(v.ClassWeight), n)
	case len(v.BlockWeight) != n+kinds:
		return nil, fmt.Errorf("%d weights, want %d", len(v.BlockWeight), n+kinds)
	}
	m := &model{version: v.Version, reasons: n, aligned: len(s.Aligned()), words: blockWords, skilled: v.Skill >= skillLeast}
	for m.words*lanesEach < n {
		m.words += blockWords
	}
	copy(m.base[:], v.BlockWeight[:n])
	m.weights = append(m.weights, v.BlockWeight[n:]...)
	total := sum(v.ClassWeight)
	for r, w := range v.ClassWeight {
		m.usual[r] = exact.Ln(max(w/total, 1e-9))
		m.tilts[r] = exact.Exp(-float64(tilt * m.usual[r]))
		if w > v.ClassWeight[m.commonest] {
			m.commonest = r
		}
	}
	m.adds = make([]lanes, s.Size()*m.words)
	if err := m.read(s.Size(), v.Table); err != nil {
		return nil, err
	}
	var err error
	m.hazards, err = hazards.Ready(s, v.Hazards)
	return m, err
}

// read fills adds from the published table.
func (m *model) read(rows int, table []byte) error {
	row := uint64(0)
	for len(table) > 0 {
		step, n := binary.Uvarint(table)
		if n <= 0 || len(table) < n+2*m.reasons || step >= uint64(rows) || row+step >= uint64(rows) {
			return errors.New("table ends early, or has a row too many")
		}
		row, table = row+step, table[n:]
		own := m.row(int(row))
		for r := range m.reasons {
			own[r/lanesEach].set(r%lanesEach, int16(binary.LittleEndian.Uint16(table[2*r:])))
		}
		table = table[2*m.reasons:]
	}
	return nil
}

// Version names the model in every prediction.
func (m *model) Version() string { return m.version }

// Commonest is the reason that most contacts have.
func (m *model) Commonest() int { return m.commonest }

// Knows says whether the model has been better than the usual mix of late, and tells more than it of this person.
func (m *model) Knows(p *[schemas.MaxReasons]float64) bool {
	return m.skilled && predict.TellsMore(p, m.usual[:m.reasons])
}

// Within is the probabilities of a contact after a moment.
func (m *model) Within(p *[predict.RateHorizons]float64, _ int, moment []int32) {
	m.hazards.Within(p, moment)
}

// Top is the reason to name: the one whose probability is the largest multiple of a power of its usual
// share.
func (m *model) Top(p *[schemas.MaxReasons]float64) int {
	top := 0
	for r := range m.reasons {
		if float64(p[r]*m.tilts[r]) > float64(p[top]*m.tilts[top]) {
			top = r
		}
	}
	return top
}

// row is what a row of the table adds to the reasons.
func (m *model) row(row int) []lanes { return m.adds[row*m.words:][:m.words] }

// Distribution adds up what the codes say. Tokens are added in whole units, which is exact in any order.
func (m *model) Distribution(p *[schemas.MaxReasons]float64, codes []int32) {
	score := m.base
	var units [schemas.MaxReasons]int32
	for first := 0; first < m.words; first += blockWords {
		m.addUp((*[blockReasons]int32)(units[first*lanesEach:]), codes, first)
	}
	for _, c := range codes {
		switch evidence.KindOfCode(c) {
		case evidence.CodeAligned:
			kind, r := evidence.AlignedOf(c)
			score[r] += m.weights[kind]
		case evidence.CodeAmount:
			kind, r, x := evidence.AmountOf(c)
			score[r] += float64(m.weights[m.aligned+kind] * x)
		}
	}
	for r := range m.reasons {
		score[r] += float64(float64(units[r]) * unit)
	}
	softmax(p[:m.reasons], score[:m.reasons])
}

// Contribution is what the code adds to the score of the reason, compared with what it adds to all reasons
// on average: what lifts all alike speaks for none.
func (m *model) Contribution(code int32, reason int) float64 {
	own, all := 0.0, 0.0
	switch evidence.KindOfCode(code) {
	case evidence.CodeToken:
		_, row := evidence.TokenOf(code)
		adds := m.row(row)
		// Sums of whole units are exact, times a power of two as well.
		own, all = float64(float64(adds[reason/lanesEach].get(reason%lanesEach))*unit), float64(float64(sumOf(adds))*unit)
	case evidence.CodeAligned:
		kind, r := evidence.AlignedOf(code)
		own, all = one(r == reason, m.weights[kind])
	case evidence.CodeAmount:
		kind, r, x := evidence.AmountOf(code)
		own, all = one(r == reason, float64(m.weights[m.aligned+kind]*x))
	}
	return own - all/float64(m.reasons)
}

// one is what evidence for a single reason adds to it, and to all together.
func one(own bool, x float64) (float64, float64) {
	if own {
		return x, x
	}
	return 0, x
}
