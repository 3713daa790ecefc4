package accumulator

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/axiomhq/hyperloglog"
)

// exactDistinct is how many different hashes are kept one by one. That many take half of a sketch.
const exactDistinct = 1024

// sketchBytes is the binary form of a dense sketch of 2^14 registers.
const sketchBytes = 8 + 1<<14

// Distinct counts different things by their 64-bit hashes: exactly up to 1024 of them, beyond that by
// HyperLogLog of 2^14 registers, whose standard error is 0.8 %.
//
// The sketch is the dense one of its library, never the sparse: registers are the same in whatever
// order they were filled, so that equal sets have equal bytes, also after a restore.
type Distinct struct {
	// hashes are in order, so that equal sets have equal bytes; there are none once there is a sketch.
	hashes []uint64
	sketch *hyperloglog.Sketch
}

// Add takes in a thing by its hash, which must be spread evenly over all of its 64 bits: the sketch
// counts leading zeros of it. A thing that is there already changes nothing.
func (d *Distinct) Add(hash uint64) {
	if d.sketch != nil {
		d.sketch.InsertHash(hash)
		return
	}
	i, found := slices.BinarySearch(d.hashes, hash)
	switch {
	case found:
	case len(d.hashes) < exactDistinct:
		d.hashes = slices.Insert(d.hashes, i, hash)
	default:
		d.grow()
		d.sketch.InsertHash(hash)
	}
}

// grow goes over to a sketch, for good: a count that was estimated does not become exact again.
func (d *Distinct) grow() {
	d.sketch = hyperloglog.NewNoSparse()
	for _, h := range d.hashes {
		d.sketch.InsertHash(h)
	}
	d.hashes = nil
}

// Merge takes in what other has.
func (d *Distinct) Merge(other *Distinct) {
	if other.sketch == nil {
		for _, h := range other.hashes {
			d.Add(h)
		}
		return
	}
	if d.sketch == nil {
		d.grow()
	}
	if err := d.sketch.Merge(other.sketch); err != nil {
		panic(err) // all of them have 2^14 registers
	}
}

// Exact reports whether Count is the exact number.
func (d *Distinct) Exact() bool { return d.sketch == nil }

// Count is how many different things there were.
func (d *Distinct) Count() int64 {
	if d.sketch != nil {
		return int64(d.sketch.Estimate())
	}
	return int64(len(d.hashes))
}

// Append appends the binary form: version, then the number of hashes and each hash's distance from
// the one before, or one more than the largest number and the sketch's registers.
func (d *Distinct) Append(dst []byte) []byte {
	dst = append(dst, version)
	if d.sketch != nil {
		dst = binary.AppendUvarint(dst, exactDistinct+1)
		dst, err := d.sketch.AppendBinary(dst)
		if err != nil {
			panic(err) // only of a sketch without precision
		}
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.hashes)))
	last := uint64(0)
	for _, h := range d.hashes {
		dst, last = binary.AppendUvarint(dst, h-last), h
	}
	return dst
}

// Decode sets d to what src begins with.
func (d *Distinct) Decode(src []byte) ([]byte, error) {
	r := open(src)
	n := r.length(exactDistinct+1, 1)
	if n > exactDistinct {
		return d.decodeSketch(&r)
	}
	last := uint64(0)
	for i := range n {
		h := last + r.uvarint()
		if i > 0 && h <= last {
			r.fail(errForm)
		}
		if r.err != nil {
			return nil, r.err
		}
		d.hashes, last = append(d.hashes, h), h
	}
	return r.b, r.err
}

// decodeSketch checks what the library would take for granted: the kind of sketch and its precision.
func (d *Distinct) decodeSketch(r *reader) ([]byte, error) {
	b := r.bytes(sketchBytes)
	if r.err != nil {
		return nil, r.err
	}
	if b[0] != 2 || b[1] != 14 || b[3] != 0 {
		return nil, errForm
	}
	d.sketch = new(hyperloglog.Sketch)
	if err := d.sketch.UnmarshalBinary(b); err != nil {
		return nil, fmt.Errorf("accumulator: %w", err)
	}
	return r.b, nil
}
