package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Record is what every generated record type can do.
type Record interface {
	// AppendAvro appends the Avro binary form to dst.
	AppendAvro(dst []byte) []byte
	// DecodeAvro reads the Avro binary form and returns what follows it. The record aliases src.
	DecodeAvro(src []byte) (rest []byte, err error)
	// Reset makes all fields zero; slices keep their memory for reuse.
	Reset()
}

// Definition is one top-level record: its names, its schema and its type.
type Definition struct {
	// Name of the record, such as Touchpoint.
	Name string
	// File of the schema, without extension.
	File string
	// Schema is self-contained: named types of other files are in it.
	Schema string
	// New returns a new zero record.
	New func() Record
}

// Problem is why bytes cannot be decoded.
type Problem int

// The problems. All are negative, for decoders return them in place of a position.
const (
	ProblemShort    Problem = -1 - iota // the bytes end too early
	ProblemOverflow                     // a number has too many bits
	ProblemLength                       // a negative length or count
	ProblemBool                         // a boolean is neither 0 nor 1
	ProblemIndex                        // no such enum symbol or union branch
	ProblemKeys                         // a map has a key twice
	ProblemEnum                         // a text is no symbol of the enum
	ProblemRest                         // bytes follow the record
	ProblemDepth                        // values nest deeper than any record does
	ProblemCount                        // more items than the rest of the bytes can hold
)

// String says the problem in words.
func (p Problem) String() string {
	switch p {
	case ProblemShort:
		return "ends too early"
	case ProblemOverflow:
		return "number out of range"
	case ProblemLength:
		return "negative length"
	case ProblemBool:
		return "neither true nor false"
	case ProblemIndex:
		return "no such symbol or branch"
	case ProblemKeys:
		return "key occurs twice"
	case ProblemEnum:
		return "not one of its symbols"
	case ProblemRest:
		return "bytes follow the record"
	case ProblemCount:
		return "more items than bytes"
	case ProblemDepth:
		return "nested too deeply"
	}
	return fmt.Sprintf("problem %d", int(p))
}

// DecodeError says which field could not be decoded. It never holds a value of the record.
type DecodeError struct {
	// Record.field.
	Field   string
	Problem Problem
}

// Error names the field and the problem.
func (e *DecodeError) Error() string {
	return "decode " + e.Field + ": " + e.Problem.String()
}

// DecodeWhole decodes a record that must take up all of src.
func DecodeWhole(v Record, src []byte) error {
	rest, err := v.DecodeAvro(src)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return &DecodeError{Field: "record", Problem: ProblemRest}
	}
	return nil
}

// Pair is one entry of an Avro map. Maps are slices, so that their order is the writer's and encoding is deterministic.
type Pair[T any] struct {
	Key   string
	Value T
}

// checkKeys returns i, or the problem if a key occurs twice. Sorted keys cost one comparison each.
func checkKeys[T any](pairs []Pair[T], i int) int {
	sorted := true
	for j := 1; j < len(pairs) && sorted; j++ {
		sorted = pairs[j-1].Key < pairs[j].Key
	}
	if sorted {
		return i
	}
	seen := make(map[string]struct{}, len(pairs))
	for _, p := range pairs {
		seen[p.Key] = struct{}{}
	}
	if len(seen) < len(pairs) {
		return int(ProblemKeys)
	}
	return i
}

// reserve makes room for n more items, up to a bound: a count is only a claim until the items have been read, and
// items are larger in memory than their bytes.
func reserve[T any](s []T, n int) []T {
	const believed = 128
	return slices.Grow(s, min(n, believed))
}

// extend makes s longer by one item. The item holds whatever was there before, so that its slices are reused.
func extend[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}

func cloneString[S ~string](s S) S {
	return S(strings.Clone(string(s)))
}
