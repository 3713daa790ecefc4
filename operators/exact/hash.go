package exact

import (
	"math/bits"
)

// Hash64 hashes a string. It is part of the state and must never change: not for another build,
// machine or process, unlike hash/maphash. The multiply-and-fold and the two constants are wyhash's;
// the rest is simpler, and the values are not wyhash's. It is quick and spreads well, but is no
// defence against chosen inputs.
func Hash64(s string) uint64 {
	const k0, k1 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	// The length is hashed in, or strings that differ only in trailing zero bytes would collide.
	h := uint64(len(s)) ^ k0
	// Eight bytes a round.
	for ; len(s) >= 8; s = s[8:] {
		h = fold64(h^word(s), k1)
	}
	var tail uint64
	for i := len(s) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(s[i])
	}
	return fold64(fold64(h^tail, k1)^k0, k0^k1)
}

// word is the first eight bytes, little-endian; the compiler makes one load of it.
func word(s string) uint64 {
	// One bounds check for all eight.
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// fold64 multiplies to 128 bits and folds the halves together.
func fold64(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
