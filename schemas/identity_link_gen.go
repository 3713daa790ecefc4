// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
)

// IdentityLink: One identifier is, or is no longer, the person that a subject names. One record per identifier.
type IdentityLink struct {
	// Unique for ever.
	EventID string
	// Event time.
	OccurredAt Millis
	// What to do; merge and unmerge take two subjects. quarantine and release are about the identifier alone, and subject repeats it.
	Op LinkOp
	// The identifier that is linked or unlinked.
	Identifier Identifier
	// The patient it belongs to, as the master index names them (an MRN).
	Subject Identifier
	// The system that says so.
	Source string
	// With link: the identifier, a telephone number, e-mail address or contact id, is not the patient's own but of somebody who acts for the patient (FHIR RelatedPerson): parent, guardian, caregiver or another relationship; empty: the patient's own.
	Relation string
	// With a relation: what that person may be told: all, scheduling, billing, none or a code of the site; empty: not known.
	MayKnow string
}

// AppendAvro appends the Avro binary form to dst.
func (v *IdentityLink) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendIndex(dst, uint8(v.Op), 7)
	dst = v.Identifier.AppendAvro(dst)
	dst = v.Subject.AppendAvro(dst)
	dst = appendString(dst, string(v.Source))
	dst = appendString(dst, string(v.Relation))
	dst = appendString(dst, string(v.MayKnow))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *IdentityLink) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *IdentityLink) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityLink.event_id", Problem: Problem(i)}
	}
	var x1 int64
	if x1, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityLink.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x1)
	var x2 int
	if x2, i = readIndex(src, i, 7); i < 0 {
		return 0, &DecodeError{Field: "IdentityLink.op", Problem: Problem(i)}
	}
	v.Op = LinkOp(x2)
	if i, err = v.Identifier.decodeAvro(src, i); err != nil {
		return 0, err
	}
	if i, err = v.Subject.decodeAvro(src, i); err != nil {
		return 0, err
	}
	if v.Source, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityLink.source", Problem: Problem(i)}
	}
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityLink.relation", Problem: Problem(i)}
	}
	if v.MayKnow, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentityLink.may_know", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *IdentityLink) Clone() IdentityLink {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.Identifier = c.Identifier.Clone()
	c.Subject = c.Subject.Clone()
	c.Source = cloneString(c.Source)
	c.Relation = cloneString(c.Relation)
	c.MayKnow = cloneString(c.MayKnow)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *IdentityLink) Reset() {
	*v = IdentityLink{}
}

// LinkOp: see the schema.
type LinkOp uint8

// The symbols of LinkOp.
const (
	LinkOpUnknown    LinkOp = 0
	LinkOpLink       LinkOp = 1
	LinkOpUnlink     LinkOp = 2
	LinkOpMerge      LinkOp = 3
	LinkOpUnmerge    LinkOp = 4
	LinkOpQuarantine LinkOp = 5
	LinkOpRelease    LinkOp = 6
)

// LinkOpCount is how many symbols LinkOp has.
const LinkOpCount = 7

// String is the symbol.
func (e LinkOp) String() string {
	switch e {
	case LinkOpUnknown:
		return "unknown"
	case LinkOpLink:
		return "link"
	case LinkOpUnlink:
		return "unlink"
	case LinkOpMerge:
		return "merge"
	case LinkOpUnmerge:
		return "unmerge"
	case LinkOpQuarantine:
		return "quarantine"
	case LinkOpRelease:
		return "release"
	}
	return fmt.Sprintf("LinkOp(%d)", uint8(e))
}

// ParseLinkOp finds the value of a symbol; ok is false where there is none.
func ParseLinkOp(symbol string) (e LinkOp, ok bool) {
	switch symbol {
	case "unknown":
		return LinkOpUnknown, true
	case "link":
		return LinkOpLink, true
	case "unlink":
		return LinkOpUnlink, true
	case "merge":
		return LinkOpMerge, true
	case "unmerge":
		return LinkOpUnmerge, true
	case "quarantine":
		return LinkOpQuarantine, true
	case "release":
		return LinkOpRelease, true
	}
	return LinkOpUnknown, false
}

// MarshalText is the symbol.
func (e LinkOp) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *LinkOp) UnmarshalText(text []byte) error {
	v, ok := ParseLinkOp(string(text))
	if !ok {
		return &DecodeError{Field: "LinkOp", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// IdentityLinkSchema is the self-contained Avro schema of IdentityLink.
const IdentityLinkSchema = `{"type":"record","name":"IdentityLink","namespace":"health.attune","doc":"One identifier is, or is no longer, the person that a subject names. One record per identifier.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"op","type":{"type":"enum","name":"LinkOp","symbols":["unknown","link","unlink","merge","unmerge","quarantine","release"],"default":"unknown"},"doc":"What to do; merge and unmerge take two subjects. quarantine and release are about the identifier alone, and subject repeats it.","default":"unknown"},{"name":"identifier","type":{"type":"record","name":"Identifier","doc":"One thing a person or device is known by at the source.","fields":[{"name":"kind","type":{"type":"enum","name":"IdentifierKind","symbols":["unknown","mrn","member","phone","email","device","cookie","contact"],"default":"unknown"},"doc":"What sort of identifier this is.","default":"unknown"},{"name":"value","type":"string","doc":"The identifier itself, as the source writes it.","attune.tag":"identifier"}]},"doc":"The identifier that is linked or unlinked."},{"name":"subject","type":"health.attune.Identifier","doc":"The patient it belongs to, as the master index names them (an MRN)."},{"name":"source","type":"string","doc":"The system that says so.","default":""},{"name":"relation","type":"string","doc":"With link: the identifier, a telephone number, e-mail address or contact id, is not the patient's own but of somebody who acts for the patient (FHIR RelatedPerson): parent, guardian, caregiver or another relationship; empty: the patient's own.","default":""},{"name":"may_know","type":"string","doc":"With a relation: what that person may be told: all, scheduling, billing, none or a code of the site; empty: not known.","default":""}]}`
