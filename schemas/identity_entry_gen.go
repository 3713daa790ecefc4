// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

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
}

// AppendAvro appends the Avro binary form to dst.
func (v *IdentityEntry) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Shard))
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendLong(dst, int64(v.OccurredAt))
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

// IdentityEntrySchema is the self-contained Avro schema of IdentityEntry.
const IdentityEntrySchema = `{"type":"record","name":"IdentityEntry","namespace":"health.attune","doc":"Whose shard an identifier is. Key: the shard.","fields":[{"name":"shard","type":"string","doc":"Keyed fingerprint of the identifier, 32 hex digits."},{"name":"person_ref","type":"string","doc":"The owner now."},{"name":"epoch","type":"int","doc":"How often the shard has moved."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the link."}]}`
