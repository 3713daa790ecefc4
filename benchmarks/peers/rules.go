package main

import (
	"encoding/binary"
	"math/bits"
)

// matcher has the matching rules of ShuffleBench: a rule matches a record where the hash of its first 16
// bytes lies in the rule's range of the 63-bit space. Ranges begin anywhere; together they have a share
// of the space, each the same.
type matcher struct {
	width uint64
	slots []uint32 // where a slot's candidates begin
	list  []rule   // by slot
}

type rule struct {
	offset uint64
	number uint32
}

const (
	ruleSeed    = 0x2e3fac4f58fc98b4
	selectivity = 0.2
	space       = 1 << 63
	slotBits    = 16
)

func newMatcher(rules int) *matcher {
	m := &matcher{width: uint64(selectivity / float64(rules) * space)}
	bySlot := make([][]rule, 1<<slotBits)
	for n := range rules {
		r := rule{mix(ruleSeed, uint64(n)) & (space - 1), uint32(n)}
		last := slotOf((r.offset + m.width - 1) & (space - 1))
		for s := slotOf(r.offset); ; s = (s + 1) % (1 << slotBits) { // a range may wrap around
			bySlot[s] = append(bySlot[s], r)
			if s == last {
				break
			}
		}
	}
	for _, list := range bySlot {
		m.slots = append(m.slots, uint32(len(m.list)))
		m.list = append(m.list, list...)
	}
	m.slots = append(m.slots, uint32(len(m.list)))
	return m
}

func slotOf(position uint64) uint64 { return position >> (63 - slotBits) }

// match appends the numbers of the rules that match a record.
func (m *matcher) match(record []byte, to []uint32) []uint32 {
	h := hashRecord(record)
	s := slotOf(h)
	for _, r := range m.list[m.slots[s]:m.slots[s+1]] {
		if (h-r.offset)&(space-1) < m.width {
			to = append(to, r.number)
		}
	}
	return to
}

// glimpse reads every cache line of the candidates of a record.
func (m *matcher) glimpse(record []byte) uint64 {
	s := slotOf(hashRecord(record))
	list, seen := m.list[m.slots[s]:m.slots[s+1]], uint64(0)
	for i := 0; i < len(list); i += 4 {
		seen += list[i].offset
	}
	return seen
}

// hashRecord hashes the first 16 bytes.
func hashRecord(record []byte) uint64 {
	var b [16]byte
	copy(b[:], record)
	return mix(binary.LittleEndian.Uint64(b[:])^golden, binary.LittleEndian.Uint64(b[8:])) & (space - 1)
}

// mix hashes two words: the halves of a long product, folded, twice.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0xD6E8FEB86659FD93, b^0xA0761D6478BD642F)
	hi, lo = bits.Mul64(hi^lo, 0xE7037ED1A0B428DB)
	return hi ^ lo
}
