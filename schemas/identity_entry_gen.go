// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
)

// IdentityEntry: Whose shard an identifier is. Key: the shard.
type IdentityEntry struct {
	// Keyed fingerprint of the identifier, 32 hex digits.
	Shard string
	// The owner now.
	PersonRef PersonRef
	// How often the shard has moved.
	Epoch int32
	// Event time of the link.
	OccurredAt Millis
	// Whether the identifier tells who it is: shared by several persons, or carried by far too many.
	Standing Standing
}

// AppendAvro appends the Avro binary form to dst.
func (v *IdentityEntry) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Shard))
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendIndex(dst, uint8(v.Standing), 3)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *IdentityEntry) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *IdentityEntry) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Shard, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.shard", Problem: Problem(i)}
	}
	var x1 string
	if x1, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x1)
	if v.Epoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.epoch", Problem: Problem(i)}
	}
	var x2 int64
	if x2, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x2)
	var x3 int
	if x3, i = readIndex(src, i, 3); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.standing", Problem: Problem(i)}
	}
	v.Standing = Standing(x3)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *IdentityEntry) Clone() IdentityEntry {
	c := *v
	c.Shard = cloneString(c.Shard)
	c.PersonRef = cloneString(c.PersonRef)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *IdentityEntry) Reset() {
	*v = IdentityEntry{}
}

// Standing: see the schema.
type Standing uint8

// The symbols of Standing.
const (
	StandingOnePerson   Standing = 0
	StandingShared      Standing = 1
	StandingQuarantined Standing = 2
)

// StandingCount is how many symbols Standing has.
const StandingCount = 3

// String is the symbol.
func (e Standing) String() string {
	switch e {
	case StandingOnePerson:
		return "one_person"
	case StandingShared:
		return "shared"
	case StandingQuarantined:
		return "quarantined"
	}
	return fmt.Sprintf("Standing(%d)", uint8(e))
}

// ParseStanding finds the value of a symbol; ok is false where there is none.
func ParseStanding(symbol string) (e Standing, ok bool) {
	switch symbol {
	case "one_person":
		return StandingOnePerson, true
	case "shared":
		return StandingShared, true
	case "quarantined":
		return StandingQuarantined, true
	}
	return StandingOnePerson, false
}

// MarshalText is the symbol.
func (e Standing) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *Standing) UnmarshalText(text []byte) error {
	v, ok := ParseStanding(string(text))
	if !ok {
		return &DecodeError{Field: "Standing", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// IdentityEntrySchema is the self-contained Avro schema of IdentityEntry.
const IdentityEntrySchema = `{"type":"record","name":"IdentityEntry","namespace":"health.attune","doc":"Whose shard an identifier is. Key: the shard.","fields":[{"name":"shard","type":"string","doc":"Keyed fingerprint of the identifier, 32 hex digits."},{"name":"person_ref","type":"string","doc":"The owner now."},{"name":"epoch","type":"int","doc":"How often the shard has moved."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the link."},{"name":"standing","type":{"type":"enum","name":"Standing","symbols":["one_person","shared","quarantined"],"default":"one_person"},"doc":"Whether the identifier tells who it is: shared by several persons, or carried by far too many.","default":"one_person"}]}`
