package pattern

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// waiting is a record that waits for its turn: the watermark has not passed it, and an earlier one may
// still come. Late records are refused, so that nothing that was processed has to be taken back.
type waiting struct {
	// at is the record's event time.
	at pipeline.Time
	// symbol is that of its name.
	symbol Symbol
	// id is the caller's, copied.
	id []byte
}

// compare is the order of time and, for what is chosen among records of one time, of id and symbol. The
// order of arrival has no say: it depends on how partitions interleave.
func (w *waiting) compare(o *waiting) int {
	return cmp.Or(cmp.Compare(w.at, o.at), bytes.Compare(w.id, o.id), cmp.Compare(w.symbol, o.symbol))
}

// partial is a match that is not complete. It says all that decides what becomes of it: none of the records
// that it has passed over are kept.
type partial struct {
	// state is its index in the machine.
	state int
	// point is from when the state's time is measured.
	point pipeline.Time
	// found are its records so far; the first one began it.
	found []found
}

// found is a record of a partial match: what a match tells of it.
type found struct {
	at pipeline.Time
	id []byte
}

// key is the state of one key: records in their order, partial matches in the order in which they began. It
// is one value of the store, written whole with each commit that changes it.
type key struct {
	waiting  []waiting
	partials []partial
}

func (k *key) empty() bool { return len(k.waiting)+len(k.partials) == 0 }

// deadline is when a partial match's state ends. A record of that very time still counts.
func (m *machine) deadline(p *partial) pipeline.Time { return later(p.point, m.states[p.state].within) }

// due is the earliest time at which there is something to do with k, MaxTime for never. It is what the
// key's one timer is set for: a timer for each partial match would be as much state again. It looks at all
// of them, which MaxPartial bounds.
func (m *machine) due(k *key) pipeline.Time {
	at := pipeline.MaxTime
	if len(k.waiting) > 0 {
		at = k.waiting[0].at
	}
	for i := range k.partials {
		at = min(at, m.deadline(&k.partials[i]))
	}
	return at
}

// later is a sum that stops at the end of time.
func later(t, by pipeline.Time) pipeline.Time {
	if t > pipeline.MaxTime-by {
		return pipeline.MaxTime
	}
	return t + by
}

// keyCodec encodes a key:
//
//	version, fingerprint of the pattern
//	count of records that wait, then per record: time, symbol, id
//	count of partial matches, then per match: state, point, count of records, then per record: time, id
type keyCodec struct{ m *machine }

// keyVersion begins a key.
const keyVersion = 1

// Why a value that is kept cannot be read. None says what it holds.
var (
	// errShort: a length or a number says that more follows than there is.
	errShort = errors.New("pattern: ends early")
	// errOrder: records are out of order, or the pattern has no such symbol or state.
	errOrder = errors.New("pattern: is out of order")
	// errRest: more follows than was written.
	errRest = errors.New("pattern: has bytes left over")
	// errChanged is the one that a deployment can bring about, and says what to do.
	errChanged = errors.New("pattern: the state is of another pattern: give the changed pattern a new name")
)

// AppendValue implements state.Codec. Symbols and states are bytes: maxSteps bounds both.
func (c keyCodec) AppendValue(dst []byte, k *key) []byte {
	dst = append(dst, keyVersion)
	dst = binary.BigEndian.AppendUint64(dst, c.m.print)
	dst = binary.AppendUvarint(dst, uint64(len(k.waiting)))
	for i := range k.waiting {
		w := &k.waiting[i]
		dst = append(binary.AppendVarint(dst, int64(w.at)), byte(w.symbol))
		dst = appendBytes(dst, w.id)
	}
	dst = binary.AppendUvarint(dst, uint64(len(k.partials)))
	for i := range k.partials {
		p := &k.partials[i]
		dst = binary.AppendVarint(append(dst, byte(p.state)), int64(p.point))
		dst = binary.AppendUvarint(dst, uint64(len(p.found)))
		for j := range p.found {
			dst = appendBytes(binary.AppendVarint(dst, int64(p.found[j].at)), p.found[j].id)
		}
	}
	return dst
}

// appendBytes encodes a length, then the bytes.
func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// DecodeValue implements state.Codec. It checks what the matcher takes for granted: order, symbols, states,
// and that a partial match has a record.
func (c keyCodec) DecodeValue(src []byte, k *key) error {
	d := decoder{b: src}
	if v := d.byte(); d.err == nil && v != keyVersion {
		return fmt.Errorf("pattern: is of version %d", v)
	}
	// Symbols and states of another pattern would be read as ours, and mean something else.
	if d.fingerprint() != c.m.print && d.err == nil {
		return errChanged
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		w := waiting{at: d.time(), symbol: Symbol(d.below(len(c.m.names))), id: d.bytes()}
		if l := len(k.waiting); l > 0 && w.compare(&k.waiting[l-1]) < 0 {
			d.fail(errOrder)
		}
		if d.err == nil {
			k.waiting = append(k.waiting, w)
		}
	}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		p := partial{state: d.below(len(c.m.states)), point: d.time(), found: d.found()}
		if d.err == nil {
			k.partials = append(k.partials, p)
		}
	}
	return d.done()
}

// decoder takes values off the front of b; after the first that is missing all are zero, so that errors are
// checked once, in done. It is as strict as that of package join, and as silent.
type decoder struct {
	b   []byte
	err error
}

// fail keeps the first error and leaves nothing to read.
func (d *decoder) fail(err error) {
	d.b = nil
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail(errShort)
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

// below is a byte that must be below n: an index that would otherwise panic when it is used.
func (d *decoder) below(n int) int {
	c := int(d.byte())
	if c >= n {
		d.fail(errOrder)
		return 0
	}
	return c
}

// fingerprint takes eight bytes, the highest first.
func (d *decoder) fingerprint() uint64 {
	if len(d.b) < 8 {
		d.fail(errShort)
		return 0
	}
	v := binary.BigEndian.Uint64(d.b)
	d.b = d.b[8:]
	return v
}

// time takes a time, in zigzag: it may lie before 1970.
func (d *decoder) time() pipeline.Time {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return pipeline.Time(v)
}

// count is how many things follow, each of at least one byte: what cannot be there is not allocated. A
// wrong number could otherwise ask for gigabytes.
func (d *decoder) count() int {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > uint64(len(d.b)-n) {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return int(v)
}

// bytes takes a length and copies as many bytes: the store takes its buffer back.
func (d *decoder) bytes() []byte {
	n := d.count()
	if n == 0 {
		return nil
	}
	v := append([]byte(nil), d.b[:n]...)
	d.b = d.b[n:]
	return v
}

// found takes the records of a partial match: at least the one that began it, whose time a match starts
// with.
func (d *decoder) found() (list []found) {
	for n := d.count(); n > 0 && d.err == nil; n-- {
		list = append(list, found{d.time(), d.bytes()})
	}
	if len(list) == 0 {
		d.fail(errShort)
	}
	return list
}

// done returns the error, or that something was left over.
func (d *decoder) done() error {
	if d.err == nil && len(d.b) > 0 {
		d.err = errRest
	}
	return d.err
}
