package schemas

import (
	"encoding/binary"
	"errors"
)

// FrameSize is the length of the Confluent prefix: a zero byte and the schema id.
const FrameSize = 5

// ErrFrame says that a value does not begin as Confluent framing does.
var ErrFrame = errors.New("no schema id: the value is not in Confluent wire format")

// AppendFrame appends the prefix that names the schema of what follows.
func AppendFrame(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// longFrameSize is the prefix of Apicurio's older serializers, whose ids have eight bytes.
const longFrameSize = 9

// ParseFrame splits a value into its schema id and the Avro payload, which aliases the value. An id may have four bytes,
// or eight.
func ParseFrame(value []byte) (id int32, payload []byte, err error) {
	if len(value) < FrameSize || value[0] != 0 {
		return 0, nil, ErrFrame
	}
	id = int32(binary.BigEndian.Uint32(value[1:]))
	if id == 0 && len(value) >= longFrameSize { // no registry gives it
		return int32(binary.BigEndian.Uint32(value[FrameSize:])), value[longFrameSize:], nil
	}
	return id, value[FrameSize:], nil
}

// AppendFramed appends the prefix and the record.
func AppendFramed(dst []byte, id int32, v Record) []byte {
	return v.AppendAvro(AppendFrame(dst, id))
}
