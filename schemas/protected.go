package schemas

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted stands in for every protected value.
const redacted = "[redacted]"

// Protected is an identifier or health information. Printing, logging and marshalling show that there is a value, and
// not which. Codecs and Reveal give the value.
type Protected string

// Reveal is the value itself. Every call is a place where patient data may leave: keep them few.
func (p Protected) Reveal() string { return string(p) }

// String redacts.
func (p Protected) String() string { return redacted }

// GoString redacts.
func (p Protected) GoString() string { return redacted }

// Format redacts, for every verb.
func (p Protected) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue redacts.
func (p Protected) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText redacts.
func (p Protected) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON redacts.
func (p Protected) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// ProtectedBytes is health information in bytes. It redacts like Protected.
type ProtectedBytes []byte

// Reveal is the value itself, not a copy.
func (p ProtectedBytes) Reveal() []byte { return p }

// String redacts.
func (p ProtectedBytes) String() string { return redacted }

// GoString redacts.
func (p ProtectedBytes) GoString() string { return redacted }

// Format redacts, for every verb.
func (p ProtectedBytes) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue redacts.
func (p ProtectedBytes) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText redacts.
func (p ProtectedBytes) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON redacts.
func (p ProtectedBytes) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// PersonRef names a person past INGEST: minted by IDENTITY, or the pseudonym of an identifier. It redacts like
// Protected; as a key of topics and tables it is revealed.
type PersonRef string

// Reveal is the value itself.
func (p PersonRef) Reveal() string { return string(p) }

// String redacts.
func (p PersonRef) String() string { return redacted }

// GoString redacts.
func (p PersonRef) GoString() string { return redacted }

// Format redacts, for every verb.
func (p PersonRef) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue redacts.
func (p PersonRef) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText redacts.
func (p PersonRef) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON redacts.
func (p PersonRef) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
