package desk

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
)

// Place is where in a topic a record is. Places of one topic have an order that all desks agree on: the broker's time
// first, so that what was said of a person under two refs, on two partitions, has an order, too.
type Place struct {
	At        int64 `json:"at"`
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

// Compare orders places.
func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.At, q.At), cmp.Compare(p.Partition, q.Partition), cmp.Compare(p.Offset, q.Offset))
}

// String is the id of an event in a stream.
func (p Place) String() string { return fmt.Sprintf("%d.%d.%d", p.At, p.Partition, p.Offset) }

// ParsePlace undoes String.
func ParsePlace(text string) (p Place, err error) {
	if n, err := fmt.Sscanf(text, "%d.%d.%d", &p.At, &p.Partition, &p.Offset); err != nil || n != 3 || p.String() != text {
		return Place{}, errors.New("not an event id")
	}
	return p, nil
}

// placeBytes is the length of a place in a value of the store.
const placeBytes = 20

func (p Place) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.At))
	dst = binary.BigEndian.AppendUint32(dst, uint32(p.Partition))
	return binary.BigEndian.AppendUint64(dst, uint64(p.Offset))
}

func placeOf(value []byte) (p Place, rest []byte, err error) {
	if len(value) < placeBytes {
		return Place{}, nil, errors.New("a value of the store has no place")
	}
	p.At = int64(binary.BigEndian.Uint64(value))
	p.Partition = int32(binary.BigEndian.Uint32(value[8:]))
	p.Offset = int64(binary.BigEndian.Uint64(value[12:]))
	return p, value[placeBytes:], nil
}
