package accumulator

import (
	"encoding/binary"
	"math"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

const (
	// accuracy is relative to the value.
	accuracy = 0.01
	// maxBins is enough for every integer at that accuracy, so that no bin is ever collapsed into
	// another: that would make a result depend on what was merged first.
	maxBins = 2304
	// maxCount is up to where floats count one by one: the library counts in floats.
	maxCount = 1 << 53
)

// bins places values in bins whose bounds grow by 2 %.
var bins, lowestBin, highestBin = newBins()

// newBins makes the bins that all sketches share, and finds those of the ends of int64.
func newBins() (m mapping.IndexMapping, low, high int) {
	m, err := mapping.NewLogarithmicMapping(accuracy)
	if err != nil {
		panic(err) // only of an accuracy outside of 0 to 1
	}
	return m, m.Index(1), m.Index(math.MaxInt64)
}

// Quantiles tells quantiles of integers, such as waiting times, to within 1 % of the value: a
// DDSketch.
type Quantiles struct{ sketch *ddsketch.DDSketch }

// open makes the sketch with the first value. An empty one takes kilobytes, and most keys of a window
// have few values.
func (q *Quantiles) open() *ddsketch.DDSketch {
	if q.sketch == nil {
		q.sketch = ddsketch.NewDDSketch(bins, store.NewCollapsingLowestDenseStore(maxBins), store.NewCollapsingLowestDenseStore(maxBins))
	}
	return q.sketch
}

// Add takes in a value.
func (q *Quantiles) Add(v int64) {
	if err := q.open().Add(float64(v)); err != nil {
		panic(err) // only of a value that no int64 is
	}
}

// Merge takes in what other has.
func (q *Quantiles) Merge(other *Quantiles) {
	if other.sketch == nil {
		return
	}
	if err := q.open().MergeWith(other.sketch); err != nil {
		panic(err) // all of them have the same bins
	}
}

// Count is how many values there were.
func (q *Quantiles) Count() int64 {
	if q.sketch == nil {
		return 0
	}
	return int64(q.sketch.GetCount())
}

// At is the value below which a share p of all lies: At(0.5) is the median. 0 of nothing.
func (q *Quantiles) At(p float64) float64 {
	if q.Count() == 0 {
		return 0
	}
	v, err := q.sketch.GetValueAtQuantile(min(max(p, 0), 1))
	if err != nil {
		panic(err) // neither empty nor outside of 0 to 1
	}
	return v
}

// Append appends the binary form: version, how many zeros, then of the positive and of the negative
// values: number of bins, and per bin its distance from the one before and its count.
func (q *Quantiles) Append(dst []byte) []byte {
	if q.sketch == nil {
		return append(dst, version, 0, 0, 0)
	}
	dst = binary.AppendUvarint(append(dst, version), uint64(q.sketch.GetZeroCount()))
	dst = appendBins(dst, q.sketch.GetPositiveValueStore())
	return appendBins(dst, q.sketch.GetNegativeValueStore())
}

// appendBins encodes the bins that are not empty, in order.
func appendBins(dst []byte, s store.Store) []byte {
	n := 0
	s.ForEach(func(int, float64) bool { n++; return false })
	dst = binary.AppendUvarint(dst, uint64(n))
	last := lowestBin - 1
	s.ForEach(func(i int, count float64) bool {
		dst = binary.AppendUvarint(dst, uint64(i-last))
		dst, last = binary.AppendUvarint(dst, uint64(count)), i
		return false
	})
	return dst
}

// Decode sets q to what src begins with.
func (q *Quantiles) Decode(src []byte) ([]byte, error) {
	r := open(src)
	s := q.open()
	zeros := r.count()
	if zeros > 0 {
		if err := s.AddWithCount(0, float64(zeros)); err != nil {
			return nil, err
		}
	}
	r.bins(s.GetPositiveValueStore())
	r.bins(s.GetNegativeValueStore())
	return r.b, r.err
}

// bins reads them into s. Bins that no int64 falls into are refused: the library would allocate all
// that lie between.
func (r *reader) bins(s store.Store) {
	last := lowestBin - 1
	for range r.length(maxBins, 2) {
		step := r.uvarint()
		if r.err == nil && (step == 0 || step > uint64(highestBin-last)) {
			r.fail(errForm)
		}
		count := r.count()
		if r.err == nil && count == 0 {
			r.fail(errForm)
		}
		if r.err != nil {
			return
		}
		last += int(step)
		s.AddWithCount(last, float64(count))
	}
}

// count is a natural number that floats can count to.
func (r *reader) count() int64 {
	n := r.natural()
	if n > maxCount {
		r.fail(errTooLarge)
		return 0
	}
	return n
}
