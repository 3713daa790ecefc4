package emit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"unsafe"
)

// IdBuffer makes ids without allocating: what Of returns is valid until it is called again, and must be
// cloned to be kept.
type IdBuffer struct {
	// in is what is hashed: the parts with a zero byte after each, so that no two lists of parts are alike.
	in []byte
	// hex is the id that was returned last.
	hex [32]byte
}

// Of is the id of the n-th thing of a kind that a named policy or model made of a trigger: the same
// after every replay, and on every machine, so that consumers can drop what they have seen. The
// trigger's event id is hashed, not its offset, since a topic that is written anew has other offsets.
// The string is valid until the next call.
func (b *IdBuffer) Of(kind, name, trigger string, n int) string {
	b.in = append(append(b.in[:0], kind...), 0)
	b.in = append(append(b.in, name...), 0)
	b.in = append(append(b.in, trigger...), 0)
	b.in = strconv.AppendInt(b.in, int64(n), 10)
	sum := sha256.Sum256(b.in)
	hex.Encode(b.hex[:], sum[:16])
	return unsafe.String(&b.hex[0], len(b.hex))
}

// AliasString is a string over b, valid as long as b is not written to. It saves the copy where a record is
// encoded before its buffer is used again; a string that is kept must be cloned.
func AliasString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
