// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// HeldRecords: What waits for a shard to arrive at its owner.
type HeldRecords struct {
	// In order of arrival: touchpoints, consents and MoveShards.
	Records []HeldRecord
}

// AppendAvro appends the Avro binary form to dst.
func (v *HeldRecords) AppendAvro(dst []byte) []byte {
	if len(v.Records) > 0 {
		dst = appendLong(dst, int64(len(v.Records)))
		for n1 := range v.Records {
			dst = v.Records[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *HeldRecords) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *HeldRecords) decodeAvro(src []byte, i int) (_ int, err error) {
	v.Records = v.Records[:0]
	for {
		var n2 int
		if n2, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "HeldRecords.records", Problem: Problem(i)}
		}
		if n2 == 0 {
			break
		}
		v.Records = reserve(v.Records, n2)
		for range n2 {
			v.Records = extend(v.Records)
			item3 := &v.Records[len(v.Records)-1]
			if i, err = (*item3).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *HeldRecords) Clone() HeldRecords {
	c := *v
	c.Records = slices.Clone(c.Records)
	for n4 := range c.Records {
		c.Records[n4] = c.Records[n4].Clone()
	}
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *HeldRecords) Reset() {
	v.Records = v.Records[:0]
}

// HeldRecord: One record of attune.identified.
type HeldRecord struct {
	// The move that it waits for.
	Epoch int32
	// Identified, in Avro.
	Record ProtectedBytes
}

// AppendAvro appends the Avro binary form to dst.
func (v *HeldRecord) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendBytes(dst, v.Record)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *HeldRecord) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *HeldRecord) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Epoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "HeldRecord.epoch", Problem: Problem(i)}
	}
	var x5 []byte
	if x5, i = readBytes(src, i); i < 0 {
		return 0, &DecodeError{Field: "HeldRecord.record", Problem: Problem(i)}
	}
	v.Record = ProtectedBytes(x5)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *HeldRecord) Clone() HeldRecord {
	c := *v
	c.Record = slices.Clone(c.Record)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *HeldRecord) Reset() {
	*v = HeldRecord{}
}

// HeldRecordsSchema is the self-contained Avro schema of HeldRecords.
const HeldRecordsSchema = `{"type":"record","name":"HeldRecords","namespace":"health.attune","doc":"What waits for a shard to arrive at its owner.","fields":[{"name":"records","type":{"type":"array","items":{"type":"record","name":"HeldRecord","doc":"One record of attune.identified.","fields":[{"name":"epoch","type":"int","doc":"The move that it waits for."},{"name":"record","type":"bytes","doc":"Identified, in Avro.","attune.tag":"phi"}]}},"doc":"In order of arrival: touchpoints, consents and MoveShards.","default":[]}]}`
