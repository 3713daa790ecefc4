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
	count   uint32
	changed []uint64 // a bit for each persona: since the last checkpoint
	key     [8]byte
	value   []byte
}

// slot finds the persona at-1; 0 is an empty slot. mark tells most other keys from this one without a
// look at the persona.
type slot struct{ mark, at uint32 }

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
func (s *personas) Len() int { return int(s.count) }

// of returns the persona of a patient, a new one for a new patient, and notes that it changes.
func (s *personas) of(key uint64) *persona {
	at := s.find(key)
	s.changed[at/64] |= 1 << (at % 64)
	return s.at(at)
}

func (s *personas) at(i uint32) *persona { return &s.pages[i/pagePersonas][i%pagePersonas] }

func (s *personas) find(key uint64) uint32 {
	h, mask := hashKey(key), uint64(len(s.slots)-1)
	for i := h >> s.shift; ; i++ {
		e := s.slots[i&mask]
		if e.at == 0 {
			return s.insert(key)
		}
		if e.mark == uint32(h) && s.at(e.at-1).key == key {
			return e.at - 1
		}
	}
}

// glimpse reads both cache lines of a patient's persona, where there is one.
func (s *personas) glimpse(key uint64) uint64 {
	h, mask := hashKey(key), uint64(len(s.slots)-1)
	e := s.slots[h>>s.shift&mask]
	if e.at == 0 {
		return 0
	}
	p := s.at(e.at - 1)
	return p.key + uint64(p.screens[0])
}

// hashKey has its best bits on top.
func hashKey(key uint64) uint64 {
	key *= 0xD6E8FEB86659FD93
	return key ^ key>>32
}

func (s *personas) insert(key uint64) uint32 {
	at := s.count
	s.count++
	if at%pagePersonas == 0 {
		s.pages = append(s.pages, new([pagePersonas]persona))
		s.changed = append(s.changed, make([]uint64, pagePersonas/64)...)
	}
	*s.at(at) = persona{key: key, screens: [2]int64{never, never}}
	if 2*int(s.count) > len(s.slots) {
		s.grow(2 * len(s.slots))
	} else {
		s.enter(key, at)
	}
	return at
}

func (s *personas) grow(slots int) {
	s.slots = make([]slot, slots)
	s.shift = 64 - bits.TrailingZeros(uint(slots))
	for at := range s.count {
		s.enter(s.at(at).key, at)
	}
}

func (s *personas) enter(key uint64, at uint32) {
	h, mask := hashKey(key), uint64(len(s.slots)-1)
	i := h >> s.shift
	for s.slots[i&mask].at != 0 {
		i++
	}
	s.slots[i&mask] = slot{uint32(h), at + 1}
}

// Changes implements pipeline.Store. It goes through the personas as they lie in memory, which is the
// quickest way through many.
func (s *personas) Changes(yield func(key, value []byte)) {
	for i, word := range s.changed {
		for ; word != 0; word &= word - 1 {
			p := s.at(uint32(64*i + bits.TrailingZeros64(word)))
			binary.BigEndian.PutUint64(s.key[:], p.key)
			s.value = p.appendTo(s.value[:0])
			yield(s.key[:], s.value)
		}
	}
	clear(s.changed)
}

// Restore implements pipeline.Store.
func (s *personas) Restore(key, value []byte) error {
	if len(key) != 8 {
		return pipeline.Corruptf("persona's key of %d bytes", len(key))
	}
	return s.at(s.find(binary.BigEndian.Uint64(key))).decode(value)
}
