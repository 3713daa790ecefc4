package schemas

import "github.com/hamba/avro/v2"

// deepest is how deep a payload of a foreign, recursive schema may nest. Without a bound a few bytes could exhaust
// the stack.
const deepest = 64

// checkPayload walks the payload by its schema and refuses what is not well-formed: lengths and counts beyond its
// end, nesting without bound, left-over bytes. The library that decodes afterwards believes whatever a count says.
func checkPayload(s avro.Schema, payload []byte) error {
	w := payloadWalker{src: payload, field: "record"}
	i := w.skip(s, 0, 0)
	if i < 0 {
		return undecodable(&DecodeError{Field: w.field, Problem: Problem(i)})
	}
	if i < len(payload) {
		return undecodable(&DecodeError{Field: "record", Problem: ProblemRest})
	}
	return nil
}

type payloadWalker struct {
	src []byte
	// The field that is being read.
	field string
}

// skip returns the position after the value at i, or the negative problem.
func (w *payloadWalker) skip(s avro.Schema, i, depth int) int {
	if depth > deepest {
		return int(ProblemDepth)
	}
	switch s := target(s).(type) {
	case *avro.RecordSchema:
		for _, f := range s.Fields() {
			w.field = s.Name() + "." + f.Name()
			if i = w.skip(f.Type(), i, depth+1); i < 0 {
				return i
			}
		}
		return i
	case *avro.UnionSchema:
		k, i := readIndex(w.src, i, len(s.Types()))
		if i < 0 {
			return i
		}
		return w.skip(s.Types()[k], i, depth+1)
	case *avro.ArraySchema:
		return w.skipItems(i, func(i int) int { return w.skip(s.Items(), i, depth+1) })
	case *avro.MapSchema:
		return w.skipItems(i, func(i int) int {
			if _, i = readString(w.src, i); i < 0 {
				return i
			}
			return w.skip(s.Values(), i, depth+1)
		})
	default:
		return w.skipScalar(s, i)
	}
}

func (w *payloadWalker) skipItems(i int, skip func(i int) int) int {
	for {
		n, next := readBlock(w.src, i, 1)
		if next < 0 || n == 0 {
			return next
		}
		i = next
		for range n {
			if i = skip(i); i < 0 {
				return i
			}
		}
	}
}

func (w *payloadWalker) skipScalar(s avro.Schema, i int) int {
	switch s := s.(type) {
	case *avro.EnumSchema:
		_, i = readIndex(w.src, i, len(s.Symbols()))
		return i
	case *avro.FixedSchema:
		if len(w.src)-i < s.Size() {
			return int(ProblemShort)
		}
		return i + s.Size()
	}
	switch s.Type() {
	case avro.String, avro.Bytes:
		_, i = readString(w.src, i)
	case avro.Int:
		_, i = readInt(w.src, i)
	case avro.Long:
		_, i = readLong(w.src, i)
	case avro.Float:
		_, i = readFloat(w.src, i)
	case avro.Double:
		_, i = readDouble(w.src, i)
	case avro.Boolean:
		_, i = readBool(w.src, i)
	}
	return i
}
