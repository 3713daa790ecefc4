package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// Keys of the database begin with their space:
//
//	metaSpace   task name                    → copyMeta
//	valueSpace  task id (4)  changelog key   → changelog value
//	expirySpace task id (4)  store 0 time (8) key → nothing
const (
	metaSpace   byte = 1
	valueSpace  byte = 2
	expirySpace byte = 3
)

// copyMeta says what a task's share of the database is. It is written with every batch of values, in
// one write, so that after a crash the position is that of the values that are there (see Pebble).
type copyMeta struct {
	// id stands for the task in keys; 0 is no task.
	id uint32
	// topicID is that of the changelog. A topic that was deleted and made again has another, and
	// nothing of the old one may be kept.
	topicID [16]byte
	// layout is a fingerprint of how state is laid out in it. Another build may lay it out otherwise;
	// it then begins anew.
	layout [16]byte
	// position is how far the copy has followed the changelog, and when that was known.
	position pipeline.CopyPosition
	// counts is how many keys each store has. A database cannot count keys without reading them all.
	counts map[string]int
}

const metaVersion = 1

// append encodes it, stores by name, so that equal ones have equal bytes.
func (m *copyMeta) append(b []byte) []byte {
	b = append(b, metaVersion)
	b = binary.AppendUvarint(b, uint64(m.id))
	b = append(append(b, m.topicID[:]...), m.layout[:]...)
	b = binary.AppendUvarint(b, uint64(m.position.Offset))
	b = binary.AppendVarint(b, int64(m.position.At))
	b = binary.AppendUvarint(b, uint64(len(m.counts)))
	for _, name := range slices.Sorted(maps.Keys(m.counts)) {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(m.counts[name]))
	}
	return b
}

var errMeta = errors.New("state of a task: not as it was written")

// decodeMeta decodes it. Whatever is odd is an error: the share is then dropped and read from the
// changelog.
func decodeMeta(b []byte) (copyMeta, error) {
	var m copyMeta
	if len(b) == 0 || b[0] != metaVersion {
		return m, errMeta
	}
	r := metaReader{b: b[1:]}
	m.id = uint32(r.number(1 << 31))
	copy(m.topicID[:], r.bytes(16))
	copy(m.layout[:], r.bytes(16))
	m.position.Offset = int64(r.number(1 << 62))
	at, n := binary.Varint(r.b)
	if n <= 0 {
		return m, errMeta
	}
	m.position.At, r.b = pipeline.Time(at), r.b[n:]
	stores := r.number(1 << 16)
	m.counts = make(map[string]int)
	for range stores {
		name := string(r.bytes(r.number(1 << 16)))
		m.counts[name] = int(r.number(1 << 62))
		if r.bad {
			break
		}
	}
	if r.bad || len(r.b) > 0 || m.id == 0 {
		return copyMeta{}, errMeta
	}
	return m, nil
}

// metaReader reads until something is missing. From then on all is zero.
type metaReader struct {
	b   []byte
	bad bool
}

// number reads one below limit, which bounds what the caller allocates.
func (r *metaReader) number(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v >= limit {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes reads n bytes and copies them: the database takes its buffer back.
func (r *metaReader) bytes(n uint64) []byte {
	if uint64(len(r.b)) < n {
		r.bad = true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return bytes.Clone(v)
}
