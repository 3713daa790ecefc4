// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
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
	// Those to whom the identifier is linked with a relation, in the order of their first links. Whom else it is linked to, it belongs to.
	ActsFor []ActsFor
}

// AppendAvro appends the Avro binary form to dst.
func (v *IdentityEntry) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Shard))
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendIndex(dst, uint8(v.Standing), 3)
	if len(v.ActsFor) > 0 {
		dst = appendLong(dst, int64(len(v.ActsFor)))
		for n1 := range v.ActsFor {
			dst = v.ActsFor[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
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
	var x2 string
	if x2, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x2)
	if v.Epoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.epoch", Problem: Problem(i)}
	}
	var x3 int64
	if x3, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x3)
	var x4 int
	if x4, i = readIndex(src, i, 3); i < 0 {
		return 0, &DecodeError{Field: "IdentityEntry.standing", Problem: Problem(i)}
	}
	v.Standing = Standing(x4)
	v.ActsFor = v.ActsFor[:0]
	for {
		var n5 int
		if n5, i = readBlock(src, i, 3); i < 0 {
			return 0, &DecodeError{Field: "IdentityEntry.acts_for", Problem: Problem(i)}
		}
		if n5 == 0 {
			break
		}
		v.ActsFor = reserve(v.ActsFor, n5)
		for range n5 {
			v.ActsFor = extend(v.ActsFor)
			item6 := &v.ActsFor[len(v.ActsFor)-1]
			if i, err = (*item6).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *IdentityEntry) Clone() IdentityEntry {
	c := *v
	c.Shard = cloneString(c.Shard)
	c.PersonRef = cloneString(c.PersonRef)
	c.ActsFor = slices.Clone(c.ActsFor)
	for n7 := range c.ActsFor {
		c.ActsFor[n7] = c.ActsFor[n7].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *IdentityEntry) Reset() {
	v.Shard = ""
	v.PersonRef = ""
	v.Epoch = 0
	v.OccurredAt = 0
	v.Standing = 0
	v.ActsFor = v.ActsFor[:0]
}

// ActsFor: A patient for whom whoever has the identifier may act.
type ActsFor struct {
	// The patient.
	PersonRef PersonRef
	// What they are to the patient: parent, guardian, caregiver or another relationship.
	Relation string
	// What they may be told of the patient, or empty.
	MayKnow string
}

// AppendAvro appends the Avro binary form to dst.
func (v *ActsFor) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.PersonRef))
	dst = appendString(dst, string(v.Relation))
	dst = appendString(dst, string(v.MayKnow))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ActsFor) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ActsFor) decodeAvro(src []byte, i int) (_ int, err error) {
	var x8 string
	if x8, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActsFor.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x8)
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActsFor.relation", Problem: Problem(i)}
	}
	if v.MayKnow, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ActsFor.may_know", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ActsFor) Clone() ActsFor {
	c := *v
	c.PersonRef = cloneString(c.PersonRef)
	c.Relation = cloneString(c.Relation)
	c.MayKnow = cloneString(c.MayKnow)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ActsFor) Reset() {
	*v = ActsFor{}
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
const IdentityEntrySchema = `{"type":"record","name":"IdentityEntry","namespace":"health.attune","doc":"Whose shard an identifier is. Key: the shard.","fields":[{"name":"shard","type":"string","doc":"Keyed fingerprint of the identifier, 32 hex digits."},{"name":"person_ref","type":"string","doc":"The owner now."},{"name":"epoch","type":"int","doc":"How often the shard has moved."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the link."},{"name":"standing","type":{"type":"enum","name":"Standing","symbols":["one_person","shared","quarantined"],"default":"one_person"},"doc":"Whether the identifier tells who it is: shared by several persons, or carried by far too many.","default":"one_person"},{"name":"acts_for","type":{"type":"array","items":{"type":"record","name":"ActsFor","doc":"A patient for whom whoever has the identifier may act.","fields":[{"name":"person_ref","type":"string","doc":"The patient."},{"name":"relation","type":"string","doc":"What they are to the patient: parent, guardian, caregiver or another relationship."},{"name":"may_know","type":"string","doc":"What they may be told of the patient, or empty.","default":""}]}},"doc":"Those to whom the identifier is linked with a relation, in the order of their first links. Whom else it is linked to, it belongs to.","default":[]}]}`
