package accumulator

import (
	"encoding/binary"
	"slices"
	"sort"
)

// MaxBuckets bounds a histogram: it is kept for each window and key.
const MaxBuckets = 1024

// Histogram counts values by ranges that are given: bucket i holds those from Bounds[i-1] on and
// below Bounds[i]; the first has no lower bound, the last no upper one.
type Histogram struct {
	// Bounds are rising; they are shared with who gave them, and never changed.
	Bounds []int64
	// Counts has one more than Bounds.
	Counts []int64
}

// Add counts a value. The first one fixes the bounds: a window that began with others, before a
// change of configuration, keeps them. Bounds beyond MaxBuckets-1 are left out.
func (h *Histogram) Add(bounds []int64, v int64) {
	if h.Counts == nil {
		h.Bounds = bounds[:min(len(bounds), MaxBuckets-1)]
		h.Counts = make([]int64, len(h.Bounds)+1)
	}
	h.Counts[h.bucket(v)]++
}

// bucket is where v belongs.
func (h *Histogram) bucket(v int64) int {
	return sort.Search(len(h.Bounds), func(i int) bool { return v < h.Bounds[i] })
}

// Merge takes in what other has. Where the bounds differ, each of other's buckets goes whole to where
// its upper bound is: no count is lost, but some are in a bucket too high or too low.
func (h *Histogram) Merge(other *Histogram) {
	switch {
	case other.Counts == nil:
	case h.Counts == nil:
		h.Bounds, h.Counts = other.Bounds, slices.Clone(other.Counts)
	case slices.Equal(h.Bounds, other.Bounds):
		for i, n := range other.Counts {
			h.Counts[i] += n
		}
	default:
		for i, n := range other.Counts[:len(other.Bounds)] {
			h.Counts[h.bucket(other.Bounds[i]-1)] += n
		}
		h.Counts[len(h.Bounds)] += other.Counts[len(other.Bounds)]
	}
}

// Append appends the binary form: version, number of buckets and, unless that is 0, each bound's
// distance from the one before, and the counts.
func (h *Histogram) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, version), uint64(len(h.Counts)))
	last := int64(0)
	for _, b := range h.Bounds {
		dst, last = binary.AppendVarint(dst, b-last), b
	}
	for _, n := range h.Counts {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return dst
}

// Decode sets h to what src begins with.
func (h *Histogram) Decode(src []byte) ([]byte, error) {
	r := open(src)
	n := r.length(MaxBuckets, 1)
	if n == 0 {
		return r.b, r.err
	}
	h.Bounds, h.Counts = make([]int64, n-1), make([]int64, n)
	last := int64(0)
	for i := range h.Bounds {
		b := last + r.varint()
		if i > 0 && b <= last {
			r.fail(errForm)
		}
		h.Bounds[i], last = b, b
	}
	for i := range h.Counts {
		h.Counts[i] = r.natural()
	}
	return r.b, r.err
}
