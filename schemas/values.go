package schemas

import (
	"encoding/json"
	"time"
)

// Millis is a moment: Unix milliseconds, as Avro's timestamp-millis.
type Millis int64

// MillisOf turns a time into Millis; fractions of a millisecond are cut off.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time is the moment in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Add is the moment d later.
func (m Millis) Add(d time.Duration) Millis { return m + Millis(d.Milliseconds()) }

// Sub is the time that passed since n.
func (m Millis) Sub(n Millis) time.Duration { return time.Duration(m-n) * time.Millisecond }

// String writes the moment in RFC 3339.
func (m Millis) String() string { return m.Time().Format("2006-01-02T15:04:05.000Z07:00") }

// Opt is a value that may be missing: Avro's ["null", X].
type Opt[T any] struct {
	V  T
	OK bool
}

// Some is the value v, not missing.
func Some[T any](v T) Opt[T] { return Opt[T]{V: v, OK: true} }

// Or is the value, or other where it is missing.
func (o Opt[T]) Or(other T) T {
	if o.OK {
		return o.V
	}
	return other
}

// MarshalJSON is the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.OK {
		return []byte("null"), nil
	}
	return json.Marshal(o.V)
}

// UnmarshalJSON reads a value or null.
func (o *Opt[T]) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*o = Opt[T]{}
		return nil
	}
	o.OK = true
	return json.Unmarshal(text, &o.V)
}
