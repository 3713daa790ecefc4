// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

// AccessAudit: Somebody, or a system, was shown what is known of a person.
type AccessAudit struct {
	// Unique for ever.
	EventID string
	// Wall clock of the desk, before the answer left.
	OccurredAt Millis
	// Name of the token; loopback for whoever is on the desk's own machine.
	Who string
	// Whom it was about.
	PersonRef PersonRef
	// The contact that it was asked by, or null.
	ContactRef Opt[string]
	// contact, stream, persona, journey, decision, live or lookup.
	What string
	// Purpose that the caller stated, as a code; or empty.
	Why string
	// Instance that answered.
	Desk string
}

// AppendAvro appends the Avro binary form to dst.
func (v *AccessAudit) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendString(dst, string(v.Who))
	dst = appendString(dst, string(v.PersonRef))
	if v.ContactRef.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.ContactRef.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendString(dst, string(v.What))
	dst = appendString(dst, string(v.Why))
	dst = appendString(dst, string(v.Desk))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *AccessAudit) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *AccessAudit) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.event_id", Problem: Problem(i)}
	}
	var x1 int64
	if x1, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x1)
	if v.Who, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.who", Problem: Problem(i)}
	}
	var x2 string
	if x2, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x2)
	var x3 int
	if x3, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.contact_ref", Problem: Problem(i)}
	}
	if v.ContactRef.OK = x3 != 0; v.ContactRef.OK {
		if v.ContactRef.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "AccessAudit.contact_ref", Problem: Problem(i)}
		}
	} else {
		v.ContactRef = Opt[string]{}
	}
	if v.What, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.what", Problem: Problem(i)}
	}
	if v.Why, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.why", Problem: Problem(i)}
	}
	if v.Desk, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "AccessAudit.desk", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *AccessAudit) Clone() AccessAudit {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.Who = cloneString(c.Who)
	c.PersonRef = cloneString(c.PersonRef)
	c.ContactRef.V = cloneString(c.ContactRef.V)
	c.What = cloneString(c.What)
	c.Why = cloneString(c.Why)
	c.Desk = cloneString(c.Desk)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *AccessAudit) Reset() {
	*v = AccessAudit{}
}

// AccessAuditSchema is the self-contained Avro schema of AccessAudit.
const AccessAuditSchema = `{"type":"record","name":"AccessAudit","namespace":"health.attune","doc":"Somebody, or a system, was shown what is known of a person.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Wall clock of the desk, before the answer left."},{"name":"who","type":"string","doc":"Name of the token; loopback for whoever is on the desk's own machine."},{"name":"person_ref","type":"string","doc":"Whom it was about."},{"name":"contact_ref","type":["null","string"],"doc":"The contact that it was asked by, or null.","default":null},{"name":"what","type":"string","doc":"contact, stream, persona, journey, decision, live or lookup."},{"name":"why","type":"string","doc":"Purpose that the caller stated, as a code; or empty.","default":""},{"name":"desk","type":"string","doc":"Instance that answered.","default":""}]}`
