package pipeline

import (
	"encoding/binary"
	"math/bits"
)

// outputHash sums up what a task has emitted since its last commit, so that a replay can be compared
// with what it repeats. It is no defence against anybody: it tells bytes apart that a task made by
// mistake. Two eight-byte words at a time are folded by one 64x64 bit multiplication, as wyhash does
// (https://github.com/wangyi-fudan/wyhash, public domain); the constants are its own. A sum over each
// output is on the hot path, and a cryptographic one would cost more than making the output. Its values
// are stored in order records: a change of it makes every replay of the old ones differ.
type outputHash uint64

const (
	hashA = 0xa0761d6478bd642f
	hashB = 0xe7037ed1a0b428db
	hashC = 0x8ebc6af09c88c6e3
)

// fold mixes two words: each bit of the result depends on all bits of both.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// number takes one number. Order counts: 1 then 2 gives another hash than 2 then 1.
func (h *outputHash) number(n uint64) {
	*h = outputHash(fold(uint64(*h)^hashA, n^hashB))
}

// bytes takes b, its length and whether it is nil: a tombstone is another output than an empty value.
// The tail is read in overlapping words, as wyhash does, which is why the length is needed.
func (h *outputHash) bytes(b []byte) {
	sum := uint64(*h)
	n := uint64(len(b))<<1 | 1
	if b == nil {
		n = 0
	}
	for len(b) > 16 {
		sum = fold(binary.LittleEndian.Uint64(b)^hashA, binary.LittleEndian.Uint64(b[8:])^sum)
		b = b[16:]
	}
	var x, y uint64
	switch {
	case len(b) >= 8:
		x, y = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[len(b)-8:])
	case len(b) >= 4:
		x, y = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
	case len(b) > 0:
		x, y = uint64(b[0]), uint64(b[len(b)/2])<<8|uint64(b[len(b)-1])
	}
	*h = outputHash(fold(x^hashC, y^sum) ^ n*hashB)
}

// text takes a string, without making bytes of it.
func (h *outputHash) text(s string) {
	h.number(uint64(len(s)))
	for len(s) > 8 {
		h.number(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)
		s = s[8:]
	}
	var last uint64
	for i := range len(s) {
		last = last<<8 | uint64(s[i])
	}
	h.number(last)
}

// emitted takes one output: its topic, by the hash of its name, partition, key, value and headers.
// The timestamp is an input of the step, and the trace is a matter of sampling: both are left out.
func (h *outputHash) emitted(out *output, partition int32, key, value []byte, headers []Header) {
	h.number(uint64(out.hash) + uint64(partition))
	h.bytes(key)
	h.bytes(value)
	h.number(uint64(len(headers)))
	for i := range headers {
		h.text(headers[i].Key)
		h.bytes(headers[i].Value)
	}
}
