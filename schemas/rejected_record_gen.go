// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// RejectedRecord: A record that could not be used, or was late, whole, with its reason.
type RejectedRecord struct {
	// Code: undecodable, unknown_schema, wrong_type, missing_identifier, absurd_time, unknown_channel, unknown_reason, duplicate, event_id_conflict, phantom, too_large, late ...
	Reason string
	// Field or rule; never a value of the record.
	Detail string
	// Where it was read.
	Topic string
	// Where it was read.
	Partition int32
	// Where it was read.
	Offset int64
	// The broker's.
	Timestamp Millis
	// Wall clock of the task.
	RejectedAt Millis
	// Where it could be read.
	EventID string
	// Where it could be read.
	OccurredAt Millis
	// For late records: the one that judged it.
	Watermark Millis
	// For late records: the windows that could not take it.
	Windows []string
	// The record's key.
	Key Opt[ProtectedBytes]
	// The record's value, or its first 1 KiB where too large.
	Value Opt[ProtectedBytes]
	// The record's headers.
	Headers []RecordHeader
	// Bytes of the value.
	Size int64
	// Of the value, where it was too large to keep.
	Sha256 Opt[[]byte]
}

// AppendAvro appends the Avro binary form to dst.
func (v *RejectedRecord) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Detail))
	dst = appendString(dst, string(v.Topic))
	dst = appendLong(dst, int64(v.Partition))
	dst = appendLong(dst, int64(v.Offset))
	dst = appendLong(dst, int64(v.Timestamp))
	dst = appendLong(dst, int64(v.RejectedAt))
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendLong(dst, int64(v.Watermark))
	if len(v.Windows) > 0 {
		dst = appendLong(dst, int64(len(v.Windows)))
		for n1 := range v.Windows {
			dst = appendString(dst, string(v.Windows[n1]))
		}
	}
	dst = append(dst, 0)
	if v.Key.OK {
		dst = append(dst, 2)
		dst = appendBytes(dst, v.Key.V)
	} else {
		dst = append(dst, 0)
	}
	if v.Value.OK {
		dst = append(dst, 2)
		dst = appendBytes(dst, v.Value.V)
	} else {
		dst = append(dst, 0)
	}
	if len(v.Headers) > 0 {
		dst = appendLong(dst, int64(len(v.Headers)))
		for n2 := range v.Headers {
			dst = v.Headers[n2].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.Size))
	if v.Sha256.OK {
		dst = append(dst, 2)
		dst = appendBytes(dst, v.Sha256.V)
	} else {
		dst = append(dst, 0)
	}
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *RejectedRecord) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *RejectedRecord) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.reason", Problem: Problem(i)}
	}
	if v.Detail, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.detail", Problem: Problem(i)}
	}
	if v.Topic, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.topic", Problem: Problem(i)}
	}
	if v.Partition, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.partition", Problem: Problem(i)}
	}
	if v.Offset, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.offset", Problem: Problem(i)}
	}
	var x3 int64
	if x3, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.timestamp", Problem: Problem(i)}
	}
	v.Timestamp = Millis(x3)
	var x4 int64
	if x4, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.rejected_at", Problem: Problem(i)}
	}
	v.RejectedAt = Millis(x4)
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.event_id", Problem: Problem(i)}
	}
	var x5 int64
	if x5, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x5)
	var x6 int64
	if x6, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.watermark", Problem: Problem(i)}
	}
	v.Watermark = Millis(x6)
	v.Windows = v.Windows[:0]
	for {
		var n7 int
		if n7, i = readBlock(src, i, 1); i < 0 {
			return 0, &DecodeError{Field: "RejectedRecord.windows", Problem: Problem(i)}
		}
		if n7 == 0 {
			break
		}
		v.Windows = reserve(v.Windows, n7)
		for range n7 {
			v.Windows = extend(v.Windows)
			item8 := &v.Windows[len(v.Windows)-1]
			if *item8, i = readString(src, i); i < 0 {
				return 0, &DecodeError{Field: "RejectedRecord.windows", Problem: Problem(i)}
			}
		}
	}
	var x9 int
	if x9, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.key", Problem: Problem(i)}
	}
	if v.Key.OK = x9 != 0; v.Key.OK {
		var x10 []byte
		if x10, i = readBytes(src, i); i < 0 {
			return 0, &DecodeError{Field: "RejectedRecord.key", Problem: Problem(i)}
		}
		v.Key.V = ProtectedBytes(x10)
	} else {
		v.Key = Opt[ProtectedBytes]{}
	}
	var x11 int
	if x11, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.value", Problem: Problem(i)}
	}
	if v.Value.OK = x11 != 0; v.Value.OK {
		var x12 []byte
		if x12, i = readBytes(src, i); i < 0 {
			return 0, &DecodeError{Field: "RejectedRecord.value", Problem: Problem(i)}
		}
		v.Value.V = ProtectedBytes(x12)
	} else {
		v.Value = Opt[ProtectedBytes]{}
	}
	v.Headers = v.Headers[:0]
	for {
		var n13 int
		if n13, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "RejectedRecord.headers", Problem: Problem(i)}
		}
		if n13 == 0 {
			break
		}
		v.Headers = reserve(v.Headers, n13)
		for range n13 {
			v.Headers = extend(v.Headers)
			item14 := &v.Headers[len(v.Headers)-1]
			if i, err = (*item14).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	if v.Size, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.size", Problem: Problem(i)}
	}
	var x15 int
	if x15, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "RejectedRecord.sha256", Problem: Problem(i)}
	}
	if v.Sha256.OK = x15 != 0; v.Sha256.OK {
		if v.Sha256.V, i = readBytes(src, i); i < 0 {
			return 0, &DecodeError{Field: "RejectedRecord.sha256", Problem: Problem(i)}
		}
	} else {
		v.Sha256 = Opt[[]byte]{}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *RejectedRecord) Clone() RejectedRecord {
	c := *v
	c.Reason = cloneString(c.Reason)
	c.Detail = cloneString(c.Detail)
	c.Topic = cloneString(c.Topic)
	c.EventID = cloneString(c.EventID)
	c.Windows = slices.Clone(c.Windows)
	for n16 := range c.Windows {
		c.Windows[n16] = cloneString(c.Windows[n16])
	}
	c.Key.V = slices.Clone(c.Key.V)
	c.Value.V = slices.Clone(c.Value.V)
	c.Headers = slices.Clone(c.Headers)
	for n17 := range c.Headers {
		c.Headers[n17] = c.Headers[n17].Clone()
	}
	c.Sha256.V = slices.Clone(c.Sha256.V)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *RejectedRecord) Reset() {
	v.Reason = ""
	v.Detail = ""
	v.Topic = ""
	v.Partition = 0
	v.Offset = 0
	v.Timestamp = 0
	v.RejectedAt = 0
	v.EventID = ""
	v.OccurredAt = 0
	v.Watermark = 0
	v.Windows = v.Windows[:0]
	v.Key = Opt[ProtectedBytes]{}
	v.Value = Opt[ProtectedBytes]{}
	v.Headers = v.Headers[:0]
	v.Size = 0
	v.Sha256 = Opt[[]byte]{}
}

// RecordHeader: One header of the record.
type RecordHeader struct {
	// Name.
	Key string
	// Value.
	Value ProtectedBytes
}

// AppendAvro appends the Avro binary form to dst.
func (v *RecordHeader) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.Key))
	dst = appendBytes(dst, v.Value)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *RecordHeader) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *RecordHeader) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.Key, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecordHeader.key", Problem: Problem(i)}
	}
	var x18 []byte
	if x18, i = readBytes(src, i); i < 0 {
		return 0, &DecodeError{Field: "RecordHeader.value", Problem: Problem(i)}
	}
	v.Value = ProtectedBytes(x18)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *RecordHeader) Clone() RecordHeader {
	c := *v
	c.Key = cloneString(c.Key)
	c.Value = slices.Clone(c.Value)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *RecordHeader) Reset() {
	*v = RecordHeader{}
}

// RejectedRecordSchema is the self-contained Avro schema of RejectedRecord.
const RejectedRecordSchema = `{"type":"record","name":"RejectedRecord","namespace":"health.attune","doc":"A record that could not be used, or was late, whole, with its reason.","fields":[{"name":"reason","type":"string","doc":"Code: undecodable, unknown_schema, wrong_type, missing_identifier, absurd_time, unknown_channel, unknown_reason, duplicate, event_id_conflict, phantom, too_large, late ..."},{"name":"detail","type":"string","doc":"Field or rule; never a value of the record.","default":""},{"name":"topic","type":"string","doc":"Where it was read."},{"name":"partition","type":"int","doc":"Where it was read."},{"name":"offset","type":"long","doc":"Where it was read."},{"name":"timestamp","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"The broker's."},{"name":"rejected_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Wall clock of the task."},{"name":"event_id","type":"string","doc":"Where it could be read.","default":""},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Where it could be read.","default":0},{"name":"watermark","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"For late records: the one that judged it.","default":-1},{"name":"windows","type":{"type":"array","items":"string"},"doc":"For late records: the windows that could not take it.","default":[]},{"name":"key","type":["null","bytes"],"doc":"The record's key.","default":null,"attune.tag":"phi"},{"name":"value","type":["null","bytes"],"doc":"The record's value, or its first 1 KiB where too large.","default":null,"attune.tag":"phi"},{"name":"headers","type":{"type":"array","items":{"type":"record","name":"RecordHeader","doc":"One header of the record.","fields":[{"name":"key","type":"string","doc":"Name."},{"name":"value","type":"bytes","doc":"Value.","attune.tag":"phi"}]}},"doc":"The record's headers.","default":[]},{"name":"size","type":"long","doc":"Bytes of the value."},{"name":"sha256","type":["null","bytes"],"doc":"Of the value, where it was too large to keep.","default":null}]}`
