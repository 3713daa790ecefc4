// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
)

// Identifier: One thing a person or device is known by at the source.
type Identifier struct {
	// What sort of identifier this is.
	Kind IdentifierKind
	// The identifier itself, as the source writes it.
	Value Protected
}

// AppendAvro appends the Avro binary form to dst.
func (v *Identifier) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Kind), 8)
	dst = appendString(dst, string(v.Value))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Identifier) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Identifier) decodeAvro(src []byte, i int) (_ int, err error) {
	var x1 int
	if x1, i = readIndex(src, i, 8); i < 0 {
		return 0, &DecodeError{Field: "Identifier.kind", Problem: Problem(i)}
	}
	v.Kind = IdentifierKind(x1)
	var x2 string
	if x2, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identifier.value", Problem: Problem(i)}
	}
	v.Value = Protected(x2)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Identifier) Clone() Identifier {
	c := *v
	c.Value = cloneString(c.Value)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Identifier) Reset() {
	*v = Identifier{}
}

// IdentifierKind: see the schema.
type IdentifierKind uint8

// The symbols of IdentifierKind.
const (
	IdentifierKindUnknown IdentifierKind = 0
	IdentifierKindMrn     IdentifierKind = 1
	IdentifierKindMember  IdentifierKind = 2
	IdentifierKindPhone   IdentifierKind = 3
	IdentifierKindEmail   IdentifierKind = 4
	IdentifierKindDevice  IdentifierKind = 5
	IdentifierKindCookie  IdentifierKind = 6
	IdentifierKindContact IdentifierKind = 7
)

// IdentifierKindCount is how many symbols IdentifierKind has.
const IdentifierKindCount = 8

// String is the symbol.
func (e IdentifierKind) String() string {
	switch e {
	case IdentifierKindUnknown:
		return "unknown"
	case IdentifierKindMrn:
		return "mrn"
	case IdentifierKindMember:
		return "member"
	case IdentifierKindPhone:
		return "phone"
	case IdentifierKindEmail:
		return "email"
	case IdentifierKindDevice:
		return "device"
	case IdentifierKindCookie:
		return "cookie"
	case IdentifierKindContact:
		return "contact"
	}
	return fmt.Sprintf("IdentifierKind(%d)", uint8(e))
}

// ParseIdentifierKind finds the value of a symbol; ok is false where there is none.
func ParseIdentifierKind(symbol string) (e IdentifierKind, ok bool) {
	switch symbol {
	case "unknown":
		return IdentifierKindUnknown, true
	case "mrn":
		return IdentifierKindMrn, true
	case "member":
		return IdentifierKindMember, true
	case "phone":
		return IdentifierKindPhone, true
	case "email":
		return IdentifierKindEmail, true
	case "device":
		return IdentifierKindDevice, true
	case "cookie":
		return IdentifierKindCookie, true
	case "contact":
		return IdentifierKindContact, true
	}
	return IdentifierKindUnknown, false
}

// MarshalText is the symbol.
func (e IdentifierKind) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *IdentifierKind) UnmarshalText(text []byte) error {
	v, ok := ParseIdentifierKind(string(text))
	if !ok {
		return &DecodeError{Field: "IdentifierKind", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// IdentifierSchema is the self-contained Avro schema of Identifier.
const IdentifierSchema = `{"type":"record","name":"Identifier","namespace":"health.attune","doc":"One thing a person or device is known by at the source.","fields":[{"name":"kind","type":{"type":"enum","name":"IdentifierKind","symbols":["unknown","mrn","member","phone","email","device","cookie","contact"],"default":"unknown"},"doc":"What sort of identifier this is.","default":"unknown"},{"name":"value","type":"string","doc":"The identifier itself, as the source writes it.","attune.tag":"identifier"}]}`
