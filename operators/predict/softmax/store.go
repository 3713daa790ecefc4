package softmax

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// Format of the store. Every value begins with storeVersion: whoever changes the layout gives it a new
// number, and keeps a reader of this one. Heads of version 1 had contact rates as well, which hazards have
// replaced; those of version 2 did not have the gain over the usual mix.
const (
	storeVersion = 3
	withoutGain  = 2
	withRates    = 1
	headKey      = "softmax/head"
	rowKey       = "softmax/row/"
)

var errStore = errors.New("store softmax: value of another layout")

// Name is the store's name in the changelog. Renaming it would lose what was learned.
func (l *learner) Name() string { return "softmax" }

// Len is how many examples have been learned.
func (l *learner) Len() int { return int(l.progress.Examples) }

// Changes yields the head if anything was learned, and the rows that were counted.
func (l *learner) Changes(yield func(key, value []byte)) {
	if l.headDirty {
		l.headDirty = false
		l.buf = l.appendHead(append(l.buf[:0], storeVersion))
		l.key = append(append(l.key[:0], l.prefix...), headKey...)
		yield(l.key, l.buf)
	}
	for _, row := range l.dirty {
		l.isDirty[row] = false
		b := append(l.buf[:0], storeVersion)
		b = binary.LittleEndian.AppendUint32(b, l.groupHash(int(l.owner[row])-1))
		l.buf = appendFloats(b, l.table[int(row)*3*l.reasons:][:3*l.reasons])
		l.key = strconv.AppendInt(append(append(l.key[:0], l.prefix...), rowKey...), int64(row), 10)
		yield(l.key, l.buf)
	}
	l.dirty = l.dirty[:0]
	l.hazards.Changes(l.prefix, yield)
}

// groupHash names a group in a row: its number may be another in another build.
func (l *learner) groupHash(group int) uint32 {
	return uint32(exact.Hash64(l.space.Groups()[group].Name))
}

// appendHead writes all but the rows. Weights go by name, so that after a new build has added a group the
// others keep what they have learned.
func (l *learner) appendHead(b []byte) []byte {
	p := &l.progress
	for _, x := range []int64{p.Examples, p.Version, p.Next, int64(p.AsOf)} {
		b = binary.AppendVarint(b, x)
	}
	b = appendFloats(b, []float64{l.unit})
	for _, list := range [][]float64{l.class, l.slow, l.fast} {
		b = appendFloats(b, list)
	}
	names := l.weightNames()
	b = binary.AppendUvarint(b, uint64(len(names)))
	for i, name := range names {
		b = appendNamed(b, name, l.weights[i], l.weightGrads[i])
	}
	b = binary.AppendUvarint(b, uint64(len(l.groups)))
	for i, g := range l.space.Groups() {
		b = appendNamed(b, g.Name, l.groups[i], l.groupGrads[i])
	}
	return appendFloats(b, []float64{l.gain, l.gainOf})
}

// weightNames are the names of weights, in their order.
func (l *learner) weightNames() []string {
	names := []string{"mix/slow", "mix/fast"}
	for _, k := range l.space.Aligned() {
		names = append(names, k.Name)
	}
	for _, k := range l.space.Amounts() {
		names = append(names, k.Name)
	}
	return names
}

func appendNamed(b []byte, name string, weight, grad float64) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
	return appendFloats(b, []float64{weight, grad})
}

// Restore takes a head or a row. What belongs to another taxonomy is passed over, as is a group that this
// build does not have.
func (l *learner) Restore(key, value []byte) error {
	name, ok := strings.CutPrefix(string(key), l.prefix)
	if !ok {
		return nil
	}
	if ok, err := l.hazards.Restore(name, value); ok {
		return err
	}
	if len(value) == 0 || value[0] == 0 || value[0] > storeVersion {
		// Written by a later build: to guess at its layout would be to learn nonsense.
		return errStore
	}
	if name == headKey {
		return l.restoreHead(&reader{b: value[1:]}, value[0])
	}
	number, ok := strings.CutPrefix(name, rowKey)
	row, err := strconv.Atoi(number)
	if !ok || err != nil || row < 0 || row >= len(l.owner) {
		return nil
	}
	return l.restoreRow(row, value[1:])
}

func (l *learner) restoreRow(row int, b []byte) error {
	r := &reader{b: b}
	group := r.uint32()
	values := make([]float64, 3*l.reasons)
	r.floats(values)
	if r.bad || len(r.b) > 0 {
		return errStore
	}
	for g := range l.space.Groups() {
		if l.groupHash(g) == group {
			l.owner[row] = uint8(g) + 1
			copy(l.table[row*3*l.reasons:], values)
			return nil
		}
	}
	return nil
}

// restoreHead reads the head in the order in which appendHead writes it.
func (l *learner) restoreHead(r *reader, version byte) error {
	p := l.progress
	p.Examples, p.Version, p.Next, p.AsOf = r.varint(), r.varint(), r.varint(), schemas.Millis(r.varint())
	unit := make([]float64, 1)
	lists := [][]float64{unit, make([]float64, l.reasons), make([]float64, l.reasons), make([]float64, l.reasons)}
	if version == withRates {
		lists = append(lists, make([]float64, predict.RateCells))
	}
	for _, list := range lists {
		r.floats(list)
	}
	var groups []string
	for _, g := range l.space.Groups() {
		groups = append(groups, g.Name)
	}
	weights := r.named(l.weightNames())
	ratios := r.named(groups)
	gain := []float64{l.gain, l.gainOf}
	if version > withoutGain {
		r.floats(gain)
	}
	if r.bad || len(r.b) > 0 {
		return errStore
	}
	l.progress, l.unit, l.class, l.slow, l.fast = p, unit[0], lists[1], lists[2], lists[3]
	l.gain, l.gainOf = gain[0], gain[1]
	weights(l.weights, l.weightGrads)
	ratios(l.groups, l.groupGrads)
	return nil
}

// reader takes values off the front. What is not there makes it bad; it never panics, since a changelog
// may have been cut short.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	b := r.b[0]
	r.b = r.b[1:]
	return b
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes takes a stretch with its length before it.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint32() uint32 {
	if len(r.b) < 4 {
		r.bad = true
		return 0
	}
	v := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return v
}

func (r *reader) floats(values []float64) {
	if len(r.b) < 8*len(values) {
		r.bad = true
		return
	}
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(r.b[8*i:]))
	}
	r.b = r.b[8*len(values):]
}

// named reads weights with their names, and returns what puts those that this build knows into their
// places.
func (r *reader) named(names []string) func(weights, grads []float64) {
	n := r.uvarint()
	type entry struct {
		at           int
		weight, grad float64
	}
	var found []entry
	for ; n > 0 && !r.bad; n-- {
		size := r.uvarint()
		if size > uint64(len(r.b)) {
			r.bad = true
			break
		}
		name := string(r.b[:size])
		r.b = r.b[size:]
		var pair [2]float64
		r.floats(pair[:])
		if at := slices.Index(names, name); at >= 0 {
			found = append(found, entry{at, pair[0], pair[1]})
		}
	}
	return func(weights, grads []float64) {
		for _, e := range found {
			weights[e.at], grads[e.at] = e.weight, e.grad
		}
	}
}

// appendFloats writes the bits of each number: a decimal form would not come back the same.
func appendFloats(dst []byte, values []float64) []byte {
	for _, x := range values {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	}
	return dst
}
