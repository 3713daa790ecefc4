package main

import (
	"encoding/binary"
	"math/bits"

	"github.com/attune-health/attune/pipeline"
)

// personas is the keyed store of one task: personas lie in pages that never move, found through a
// table of open addressing. Nothing is allocated for a patient who is known.
type personas struct {
	slots   []slot // a power of two, at most half of them in use
	shift   int
	pages   []*[pagePersonas]persona
	keys    []uint64 // of the personas, in their order
	changed []uint32
	key     [8]byte
	value   []byte
}

// slot finds the persona at-1; 0 is an empty slot.
type slot struct {
	key uint64
	at  uint32
}

const pagePersonas = 1024

var _ pipeline.Store = (*personas)(nil)

func newPersonas() *personas {
	s := &personas{}
	s.grow(1 << 10)
	return s
}

// Name implements pipeline.Store.
func (s *personas) Name() string { return "personas" }

// Len implements pipeline.Store.
func (s *personas) Len() int { return len(s.keys) }

// of returns the persona of a patient, a new one for a new patient, and notes that it changes.
func (s *personas) of(key uint64) *persona {
	at := s.find(key)
	p := s.at(at)
	if !p.changed {
		p.changed = true
		s.changed = append(s.changed, at)
	}
	return p
}

func (s *personas) at(i uint32) *persona { return &s.pages[i/pagePersonas][i%pagePersonas] }

func (s *personas) find(key uint64) uint32 {
	mask := uint64(len(s.slots) - 1)
	for i := place(key, s.shift); ; i++ {
		switch e := &s.slots[i&mask]; {
		case e.at == 0:
			return s.insert(key)
		case e.key == key:
			return e.at - 1
		}
	}
}

func place(key uint64, shift int) uint64 { return key * 0xD6E8FEB86659FD93 >> shift }

func (s *personas) insert(key uint64) uint32 {
	at := uint32(len(s.keys))
	s.keys = append(s.keys, key)
	if int(at)/pagePersonas == len(s.pages) {
		s.pages = append(s.pages, new([pagePersonas]persona))
	}
	s.at(at).screens = [2]int64{never, never}
	if 2*len(s.keys) > len(s.slots) {
		s.grow(2 * len(s.slots))
	} else {
		s.enter(key, at)
	}
	return at
}

func (s *personas) grow(slots int) {
	s.slots = make([]slot, slots)
	s.shift = 64 - bits.TrailingZeros(uint(slots))
	for at, key := range s.keys {
		s.enter(key, uint32(at))
	}
}

func (s *personas) enter(key uint64, at uint32) {
	mask := uint64(len(s.slots) - 1)
	i := place(key, s.shift)
	for s.slots[i&mask].at != 0 {
		i++
	}
	s.slots[i&mask] = slot{key, at + 1}
}

// Changes implements pipeline.Store.
func (s *personas) Changes(yield func(key, value []byte)) {
	for _, at := range s.changed {
		p := s.at(at)
		p.changed = false
		binary.BigEndian.PutUint64(s.key[:], s.keys[at])
		s.value = p.appendTo(s.value[:0])
		yield(s.key[:], s.value)
	}
	s.changed = s.changed[:0]
}

// Restore implements pipeline.Store.
func (s *personas) Restore(key, value []byte) error {
	if len(key) != 8 {
		return pipeline.Corruptf("persona's key of %d bytes", len(key))
	}
	return s.at(s.find(binary.BigEndian.Uint64(key))).decode(value)
}
