package main

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"

	"github.com/attune-health/attune/pipeline"
)

// expected recomputes the touchpoint job without any engine and without the job's own code: what an
// engine wrote must be equal to it.
type expected struct {
	partitions int32
	patients   map[string]*history
	newest     []int64 // event time by partition
	cells      map[string]uint64
	activity   map[uint64][channels]float64 // of actions, by session
	actions    tally
	aggregates tally
}

// history is all that was ever heard of a patient.
type history struct {
	reasons  []byte
	screens  []int64 // newest two of web and app
	channels [channels]struct {
		count    uint64
		activity float64
		at       int64
	}
}

// tally is a number of records and a hash of them that does not depend on their order.
type tally struct {
	Records int64
	Hash    uint64
}

func (t *tally) add(key, value []byte) {
	h := fnv.New64a()
	h.Write(key)
	h.Write([]byte{byte(len(key))})
	h.Write(value)
	t.Records++
	t.Hash += h.Sum64()
}

func newExpected(partitions int32) *expected {
	return &expected{
		partitions: partitions, patients: map[string]*history{}, newest: make([]int64, partitions),
		cells: map[string]uint64{}, activity: map[uint64][channels]float64{},
	}
}

// add takes the next touchpoint.
func (e *expected) add(key, value []byte) {
	partition := pipeline.Partition(key, e.partitions)
	at := int64(binary.BigEndian.Uint64(value))
	channel, reason := value[8], value[9]
	e.newest[partition] = max(e.newest[partition], at)

	cell := binary.BigEndian.AppendUint32(nil, uint32(partition))
	cell = binary.BigEndian.AppendUint64(cell, uint64(at/windowLength*windowLength))
	cell = append(cell, channel, reason)
	if at/windowLength*windowLength+windowLength+grace > e.newest[partition] {
		e.cells[string(cell)]++
	}
	h := e.patients[string(key)]
	if h == nil {
		h = &history{}
		e.patients[string(key)] = h
	}
	if h.add(at, channel, reason) {
		e.act(key, value, h)
	}
}

// add reports whether an action is asked for.
func (h *history) add(at int64, channel, reason byte) bool {
	h.reasons = append(h.reasons, reason)
	c := &h.channels[channel]
	c.count++
	switch gap := math.Abs(float64(at-c.at)) / 3_600_000; {
	case c.count == 1:
		c.activity, c.at = 1, at
	case at >= c.at:
		c.activity, c.at = 1+c.activity*math.Exp2(-gap), at
	default:
		c.activity += math.Exp2(-gap)
	}
	if channel <= 1 {
		h.screens = append(h.screens, at)
		for i := len(h.screens) - 1; i > 0 && h.screens[i] >= h.screens[i-1]; i-- {
			h.screens[i], h.screens[i-1] = h.screens[i-1], h.screens[i]
		}
		h.screens = h.screens[:min(2, len(h.screens))]
		return false
	}
	return channel == 2 && len(h.screens) == 2 && h.screens[0] >= at-10*60_000 && h.screens[1] >= at-10*60_000
}

// act notes the action that is to be there. Its ring of reasons is the history's end, turned.
func (e *expected) act(key, value []byte, h *history) {
	var b [actionSize]byte
	copy(b[:8], value[18:26])
	copy(b[8:16], value[:8])
	copy(b[16:24], value[10:18])
	var activity [channels]float64
	for i := range h.channels {
		binary.BigEndian.PutUint64(b[24+8*i:], h.channels[i].count)
		activity[i] = h.channels[i].activity
	}
	for n := max(0, len(h.reasons)-8); n < len(h.reasons); n++ {
		b[88+n%8] = h.reasons[n]
	}
	e.activity[binary.BigEndian.Uint64(b[16:])] = activity
	e.actions.add(key, b[:])
}

// finish counts the windows that are final.
func (e *expected) finish() {
	for cell, n := range e.cells {
		partition, key := binary.BigEndian.Uint32([]byte(cell)), []byte(cell)[4:]
		if int64(binary.BigEndian.Uint64(key))+windowLength+grace > e.newest[partition] {
			continue
		}
		value := binary.BigEndian.AppendUint64(nil, n)
		value = binary.BigEndian.AppendUint32(value, partition)
		e.aggregates.add(key, append(value, key...))
	}
	e.patients, e.cells = nil, nil
}

// outcome is what was found in the output topics.
type outcome struct {
	Actions    tally
	Aggregates tally
	Strange    int64   // records of no known action, or malformed
	Deviation  float64 // of an activity, relative, at most
}

// action takes a record of the topic of actions. Activity is compared and left out of the hash: engines
// may differ in the last digits of the exponential.
func (o *outcome) action(e *expected, key, value []byte) {
	if len(value) != actionSize {
		o.Strange++
		return
	}
	want, ok := e.activity[binary.BigEndian.Uint64(value[16:])]
	if !ok {
		o.Strange++
		return
	}
	var b [actionSize]byte
	copy(b[:], value)
	for i := range want {
		got := math.Float64frombits(binary.BigEndian.Uint64(value[56+8*i:]))
		d := math.Abs(got-want[i]) / math.Max(1, math.Abs(want[i]))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		o.Deviation = max(o.Deviation, d)
		clear(b[56+8*i : 64+8*i])
	}
	o.Actions.add(key, b[:])
}

const tolerance = 1e-9

// check reports how the outcome differs from what is expected.
func (o *outcome) check(e *expected) error {
	switch {
	case o.Strange > 0:
		return fmt.Errorf("%d strange records", o.Strange)
	case o.Actions != e.actions:
		return fmt.Errorf("actions: got %d (hash %x), want %d (hash %x)", o.Actions.Records, o.Actions.Hash, e.actions.Records, e.actions.Hash)
	case o.Aggregates != e.aggregates:
		return fmt.Errorf("aggregates: got %d (hash %x), want %d (hash %x)", o.Aggregates.Records, o.Aggregates.Hash, e.aggregates.Records, e.aggregates.Hash)
	case o.Deviation > tolerance:
		return fmt.Errorf("activity differs by %g, at most %g is allowed", o.Deviation, tolerance)
	}
	return nil
}
