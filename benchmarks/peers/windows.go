package main

import (
	"encoding/binary"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

const (
	windowLength = 60_000
	grace        = 10_000 // ms after a window's end in which touchpoints still count
	cells        = channels * reasons
)

// windows is the keyed store of one task's open windows: counts by channel and reason.
type windows struct {
	open  []*window
	last  *window  // the one that most touchpoints belong to
	gone  []uint64 // closed ones whose tombstones are not yet written
	key   [8]byte
	value []byte
}

type window struct {
	start   int64
	counts  [cells]uint64
	changed bool
	stored  bool // the changelog has it
}

var _ pipeline.Store = (*windows)(nil)

// Name implements pipeline.Store.
func (s *windows) Name() string { return "windows" }

// Len implements pipeline.Store.
func (s *windows) Len() int { return len(s.open) }

// find returns the window with a start, nil where it is not open.
func (s *windows) find(start int64) *window {
	if s.last != nil && s.last.start == start {
		return s.last
	}
	for _, w := range s.open {
		if w.start == start {
			s.last = w
			return w
		}
	}
	return nil
}

func (s *windows) add(start int64) *window {
	w := &window{start: start}
	s.open = append(s.open, w)
	return w
}

func (w *window) count(t *touchpoint) {
	w.counts[int(t.channel)*reasons+int(t.reason)]++
	w.changed = true
}

// remove closes a window.
func (s *windows) remove(w *window) {
	s.open = slices.DeleteFunc(s.open, func(o *window) bool { return o == w })
	if s.last == w {
		s.last = nil
	}
	if w.stored {
		s.gone = append(s.gone, uint64(w.start))
	}
}

const windowsVersion = 1

// Changes implements pipeline.Store. A window is a version byte and its counts.
func (s *windows) Changes(yield func(key, value []byte)) {
	for _, start := range s.gone {
		binary.BigEndian.PutUint64(s.key[:], start)
		yield(s.key[:], nil)
	}
	s.gone = s.gone[:0]
	for _, w := range s.open {
		if !w.changed {
			continue
		}
		w.changed, w.stored = false, true
		binary.BigEndian.PutUint64(s.key[:], uint64(w.start))
		s.value = append(s.value[:0], windowsVersion)
		for _, n := range w.counts {
			s.value = binary.AppendUvarint(s.value, n)
		}
		yield(s.key[:], s.value)
	}
}

// Restore implements pipeline.Store.
func (s *windows) Restore(key, value []byte) error {
	if len(key) != 8 {
		return pipeline.Corruptf("window's key of %d bytes", len(key))
	}
	start := int64(binary.BigEndian.Uint64(key))
	w := s.find(start)
	if value == nil {
		if w != nil {
			w.stored = false
			s.remove(w)
		}
		return nil
	}
	if w == nil {
		w = s.add(start)
	}
	w.stored = true
	return w.decode(value)
}

func (w *window) decode(b []byte) error {
	if len(b) == 0 || b[0] != windowsVersion {
		return pipeline.Corruptf("window of %d bytes, want version %d", len(b), windowsVersion)
	}
	b = b[1:]
	for i := range w.counts {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return pipeline.Corruptf("window ends at count %d", i)
		}
		w.counts[i], b = v, b[n:]
	}
	if len(b) > 0 {
		return pipeline.Corruptf("window has %d bytes left over", len(b))
	}
	return nil
}
