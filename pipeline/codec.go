package pipeline

import (
	"encoding/binary"
	"errors"
)

// The engine's own encodings: a version byte first, then varints and length-prefixed strings.

// errShort is all that is said of bytes that end early. What they held may be PHI.
var errShort = errors.New("ends early")

// reader takes values off the front of b; the first thing missing sets err and all later ones are zero.
// So a decoder reads as the list of its fields, and looks at err once. Whatever bytes it is given, it
// never panics and allocates no more than they could hold: changelogs and control records come over the
// network, and fuzz tests hold it to that.
type reader struct {
	b   []byte
	err error
}

// byte is one byte.
func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// uvarint is an unsigned varint, lowest seven bits first, as package binary writes it.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// varint is a signed one, in zigzag.
func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// fixed64 is eight bytes, the lowest first.
func (r *reader) fixed64() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

// offset is a uvarint that fits an int64, with room for sums of two.
func (r *reader) offset() int64 {
	v := r.uvarint()
	if v > 1<<62 {
		r.fail()
		return 0
	}
	return int64(v)
}

// int31 is a count or partition: a uvarint that fits an int32.
func (r *reader) int31() int32 {
	v := r.uvarint()
	if v > 1<<31-1 {
		r.fail()
		return 0
	}
	return int32(v)
}

// count is how many things follow, each of at least one byte: what cannot be there is not allocated.
// Without that bound a few corrupt bytes would ask for gigabytes.
func (r *reader) count() int {
	v := r.uvarint()
	if v > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(v)
}

// bytes is a length and as many bytes. They alias b; appending to them does not write into it.
func (r *reader) bytes() []byte {
	n := r.count()
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// fail notes that something is missing or out of range, and leaves nothing to read.
func (r *reader) fail() {
	r.b = nil
	if r.err == nil {
		r.err = errShort
	}
}

// done returns the error, or that something was left over: a value that is longer than its form was
// written by somebody else.
func (r *reader) done() error {
	if r.err == nil && len(r.b) > 0 {
		return errors.New("has bytes left over")
	}
	return r.err
}

// appendString encodes what reader.bytes reads.
func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// A timer in the changelog: kind and key identify it, the value holds version, time and channels. The
// channels are kept as they were: a topology that has gained a channel must not let old timers wait for
// it.
const timerVersion = 1

// appendTimerKey encodes what identifies a timer, appendTimerValue the rest.
func appendTimerKey(b []byte, t *timer) []byte {
	b = append(b, t.Kind)
	return append(b, t.Key...)
}

func appendTimerValue(b []byte, t *timer) []byte {
	b = append(b, timerVersion)
	b = binary.AppendVarint(b, int64(t.At))
	return binary.AppendUvarint(b, uint64(t.Channels))
}

// decodeTimer decodes both; a nil value is a timer that is gone. The key is copied.
func decodeTimer(key, value []byte) (Timer, error) {
	if len(key) == 0 {
		return Timer{}, Corruptf("timer without a key")
	}
	t := Timer{Kind: key[0], Key: string(key[1:])}
	if value == nil {
		return t, nil
	}
	r := reader{b: value}
	if v := r.byte(); r.err == nil && v != timerVersion {
		return Timer{}, Corruptf("timer of version %d", v)
	}
	t.At = Time(r.varint())
	t.Channels = Channels(r.uvarint())
	if err := r.done(); err != nil {
		return Timer{}, Corruptf("timer %w", err)
	}
	return t, nil
}
