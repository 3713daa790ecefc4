// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// IdentifierHolders: State of IDENTITY: the persons that an identifier was linked to, once there has been more than one, or one with a relation.
type IdentifierHolders struct {
	// A person has said that many hold it rightly: the guard leaves it alone.
	Released bool
	// In the order of their first links.
	Persons []Holder
}

// AppendAvro appends the Avro binary form to dst.
func (v *IdentifierHolders) AppendAvro(dst []byte) []byte {
	dst = appendBool(dst, v.Released)
	if len(v.Persons) > 0 {
		dst = appendLong(dst, int64(len(v.Persons)))
		for n1 := range v.Persons {
			dst = v.Persons[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *IdentifierHolders) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *IdentifierHolders) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Released, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "IdentifierHolders.released", Problem: Problem(i)}
	}
	v.Persons = v.Persons[:0]
	for {
		var n2 int
		if n2, i = readBlock(src, i, 5); i < 0 {
			return 0, &DecodeError{Field: "IdentifierHolders.persons", Problem: Problem(i)}
		}
		if n2 == 0 {
			break
		}
		v.Persons = reserve(v.Persons, n2)
		for range n2 {
			v.Persons = extend(v.Persons)
			item3 := &v.Persons[len(v.Persons)-1]
			if i, err = (*item3).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *IdentifierHolders) Clone() IdentifierHolders {
	c := *v
	c.Persons = slices.Clone(c.Persons)
	for n4 := range c.Persons {
		c.Persons[n4] = c.Persons[n4].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *IdentifierHolders) Reset() {
	v.Released = false
	v.Persons = v.Persons[:0]
}

// Holder: One of the persons.
type Holder struct {
	// Who.
	PersonRef PersonRef
	// Event time of the newest link.
	LinkedAt Millis
	// False once it was unlinked.
	Linked bool
	// What whoever has the identifier is to the person, as the newest link says; empty: the person.
	Relation string
	// With a relation: what they may be told of the person, or empty.
	MayKnow string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Holder) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.PersonRef))
	dst = appendLong(dst, int64(v.LinkedAt))
	dst = appendBool(dst, v.Linked)
	dst = appendString(dst, string(v.Relation))
	dst = appendString(dst, string(v.MayKnow))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Holder) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Holder) decodeAvro(src []byte, i int) (_ int, err error) {
	var x5 string
	if x5, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Holder.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x5)
	var x6 int64
	if x6, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Holder.linked_at", Problem: Problem(i)}
	}
	v.LinkedAt = Millis(x6)
	if v.Linked, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "Holder.linked", Problem: Problem(i)}
	}
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Holder.relation", Problem: Problem(i)}
	}
	if v.MayKnow, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Holder.may_know", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Holder) Clone() Holder {
	c := *v
	c.PersonRef = cloneString(c.PersonRef)
	c.Relation = cloneString(c.Relation)
	c.MayKnow = cloneString(c.MayKnow)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Holder) Reset() {
	*v = Holder{}
}

// IdentifierHoldersSchema is the self-contained Avro schema of IdentifierHolders.
const IdentifierHoldersSchema = `{"type":"record","name":"IdentifierHolders","namespace":"health.attune","doc":"State of IDENTITY: the persons that an identifier was linked to, once there has been more than one, or one with a relation.","fields":[{"name":"released","type":"boolean","doc":"A person has said that many hold it rightly: the guard leaves it alone.","default":false},{"name":"persons","type":{"type":"array","items":{"type":"record","name":"Holder","doc":"One of the persons.","fields":[{"name":"person_ref","type":"string","doc":"Who."},{"name":"linked_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the newest link."},{"name":"linked","type":"boolean","doc":"False once it was unlinked.","default":true},{"name":"relation","type":"string","doc":"What whoever has the identifier is to the person, as the newest link says; empty: the person.","default":""},{"name":"may_know","type":"string","doc":"With a relation: what they may be told of the person, or empty.","default":""}]}},"doc":"In the order of their first links.","default":[]}]}`
