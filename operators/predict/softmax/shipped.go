package softmax

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
)

// Weights that ship with a taxonomy are what a learner knew of simulated contacts, scaled down to a few
// labels' worth. A learner begins with them, so that a site's first day is no day of guessing.

// shippedVersion begins shipped weights. Whoever changes their layout gives it a new number.
const shippedVersion = 2

const (
	// shippedWeight and shippedCount are the steps to which weights and counts are rounded.
	shippedWeight = 1.0 / 1024
	shippedCount  = 1.0 / 16
	// shippedLeast is the count below which a row is left out: so rare a thing has taught nothing.
	shippedLeast = 0.25
)

var errShipped = errors.New("shipped weights: damaged, or of another layout")

// Ship writes what a learner knows as weights to ship with its taxonomy: its counts scaled down to so many
// labels' worth, its hazards to so many told intervals.
func Ship(of predict.Learner, labels, told float64) ([]byte, error) {
	l, ok := of.(*learner)
	if !ok {
		return nil, errors.New("ship weights: not a learner of softmax")
	}
	total := sum(l.class) / l.unit
	scale := min(1, labels/max(total, 1)) / l.unit
	b := binary.LittleEndian.AppendUint64([]byte{shippedVersion}, uint64(l.space.Fingerprint()))
	slow := sum(l.slow)
	for r := range l.reasons {
		b = appendFloats(b, []float64{l.class[r] * scale, l.slow[r] / slow})
	}
	b = appendFloats(b, l.weights)
	b = appendFloats(b, l.groups)
	h := l.hazards.Ship(nil, told)
	b = append(binary.AppendUvarint(b, uint64(len(h))), h...)
	last := 0
	for row, o := range l.owner {
		at := l.table[row*3*l.reasons:][:3*l.reasons]
		if o == 0 || sum(at[:l.reasons])*scale < shippedLeast {
			continue
		}
		b = append(binary.AppendUvarint(b, uint64(row-last)), o-1)
		last = row
		for r := range l.reasons {
			b = binary.AppendUvarint(b, uint64(math.Round(at[r]*scale/shippedCount)))
			b = binary.AppendVarint(b, int64(math.Round(at[2*l.reasons+r]/shippedWeight)))
		}
	}
	return b, nil
}

// load takes in shipped weights. On an error nothing has changed.
func (l *learner) load(b []byte) error {
	if len(b) < 9 || b[0] != shippedVersion {
		return errShipped
	}
	if got := int64(binary.LittleEndian.Uint64(b[1:])); got != l.space.Fingerprint() {
		return fmt.Errorf("shipped weights: of feature space %x, not %x", uint64(got), uint64(l.space.Fingerprint()))
	}
	r := &reader{b: b[9:]}
	heads, weights, groups := make([]float64, 2*l.reasons), make([]float64, len(l.weights)), make([]float64, len(l.groups))
	r.floats(heads)
	r.floats(weights)
	r.floats(groups)
	ofHazards := r.bytes()
	table, owner := make([]float64, len(l.table)), make([]uint8, len(l.owner))
	for row := 0; len(r.b) > 0 && !r.bad; {
		row += int(r.uvarint())
		group := r.byte()
		if row < 0 || row >= len(owner) || int(group) >= len(groups) {
			return errShipped
		}
		owner[row] = group + 1
		at := table[row*3*l.reasons:][:3*l.reasons]
		for k := range l.reasons {
			at[k] = float64(float64(r.uvarint()) * shippedCount)
			at[2*l.reasons+k] = float64(float64(r.varint()) * shippedWeight)
		}
	}
	if r.bad {
		return errShipped
	}
	if err := l.hazards.Begin(ofHazards); err != nil {
		return err
	}
	l.weights, l.groups, l.table, l.owner = weights, groups, table, owner
	for k := range l.reasons {
		l.class[k] = heads[2*k]
		l.slow[k] = float64(heads[2*k+1] * priorWeight)
		l.fast[k] = l.slow[k]
	}
	for row, o := range owner {
		if o != 0 {
			l.mark(row)
		}
	}
	l.headDirty = true
	return nil
}

// Begin takes in what is shipped where nothing was learned yet. From then on it is part of the state: a later
// build with other weights changes nothing at a site that has begun.
func (l *learner) Begin() bool {
	if l.shipped == nil || l.progress.Examples > 0 || l.progress.Version > 0 {
		return false
	}
	return l.load(l.shipped) == nil
}

// shippedName names a version that is nothing but shipped weights.
func shippedName(b []byte) string {
	return fmt.Sprintf("shipped-%08x", uint32(exact.Hash64(string(b))))
}
