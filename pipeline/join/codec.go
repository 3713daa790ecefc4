package join

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Why a value that is kept cannot be read. Each ends the task as corrupt.
var (
	errShort = errors.New("ends early")
	errOrder = errors.New("is out of order")
	errRest  = errors.New("has bytes left over")
)

// decoder takes values off the front of b; after the first that is missing all are zero. Errors say
// nothing of what was read, which may be PHI.
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

// version takes the first byte, which must be want.
func (d *decoder) version(want byte) {
	if len(d.b) == 0 {
		d.fail(errShort)
		return
	}
	if d.b[0] != want {
		d.fail(fmt.Errorf("is of version %d", d.b[0]))
		return
	}
	d.b = d.b[1:]
}

// uvarint takes a number of at most limit.
func (d *decoder) uvarint(limit uint64) uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > limit {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count is how many things follow, each of at least one byte: what cannot be there is not allocated.
func (d *decoder) count() int {
	n := d.uvarint(maxCount)
	if n > uint64(len(d.b)) {
		d.fail(errShort)
		return 0
	}
	return int(n)
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

// done returns the error, or that something was left over.
func (d *decoder) done() error {
	if d.err == nil && len(d.b) > 0 {
		d.err = errRest
	}
	return d.err
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// appendItems encodes a count, then per item: time, answers, id, payload. Items are in the order of
// time, which items checks: everything is found by binary search.
func appendItems(dst []byte, l items) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(l)))
	for i := range l {
		dst = binary.AppendVarint(dst, int64(l[i].at))
		dst = binary.AppendUvarint(dst, uint64(l[i].answers))
		dst = appendBytes(appendBytes(dst, l[i].id()), l[i].payload())
	}
	return dst
}

// Bounds of what is decoded: they fit the fields.
const (
	maxAnswers = 1<<31 - 1
	maxCount   = 1<<31 - 1
)

func (d *decoder) items() (l items) {
	last := pipeline.MinTime
	for n := d.count(); n > 0 && d.err == nil; n-- {
		it := item{at: pipeline.Time(d.varint()), answers: int32(d.uvarint(maxAnswers)), raw: d.bytes()}
		it.idBytes = int32(len(it.raw))
		it.raw = append(it.raw, d.bytes()...)
		if it.at < last {
			d.fail(errOrder)
		}
		last = it.at
		if d.err == nil {
			l = append(l, it)
		}
	}
	return l
}
