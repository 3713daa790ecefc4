package pattern

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// waiting is a record whose turn has not come: the watermark has not passed it, and an earlier one may
// come.
type waiting struct {
	at     pipeline.Time
	symbol Symbol
	id     []byte
}

// compare is the order of time and, for what is chosen among records of one time, of id and symbol.
func (w *waiting) compare(o *waiting) int {
	return cmp.Or(cmp.Compare(w.at, o.at), bytes.Compare(w.id, o.id), cmp.Compare(w.symbol, o.symbol))
}

// partial is a match that is not complete.
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

// key is the state of one key: records in their order, partial matches in the order in which they
// began.
type key struct {
	waiting  []waiting
	partials []partial
}

func (k *key) empty() bool { return len(k.waiting)+len(k.partials) == 0 }

// deadline is when a partial match's state ends.
func (m *machine) deadline(p *partial) pipeline.Time { return later(p.point, m.states[p.state].within) }

// due is the earliest time at which there is something to do with k, MaxTime for never. It is what the
// key's one timer is set for.
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

const keyVersion = 1

// Why a value that is kept cannot be read. None says what it holds.
var (
	errShort   = errors.New("pattern: ends early")
	errOrder   = errors.New("pattern: is out of order")
	errRest    = errors.New("pattern: has bytes left over")
	errChanged = errors.New("pattern: the state is of another pattern: give the changed pattern a new name")
)

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

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func (c keyCodec) DecodeValue(src []byte, k *key) error {
	d := decoder{b: src}
	if v := d.byte(); d.err == nil && v != keyVersion {
		return fmt.Errorf("pattern: is of version %d", v)
	}
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

// decoder takes values off the front of b; after the first that is missing all are zero.
type decoder struct {
	b   []byte
	err error
}

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

// below is a byte that must be below n.
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

// time takes a time.
func (d *decoder) time() pipeline.Time {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return pipeline.Time(v)
}

// count is how many things follow, each of at least one byte: what cannot be there is not allocated.
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

// found are the records of a partial match: at least the one that began it.
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
