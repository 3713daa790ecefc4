package schemas

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// FrameSize is the length of the Confluent prefix: a zero byte and the schema id.
const FrameSize = 5

// ErrFrame says that a value does not begin as Confluent framing does.
var ErrFrame = errors.New("no schema id: the value is not in Confluent wire format")

// AppendFrame appends the prefix that names the schema of what follows.
func AppendFrame(dst []byte, id int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// longFrameSize is the prefix of Apicurio's older serializers, whose ids have eight bytes. They are those of versions of
// artifacts, which Apicurio calls global, and not those of the compatible API.
const longFrameSize = 9

// ParseFrame splits a value into its schema id and the Avro payload, which aliases the value. An id may have four bytes,
// or eight, and then it is below 0: Apicurio's global id -id.
func ParseFrame(value []byte) (id int32, payload []byte, err error) {
	if len(value) < FrameSize || value[0] != 0 {
		return 0, nil, ErrFrame
	}
	id = int32(binary.BigEndian.Uint32(value[1:]))
	if id == 0 && len(value) >= longFrameSize { // no registry gives it
		return -int32(binary.BigEndian.Uint32(value[FrameSize:]) & math.MaxInt32), value[longFrameSize:], nil
	}
	return max(id, 0), value[FrameSize:], nil // no registry gives one below 0
}

// IDWords is a schema id in words: those below 0 are Apicurio's.
func IDWords(id int32) string {
	if id < 0 {
		return fmt.Sprintf("Apicurio's global id %d", -id)
	}
	return fmt.Sprintf("schema id %d", id)
}

// AppendFramed appends the prefix and the record.
func AppendFramed(dst []byte, id int32, v Record) []byte {
	return v.AppendAvro(AppendFrame(dst, id))
}
