package accumulator

import (
	"encoding/binary"
	"errors"
)

// Value is what the accumulators have in common: P is a pointer to A. Equal accumulators have equal
// bytes, in whatever order they were filled, so that a restored task goes on as if nothing had been.
// Errors of Decode mean that the state is corrupt, and do not tell what it holds.
type Value[A any] interface {
	*A
	// Merge takes in what other has taken in. It leaves other as it was and keeps nothing of it.
	Merge(other *A)
	// Append appends the binary form.
	Append(dst []byte) []byte
	// Decode sets an empty accumulator to what src begins with, and returns the rest of src.
	Decode(src []byte) (rest []byte, err error)
}

// Codec stores an accumulator by itself. CodecOf makes it.
type Codec[A any, P Value[A]] struct{}

// CodecOf is the codec of an accumulator: CodecOf[Distinct]().
func CodecOf[A any, P Value[A]]() Codec[A, P] { return Codec[A, P]{} }

// AppendValue appends the binary form of v.
func (Codec[A, P]) AppendValue(dst []byte, v *A) []byte { return P(v).Append(dst) }

// DecodeValue sets v to what src holds, and refuses bytes that follow it.
func (Codec[A, P]) DecodeValue(src []byte, v *A) error {
	rest, err := P(v).Decode(src)
	if err == nil && len(rest) > 0 {
		return errTrailing
	}
	return err
}

// Merge merges b into a: the func that windows take.
func Merge[A any, P Value[A]](a, b *A) { P(a).Merge(b) }

// version begins every binary form; it is 1 for all of them so far.
const version = 1

// Why a binary form is refused. A form that could have been written otherwise is refused too: bytes are
// compared.
var (
	errVersion  = errors.New("accumulator: unknown version")
	errShort    = errors.New("accumulator: ends early")
	errForm     = errors.New("accumulator: not as it is written")
	errTooLarge = errors.New("accumulator: a length beyond its bound")
	errTrailing = errors.New("accumulator: bytes after its end")
)

// reader reads a binary form. After its first error it reads zeros.
type reader struct {
	b   []byte
	err error
}

// open checks the version.
func open(src []byte) reader {
	switch {
	case len(src) == 0:
		return reader{err: errShort}
	case src[0] != version:
		return reader{err: errVersion}
	}
	return reader{b: src[1:]}
}

// fail keeps the first error, and leaves nothing to read.
func (r *reader) fail(err error) {
	if r.err == nil {
		r.b, r.err = nil, err
	}
}

// uvarint reads a number, in the shortest form only.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	switch {
	case r.err != nil:
		return 0
	case n <= 0:
		r.fail(errShort)
		return 0
	case n > 1 && r.b[n-1] == 0: // a longer way to write it
		r.fail(errForm)
		return 0
	}
	r.b = r.b[n:]
	return v
}

// varint reads a signed one, in zigzag.
func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// natural is a number that is not negative.
func (r *reader) natural() int64 {
	v := r.uvarint()
	if v > 1<<63-1 {
		r.fail(errForm)
		return 0
	}
	return int64(v)
}

// length is a number of things of at least size bytes each, of which there are no more than bound. What
// cannot be there is not allocated.
func (r *reader) length(bound, size int) int {
	n := r.uvarint()
	switch {
	case n > uint64(bound):
		r.fail(errTooLarge)
		return 0
	case n*uint64(size) > uint64(len(r.b)):
		r.fail(errShort)
		return 0
	}
	return int(n)
}

// bytes reads n bytes, which alias the source.
func (r *reader) bytes(n int) []byte {
	if r.err != nil || n > len(r.b) {
		r.fail(errShort)
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
