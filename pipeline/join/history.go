package join

import (
	"encoding/binary"
	"sort"

	"github.com/attune-health/attune/pipeline"
)

// history is what is known of one key of the table: versions in the order of time, one for a time. A
// version is valid until the next one begins.
type history struct{ versions []version }

// version is what the table says from a time on; deleted says that there is nothing.
type version struct {
	from    pipeline.Time
	deleted bool
	value   []byte
}

// at is the index of the version that is valid at a time, -1 for none.
func (h *history) at(t pipeline.Time) int {
	return sort.Search(len(h.versions), func(i int) bool { return h.versions[i].from > t }) - 1
}

// until is when version i ends.
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
	historyVersion = 1
	flagDeleted    = 1
)

// historyCodec: a version byte, a count, then per version: time, flags, value.
type historyCodec struct{}

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

func (probesCodec) AppendValue(dst []byte, p *probes) []byte {
	return appendItems(append(dst, probesVersion), p.kept)
}

func (probesCodec) DecodeValue(src []byte, p *probes) error {
	d := decoder{b: src}
	d.version(probesVersion)
	p.kept = d.items()
	return d.done()
}
