package schemas

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hamba/avro/v2"
)

// seeds gives the fuzzer records of the schema to start from.
func seeds(tb testing.TB, schema string) [][]byte {
	tb.Helper()
	s := newSampler(tb, schema, 1)
	var found [][]byte
	for range 30 {
		found = append(found, s.sample())
	}
	slices.SortFunc(found, func(a, b []byte) int { return len(a) - len(b) }) // the fuzzer is fastest on short ones
	return append(found[:8], nil, make([]byte, 300))
}

// sampler writes random records of a schema, in goavro's form: every array in one block.
type sampler struct {
	tree avro.Schema
	rand *rand.Rand
	utf8 bool // strings are UTF-8 throughout
}

func newSampler(tb testing.TB, schema string, seed uint64) *sampler {
	tb.Helper()
	tree, err := avro.ParseWithCache(schema, "", &avro.SchemaCache{})
	if err != nil {
		tb.Fatal(err)
	}
	return &sampler{tree: tree, rand: rand.New(rand.NewPCG(seed, 7))}
}

func (s *sampler) sample() []byte { return s.append(nil, s.tree) }

func (s *sampler) append(dst []byte, schema avro.Schema) []byte {
	switch t := target(schema).(type) {
	case *avro.RecordSchema:
		for _, f := range t.Fields() {
			dst = s.append(dst, f.Type())
		}
		return dst
	case *avro.UnionSchema:
		k := s.rand.IntN(len(t.Types()))
		return s.append(appendLong(dst, int64(k)), t.Types()[k])
	case *avro.ArraySchema:
		if n := s.rand.IntN(4); n > 0 {
			dst = appendLong(dst, int64(n))
			for range n {
				dst = s.append(dst, t.Items())
			}
		}
		return append(dst, 0)
	case *avro.EnumSchema:
		return appendLong(dst, int64(s.rand.IntN(len(t.Symbols()))))
	case *avro.NullSchema:
		return dst
	}
	switch schema.Type() {
	case avro.Boolean:
		return append(dst, byte(s.rand.IntN(2)))
	case avro.Int:
		return appendLong(dst, int64(int32(s.rand.Uint32())>>s.rand.IntN(31)))
	case avro.Long:
		return appendLong(dst, s.rand.Int64()>>s.rand.IntN(62))
	case avro.Float:
		return appendFloat(dst, s.rand.Float32())
	case avro.Double:
		return appendDouble(dst, s.rand.NormFloat64())
	case avro.String, avro.Bytes:
		return appendBytes(dst, s.bytes())
	}
	panic("sampler: no sample of " + schema.Type())
}

// bytes are mostly short, sometimes long enough for a length of two bytes, and not always UTF-8.
func (s *sampler) bytes() []byte {
	n := s.rand.IntN(12)
	if s.rand.IntN(10) == 0 {
		n += 200
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + s.rand.IntN(26))
		if !s.utf8 && s.rand.IntN(50) == 0 {
			b[i] = byte(s.rand.IntN(256))
		}
	}
	return b
}
