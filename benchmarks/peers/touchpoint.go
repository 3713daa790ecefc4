package main

import (
	"encoding/binary"
	"math"
	"sort"
)

// A touchpoint: the key is 8 bytes, the patient's number times golden; the value 200, big endian:
//
//	0 event time, ms   int64      10 session          8 bytes
//	8 channel, 0-3     1 byte     18 send time, ns    int64, 0 where it was preloaded
//	9 reason, 0-12     1 byte     26 filler
const (
	touchpointSize = 200
	channels       = 4
	reasons        = 13
	patients       = 200_000
	firstEvent     = 1_700_000_000_000
	disorder       = 5_000 // ms by which an event is late at most

	channelCall = 2 // 0 and 1 are web and app
)

// workload makes the touchpoints of a seed in their order.
type workload struct {
	random   splittable
	sequence int64
	shares   []float64 // of patients 0 to i together
	key      [8]byte
	value    [touchpointSize]byte
}

func newWorkload(seed uint64) *workload {
	w := &workload{random: newSplittable(seed), shares: make([]float64, patients)}
	total := 0.0
	for k := range w.shares {
		total += 1 / math.Pow(float64(k+1), 0.8)
		w.shares[k] = total
	}
	for k := range w.shares {
		w.shares[k] /= total
	}
	return w
}

// next makes the next touchpoint in key and value.
func (w *workload) next(sent int64) {
	be := binary.BigEndian
	be.PutUint64(w.key[:], uint64(w.patient())*golden)
	v := w.value[:]
	be.PutUint64(v, uint64(firstEvent+w.sequence-int64(w.random.below(disorder+1))))
	v[8] = byte(w.random.below(channels))
	v[9] = byte(w.random.below(reasons))
	be.PutUint64(v[10:], w.random.long())
	be.PutUint64(v[18:], uint64(sent))
	for i := 26; i+8 <= touchpointSize; i += 8 {
		be.PutUint64(v[i:], w.random.long())
	}
	w.sequence++
}

func (w *workload) patient() int {
	x := w.random.float()
	return min(sort.SearchFloat64s(w.shares, x), patients-1)
}
