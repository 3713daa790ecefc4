package accumulator

import "encoding/binary"

// Count counts. It may go down, by a negative n.
type Count struct{ N int64 }

// Add counts n more.
func (c *Count) Add(n int64) { c.N += n }

// Merge adds the count of other.
func (c *Count) Merge(other *Count) { c.N += other.N }

// Append appends the binary form: version, count.
func (c *Count) Append(dst []byte) []byte { return binary.AppendVarint(append(dst, version), c.N) }

// Decode sets c to what src begins with.
func (c *Count) Decode(src []byte) ([]byte, error) {
	r := open(src)
	c.N = r.varint()
	return r.b, r.err
}

// Number sums up integers: milliseconds, cents, pieces. Integers, since sums of floats depend on their
// order. Sums wrap as int64 does.
type Number struct{ Count, Sum, Min, Max int64 }

// Add takes in a value.
func (n *Number) Add(v int64) { n.Merge(&Number{1, v, v, v}) }

// Merge takes in what other has.
func (n *Number) Merge(other *Number) {
	switch {
	case other.Count == 0:
	case n.Count == 0:
		*n = *other
	default:
		n.Count, n.Sum = n.Count+other.Count, n.Sum+other.Sum
		n.Min, n.Max = min(n.Min, other.Min), max(n.Max, other.Max)
	}
}

// Mean is the mean, 0 of nothing.
func (n *Number) Mean() float64 {
	if n.Count == 0 {
		return 0
	}
	return float64(n.Sum) / float64(n.Count)
}

// Append appends the binary form: version, count and, unless that is 0, sum, least and most.
func (n *Number) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, version), uint64(n.Count))
	if n.Count == 0 {
		return dst
	}
	for _, v := range [...]int64{n.Sum, n.Min, n.Max} {
		dst = binary.AppendVarint(dst, v)
	}
	return dst
}

// Decode sets n to what src begins with.
func (n *Number) Decode(src []byte) ([]byte, error) {
	r := open(src)
	if n.Count = r.natural(); n.Count > 0 {
		n.Sum, n.Min, n.Max = r.varint(), r.varint(), r.varint()
	}
	if n.Min > n.Max {
		r.fail(errForm)
	}
	return r.b, r.err
}
