package naivebayes

import (
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

// learned is all that the trainer has learned. It is a store of its own kind: what one example
// changes is a head and a few rows of a large table, and only these go to the changelog.
type learned struct {
	counts
	space    *evidence.FeatureSpace
	prefix   string    // of keys: another taxonomy begins anew
	rates    []float64 // decayed contact-rate tables
	progress predict.Progress
	learning predict.Learning

	headDirty bool
	dirty     []int32 // features whose rows have changed
	isDirty   []bool
	rows      []float64 // scratch
	buf       []byte
	key       []byte
}

func newLearned(space *evidence.FeatureSpace, l predict.Learning) *learned {
	n := len(space.Taxonomy.Reasons)
	s := &learned{
		counts:   counts{reasons: n, class: make([]float64, n), feature: make([]float64, n*space.Size()), block: make([]float64, int(evidence.Blocks)*n), unit: 1},
		learning: l, space: space, prefix: space.Taxonomy.Version + ":", rates: make([]float64, predict.RateCells), isDirty: make([]bool, space.Size()),
	}
	for i := range s.block {
		s.block[i] = sharpness[i/n].weight
	}
	return s
}

// Learn takes one example in: predict with what is known, step the block weights, then count.
func (s *learned) Learn(x *schemas.TrainingExample) error {
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
	s.step(s.learning.Rate, x.Features, label)
	s.unit = float64(s.unit * exact.Exp(math.Ln2/s.learning.HalfLife))
	s.class[label] += s.unit
	for _, f := range x.Features {
		s.feature[label*s.space.Size()+int(f)] += s.unit
		s.mark(f)
	}
	if s.unit > 1e12 {
		s.renormalise()
	}
	s.progress.Examples++
	s.progress.AsOf = max(s.progress.AsOf, x.LabelledAt)
	s.headDirty = true
	return nil
}

// step moves the block weights against the gradient of log loss on this example.
func (s *learned) step(rate float64, features []int32, label int) {
	var p, score [schemas.MaxReasons]float64
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
			miss := -p[r]
			if r == label {
				miss++
			}
			s.block[int(s.space.BlockOf[f])*n+r] += float64(float64(rate*miss) * s.rows[i*n+r])
		}
	}
}

func (s *learned) renormalise() {
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

func (s *learned) mark(feature int32) {
	if !s.isDirty[feature] {
		s.isDirty[feature] = true
		s.dirty = append(s.dirty, feature)
	}
}

// Progress is how far learning has come.
func (s *learned) Progress() *predict.Progress { return &s.progress }

// Fill adds the tables to the published form, in whole examples.
func (s *learned) Fill(m *schemas.Model) {
	m.BlockWeight, m.ContactRate = s.block, s.rates
	for _, x := range s.class {
		m.ClassWeight = append(m.ClassWeight, x/s.unit)
	}
	for _, x := range s.feature {
		m.FeatureWeight = append(m.FeatureWeight, x/s.unit)
	}
}

// Name is the store's name in the changelog.
func (s *learned) Name() string { return "learned" }

// Len is how many examples have been learned.
func (s *learned) Len() int { return int(s.progress.Examples) }

const (
	learnedVersion = 1
	headKey        = "head"
)

// Changes yields the head, and the row of each feature that was counted.
func (s *learned) Changes(yield func(key, value []byte)) {
	if s.headDirty {
		s.headDirty = false
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
			i := r*s.space.Size() + int(f)
			s.buf = appendFloats(s.buf, s.feature[i:i+1])
		}
		s.key = append(append(s.key[:0], s.prefix...), s.space.Names[f]...)
		yield(s.key, s.buf)
	}
	s.dirty = s.dirty[:0]
}

// Restore takes a head or a row. A row of a feature that is no more is left out.
func (s *learned) Restore(key, value []byte) error {
	if len(value) == 0 || value[0] != learnedVersion {
		return errors.New("store learned: unknown version")
	}
	name, ok := strings.CutPrefix(string(key), s.prefix)
	if !ok {
		return nil // learned for another taxonomy
	}
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
	unit := make([]float64, 1)
	for _, table := range [][]float64{unit, s.class, s.block, s.rates} {
		if b = readFloats(table, b); b == nil {
			return errors.New("store learned: head ends early")
		}
	}
	s.unit = unit[0]
	return nil
}

func appendFloats(dst []byte, values []float64) []byte {
	for _, x := range values {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	}
	return dst
}

// readFloats fills values and returns the rest, nil where there are too few bytes.
func readFloats(values []float64, b []byte) []byte {
	if len(b) < 8*len(values) {
		return nil
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return b[8*len(values):]
}
