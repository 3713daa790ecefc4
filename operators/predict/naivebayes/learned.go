package naivebayes

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// learned is all that the trainer has learned. It is a store of its own kind instead of a map of
// values: one example changes a head and a few rows of a large table, and only these go to the
// changelog.
type learned struct {
	counts
	// space numbers the features; prefix begins every key of the changelog with the taxonomy's
	// version, so that a new taxonomy begins anew and the old one's rows stay for going back.
	space  *evidence.FeatureSpace
	prefix string
	// rates are the contact-rate tables, decayed by package predict.
	rates []float64
	// progress is shared with the trainer (predict.Learner); learning says how to learn.
	progress predict.Progress
	learning predict.Learning

	// headDirty and dirty say what has changed since the last Changes: the head, and the features
	// whose rows have. isDirty is dirty as a set, so that a row is listed once.
	headDirty bool
	dirty     []int32
	isDirty   []bool
	// Buffers: rows holds the ratios of one example, features x reasons.
	rows []float64
	buf  []byte
	key  []byte
	// said is what was said of the last label.
	said [schemas.MaxReasons]float64
}

// Said is what was said of the last label.
func (s *learned) Said() []float64 { return s.said[:s.reasons] }

// ownRate is the step of block weights where none is set.
const ownRate = 0.01

// newLearned returns a learner that has learned nothing; its block weights begin at sharpness.
func newLearned(space *evidence.FeatureSpace, l predict.Learning) *learned {
	n := len(space.Taxonomy.Reasons)
	l.Rate = cmp.Or(l.Rate, ownRate)
	s := &learned{
		counts:   counts{reasons: n, class: make([]float64, n), feature: make([]float64, n*space.Size()), block: make([]float64, int(evidence.Blocks)*n), unit: 1},
		learning: l, space: space, prefix: space.Taxonomy.Version + ":", rates: make([]float64, predict.RateCells), isDirty: make([]bool, space.Size()),
	}
	for i := range s.block {
		s.block[i] = sharpness[i/n].weight
	}
	return s
}

// Learn takes one example in. It checks everything first, so that an error leaves nothing half
// learned. Then it steps the weights by what the model would have predicted, and only then counts the
// example: a model that has already counted it knows its answer, and the weights would learn to be
// too sure.
func (s *learned) Learn(x *schemas.TrainingExample) error {
	// A moment of the contact rates, which carries no features.
	if x.ExposureBand >= 0 {
		err := predict.LearnMoment(s.rates, x)
		s.headDirty = s.headDirty || err == nil
		return err
	}
	label := s.space.Taxonomy.Index(x.Reason)
	if label < 0 {
		return errors.New("reason is not in the taxonomy")
	}
	for _, f := range x.Features {
		if f < 0 || int(f) >= s.space.Size() {
			return fmt.Errorf("feature %d of %d", f, s.space.Size())
		}
	}
	weight, err := predict.Weight(x)
	if err != nil {
		return err
	}
	s.step(float64(weight*s.learning.Rate), x.Features, label)
	// What one example adds doubles with each half-life.
	s.unit = float64(s.unit * exact.Exp(math.Ln2/s.learning.HalfLife))
	count := float64(weight * s.unit)
	s.class[label] += count
	for _, f := range x.Features {
		s.feature[label*s.space.Size()+int(f)] += count
		s.mark(f)
	}
	// Forty half-lives on, long before float64 runs out of range. Every row is rewritten, hence this
	// seldom.
	if s.unit > 1e12 {
		s.renormalise()
	}
	s.progress.Examples++
	// Labels come in the order of their partition, not of event time.
	s.progress.AsOf = max(s.progress.AsOf, x.LabelledAt)
	s.headDirty = true
	// Learned for another taxonomy.
	return nil
}

// step moves the block weights of each reason against the gradient of log loss on this example: the
// miss of the reason (label minus probability) times what the block's feature had said about it.
func (s *learned) step(rate float64, features []int32, label int) {
	// The scores are worked out as a published model would, from the counts as they stand: no version
	// is in force here, since versions come thousands of examples apart.
	p := &s.said
	var score [schemas.MaxReasons]float64
	n, total := s.reasons, s.total()
	for r := range n {
		score[r] = s.logPrior(s.space.Taxonomy, r, total)
	}
	s.rows = slices.Grow(s.rows[:0], len(features)*n)[:len(features)*n]
	for i, f := range features {
		row := s.rows[i*n:][:n]
		s.logRatios(row, f, s.space, total)
		for r := range row {
			score[r] += float64(row[r] * s.blockWeight(s.space.BlockOf[f], r))
		}
	}
	softmax(p[:n], score[:n])
	for i, f := range features {
		for r := range n {
			// Label minus probability: the gradient of log loss with respect to the reason's score.
			miss := -p[r]
			if r == label {
				miss++
			}
			s.block[int(s.space.BlockOf[f])*n+r] += float64(float64(rate*miss) * s.rows[i*n+r])
		}
	}
}

// renormalise divides all counts by unit and begins again at 1. The model stays the same; every row
// changes.
func (s *learned) renormalise() {
	// Block weights and contact rates are not in units.
	for _, table := range [][]float64{s.class, s.feature} {
		for i := range table {
			table[i] /= s.unit
		}
	}
	s.unit = 1
	for f := range s.space.Size() {
		s.mark(int32(f))
	}
}

// mark notes that a feature's row has changed.
func (s *learned) mark(feature int32) {
	if !s.isDirty[feature] {
		s.isDirty[feature] = true
		s.dirty = append(s.dirty, feature)
	}
}

// Progress is how far learning has come. What the trainer changes in it is stored with the next head.
func (s *learned) Progress() *predict.Progress { return &s.progress }

// Fill adds the tables to the published form, in whole examples. Block weights and contact rates are
// this learner's own tables, valid until it learns further.
func (s *learned) Fill(m *schemas.Model) {
	s.headDirty = true // its progress has changed
	m.BlockWeight, m.ContactRate = s.block, s.rates
	for _, x := range s.class {
		m.ClassWeight = append(m.ClassWeight, x/s.unit)
	}
	for _, x := range s.feature {
		m.FeatureWeight = append(m.FeatureWeight, x/s.unit)
	}
}

// Name is the store's name in the changelog. Renaming it would lose what was learned.
func (s *learned) Name() string { return "learned" }

// Len is how many examples have been learned.
func (s *learned) Len() int { return int(s.progress.Examples) }

// Format of the store. Every value begins with learnedVersion: whoever changes the layout gives it a
// new number, and keeps a reader of this one.
const (
	learnedVersion = 1
	headKey        = "head"
)

// Changes yields the head if anything was learned, and the row of each feature that was counted. What
// it yields is valid only until yield returns.
func (s *learned) Changes(yield func(key, value []byte)) {
	if s.headDirty {
		s.headDirty = false
		// The head has progress, the unit, and all tables but the large one, which is by feature.
		p := &s.progress
		b := append(s.buf[:0], learnedVersion)
		for _, x := range []int64{p.Examples, p.Version, p.Next, int64(p.AsOf)} {
			b = binary.AppendVarint(b, x)
		}
		b = appendFloats(b, []float64{s.unit})
		s.buf = appendFloats(appendFloats(appendFloats(b, s.class), s.block), s.rates)
		s.key = append(append(s.key[:0], s.prefix...), headKey...)
		yield(s.key, s.buf)
	}
	for _, f := range s.dirty {
		s.isDirty[f] = false
		s.buf = append(s.buf[:0], learnedVersion)
		for r := range s.reasons {
			// The table is reason-major, a row of the changelog is one feature: pick its column.
			i := r*s.space.Size() + int(f)
			s.buf = appendFloats(s.buf, s.feature[i:i+1])
		}
		s.key = append(append(s.key[:0], s.prefix...), s.space.Names[f]...)
		yield(s.key, s.buf)
	}
	s.dirty = s.dirty[:0]
}

// Restore takes a head or a row. Rows are found by the feature's name, not its number: after a new
// build has inserted features, what was learned of the others still counts. The row of a feature that
// no longer exists is skipped.
func (s *learned) Restore(key, value []byte) error {
	if len(value) == 0 || value[0] != learnedVersion {
		// Written by a later build: to guess at its layout would be to learn nonsense.
		return errors.New("store learned: unknown version")
	}
	name, ok := strings.CutPrefix(string(key), s.prefix)
	if !ok {
		return nil // learned for another taxonomy
	}
	// No feature has this name: names have a block before a slash.
	if name == headKey {
		return s.restoreHead(value[1:])
	}
	f := slices.Index(s.space.Names, name)
	if f < 0 {
		return nil
	}
	row := make([]float64, s.reasons)
	if rest := readFloats(row, value[1:]); rest == nil || len(rest) > 0 {
		return errors.New("store learned: row of another length")
	}
	for r := range row {
		s.feature[r*s.space.Size()+f] = row[r]
	}
	return nil
}

// restoreHead reads the head in the order in which Changes writes it.
func (s *learned) restoreHead(b []byte) error {
	p := &s.progress
	var asOf int64
	for _, x := range []*int64{&p.Examples, &p.Version, &p.Next, &asOf} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return errors.New("store learned: head ends early")
		}
		*x, b = v, b[n:]
	}
	p.AsOf = schemas.Millis(asOf)
	// In the order of Changes; a taxonomy with other numbers of reasons has another version, so
	// lengths agree.
	unit := make([]float64, 1)
	for _, table := range [][]float64{unit, s.class, s.block, s.rates} {
		if b = readFloats(table, b); b == nil {
			return errors.New("store learned: head ends early")
		}
	}
	s.unit = unit[0]
	return nil
}

// appendFloats writes the bits of each number: a decimal form would not come back the same.
func appendFloats(dst []byte, values []float64) []byte {
	for _, x := range values {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	}
	return dst
}

// readFloats fills values and returns what follows them, nil where there are too few bytes.
func readFloats(values []float64, b []byte) []byte {
	// Never a panic: a changelog may have been cut short, and the fuzz test holds this to it.
	if len(b) < 8*len(values) {
		return nil
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return b[8*len(values):]
}
