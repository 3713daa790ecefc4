package emit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"unsafe"
)

// IdBuffer makes ids without allocating: what of returns is valid until it is called again, and must
// be cloned to be kept.
type IdBuffer struct {
	in  []byte
	hex [32]byte
}

// Of is the id of the n-th thing of a kind that a named policy or model made of a trigger: the same
// after every replay.
func (b *IdBuffer) Of(kind, name, trigger string, n int) string {
	b.in = append(append(b.in[:0], kind...), 0)
	b.in = append(append(b.in, name...), 0)
	b.in = append(append(b.in, trigger...), 0)
	b.in = strconv.AppendInt(b.in, int64(n), 10)
	sum := sha256.Sum256(b.in)
	hex.Encode(b.hex[:], sum[:16])
	return unsafe.String(&b.hex[0], len(b.hex))
}

// AliasString is a string over b, valid as long as b is.
func AliasString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
