package kafka

import (
	"encoding/binary"
	"errors"
)

// errShort says that a response ends before its fields do, or has lengths beyond its end.
var errShort = errors.New("response is malformed")

// writer builds a request body. In flexible versions strings, byte fields and arrays have compact
// lengths and structures end with tags.
type writer struct {
	b    []byte
	flex bool
	// names translates those of topics.
	names *topicNames
}

func (w *writer) int8(v int8)   { w.b = append(w.b, byte(v)) }
func (w *writer) int16(v int16) { w.b = binary.BigEndian.AppendUint16(w.b, uint16(v)) }
func (w *writer) int32(v int32) { w.b = binary.BigEndian.AppendUint32(w.b, uint32(v)) }
func (w *writer) int64(v int64) { w.b = binary.BigEndian.AppendUint64(w.b, uint64(v)) }

func (w *writer) bool(v bool) {
	if v {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
}

func (w *writer) string(s string) {
	if w.flex {
		w.b = binary.AppendUvarint(w.b, uint64(len(s))+1)
	} else {
		w.int16(int16(len(s)))
	}
	w.b = append(w.b, s...)
}

// null writes a null string.
func (w *writer) null() {
	if w.flex {
		w.b = append(w.b, 0)
	} else {
		w.int16(-1)
	}
}

// nullable writes s, or null where it is empty.
func (w *writer) nullable(s string) {
	if s == "" {
		w.null()
	} else {
		w.string(s)
	}
}

// array writes the length of an array whose n elements follow; -1 is a null array.
func (w *writer) array(n int) {
	if w.flex {
		w.b = binary.AppendUvarint(w.b, uint64(n+1))
	} else {
		w.int32(int32(n))
	}
}

// size writes the length of a byte field whose n bytes follow.
func (w *writer) size(n int) { w.array(n) }

// tags ends a structure; we never send tags.
func (w *writer) tags() {
	if w.flex {
		w.b = append(w.b, 0)
	}
}

// reader decodes a response body. After the first field that does not fit, bad is set and every
// further read returns zero, so that callers check once, at the end.
type reader struct {
	b    []byte
	flex bool
	bad  bool
	// names translates those of topics.
	names *topicNames
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		r.b = nil
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) int8() int8 {
	if b := r.take(1); b != nil {
		return int8(b[0])
	}
	return 0
}

func (r *reader) bool() bool { return r.int8() != 0 }

func (r *reader) int16() int16 {
	if b := r.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) int64() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *reader) uvarint() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > 1<<31-1 {
		r.take(-1)
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// length reads the length of a string (wide false), byte field or array (wide true); -1 is null.
func (r *reader) length(wide bool) int {
	switch {
	case r.flex:
		return r.uvarint() - 1
	case wide:
		return int(r.int32())
	default:
		return int(r.int16())
	}
}

// raw returns the bytes of a string or byte field, nil for null. They alias the response.
func (r *reader) raw(wide bool) []byte {
	n := r.length(wide)
	if n < 0 || r.bad {
		return nil
	}
	return r.take(n)
}

func (r *reader) string() string { return string(r.raw(false)) }

// array returns the number of elements that follow. A number that cannot fit into the rest (each
// element has at least least bytes) marks the response bad, so that no hostile length drives a loop
// or an allocation.
func (r *reader) array(least int) int {
	n := r.length(true)
	if n <= 0 || r.bad {
		return 0
	}
	if n > len(r.b)/least {
		r.take(-1)
		return 0
	}
	return n
}

// tags skips the tagged fields at the end of a structure.
func (r *reader) tags() {
	if !r.flex {
		return
	}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		r.uvarint()
		r.take(r.uvarint())
	}
}

func (r *reader) err() error {
	if r.bad {
		return errShort
	}
	return nil
}
