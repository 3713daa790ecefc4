package emit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"unsafe"
)

// IdBuffer makes ids without allocating. It is for one task, like every buffer of an operator.
type IdBuffer struct {
	// in is what is hashed, hex the id in hexadecimal digits.
	in  []byte
	hex [32]byte
}

// Of is the id of the n-th thing of a kind that a named policy or model made of a trigger. It depends
// on nothing else, so a replay gives the same id and consumers can drop what they have seen. The
// parts are separated by zero bytes, without which "ab"+"c" and "a"+"bc" would have one id.
//
// The string is valid until the next call; whoever keeps it clones it.
func (b *IdBuffer) Of(kind, name, trigger string, n int) string {
	b.in = append(append(b.in[:0], kind...), 0)
	b.in = append(append(b.in, name...), 0)
	b.in = append(append(b.in, trigger...), 0)
	b.in = strconv.AppendInt(b.in, int64(n), 10)
	// Half of a SHA-256 is enough against chance: 128 bits.
	sum := sha256.Sum256(b.in)
	hex.Encode(b.hex[:], sum[:16])
	return unsafe.String(&b.hex[0], len(b.hex))
}

// AliasString is a string over b without a copy, valid as long as b is unchanged.
func AliasString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
