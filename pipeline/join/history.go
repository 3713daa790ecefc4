package join

import (
	"encoding/binary"
	"sort"

	"github.com/attune-health/attune/pipeline"
)

// history is what is known of one key of the table: versions in the order of time, one for a time. A
// version is valid until the next one begins. Its length is not bounded by MaxKept: versions go with time
// (see prune).
type history struct{ versions []version }

// version is what the table says of a key from a time on.
type version struct {
	// from is the event time at which it begins, itself included.
	from pipeline.Time
	// deleted: there is nothing from then on. It is kept as a version, or the one before would be valid
	// again.
	deleted bool
	// value is the caller's bytes, copied.
	value []byte
}

// at is the index of the version that is valid at a time, -1 for none. A version is valid from its own time
// on, so that a probe of that very time finds it.
func (h *history) at(t pipeline.Time) int {
	return sort.Search(len(h.versions), func(i int) bool { return h.versions[i].from > t }) - 1
}

// until is when version i ends: the time of the next, which is no longer in it.
func (h *history) until(i int) pipeline.Time {
	if i+1 < len(h.versions) {
		return h.versions[i+1].from
	}
	return pipeline.MaxTime
}

// insert puts a version in at i. Versions come nearly in order, so that little is moved.
func (h *history) insert(i int, v version) {
	h.versions = append(h.versions, version{})
	copy(h.versions[i+1:], h.versions[i:])
	h.versions[i] = v
}

const (
	// historyVersion begins a history.
	historyVersion = 1
	// flagDeleted is stored and must not change.
	flagDeleted = 1
)

// historyCodec: a version byte, a count, then per version: time, flags, value.
type historyCodec struct{}

// AppendValue implements state.Codec.
func (historyCodec) AppendValue(dst []byte, h *history) []byte {
	dst = append(dst, historyVersion)
	dst = binary.AppendUvarint(dst, uint64(len(h.versions)))
	for i := range h.versions {
		v := &h.versions[i]
		dst = binary.AppendVarint(dst, int64(v.from))
		flags := byte(0)
		if v.deleted {
			flags |= flagDeleted
		}
		dst = appendBytes(append(dst, flags), v.value)
	}
	return dst
}

// DecodeValue implements state.Codec. Times must rise: two versions of one time would make the answer
// depend on the search.
func (historyCodec) DecodeValue(src []byte, h *history) error {
	d := decoder{b: src}
	d.version(historyVersion)
	for n := d.count(); n > 0 && d.err == nil; n-- {
		v := version{from: pipeline.Time(d.varint()), deleted: d.uvarint(1) == flagDeleted, value: d.bytes()}
		if k := len(h.versions); k > 0 && v.from <= h.versions[k-1].from {
			d.fail(errOrder)
		}
		if d.err == nil {
			h.versions = append(h.versions, v)
		}
	}
	return d.done()
}

// probes are those of one key that wait, or can be corrected, in the order of time.
type probes struct{ kept items }

const probesVersion = 1

// probesCodec: a version byte, then the items.
type probesCodec struct{}

// AppendValue implements state.Codec.
func (probesCodec) AppendValue(dst []byte, p *probes) []byte {
	return appendItems(append(dst, probesVersion), p.kept)
}

// DecodeValue implements state.Codec.
func (probesCodec) DecodeValue(src []byte, p *probes) error {
	d := decoder{b: src}
	d.version(probesVersion)
	p.kept = d.items()
	return d.done()
}
