package exact

import (
	"math/bits"
)

// Hash64 hashes a string, the same in every build and process: its values are part of the state, so that
// neither the constants nor the order of the rounds can change. Eight bytes a round, by multiplication
// to 128 bits, as wyhash does; the length is hashed in, so that a tail of zeros counts.
//
// It has no secret: whoever chooses the strings can make two of them collide. Identifiers are named by
// HMAC instead (operators/identify).
func Hash64(s string) uint64 {
	const k0, k1 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	h := uint64(len(s)) ^ k0
	for ; len(s) >= 8; s = s[8:] {
		h = fold64(h^word(s), k1)
	}
	var tail uint64
	for i := len(s) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(s[i])
	}
	return fold64(fold64(h^tail, k1)^k0, k0^k1)
}

// word reads eight bytes, little-endian on every machine.
func word(s string) uint64 {
	_ = s[7] // one bounds check for all
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// fold64 multiplies to 128 bits and folds the halves: every bit of the input reaches every bit of the
// result.
func fold64(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
