package main

import (
	"slices"

	"github.com/attune-health/attune/internal/avrogen"
)

func textKind() kind {
	return kind{sql: "String", store: "string", set: "s.text(string(%s))", slab: "texts", zero: `""`, width: 16}
}

func codeKind() kind {
	return kind{sql: "LowCardinality(String)", store: "any", set: "s.code(string(%s))", slab: "codes", zero: "s.empty", width: 16}
}

// symbolKind is an enum: its symbol, as a code.
func symbolKind() kind {
	k := codeKind()
	k.set = "s.code(%s.String())"
	return k
}

// kinds maps Avro's own scalars.
func kinds() map[string]kind {
	return map[string]kind{
		"int":     {sql: "Int32", store: "int32", set: "%s", slab: "int32s", zero: "0", width: 4},
		"long":    {sql: "Int64", store: "int64", set: "%s", slab: "int64s", zero: "0", width: 8},
		"double":  {sql: "Float64", store: "float64", set: "%s", slab: "float64s", zero: "0", width: 8},
		"boolean": {sql: "Bool", store: "bool", set: "%s", slab: "bools", zero: "false", width: 1},
		"millis":  {sql: "DateTime64(3, 'UTC')", store: "int64", set: "clampMillis(%s)", slab: "int64s", zero: "0", width: 8},
	}
}

// scalar returns how a field that is neither array nor record is stored, and the Go expression of its value,
// relative to its record.
func (r *resolver) scalar(record *avrogen.Type, f *avrogen.Field, t *avrogen.Type) (k kind, value string, ok bool) {
	value = avrogen.GoName(f.Name)
	if of, _, optional := t.Optional(); optional {
		if of.Kind != avrogen.String {
			return kind{}, "", false
		}
		k, _, ok = r.scalar(record, f, of)
		return k, value + `.Or("")`, ok
	}
	switch {
	case t.Kind == avrogen.Enum:
		return symbolKind(), value, true
	case t.Kind == avrogen.String && isCode(record, f):
		return codeKind(), value, true
	case t.Kind == avrogen.String:
		return textKind(), value, true
	case t.Logical == avrogen.TimestampMillis:
		return kinds()["millis"], value, true
	}
	k, ok = kinds()[string(t.Kind)]
	return k, value, ok
}

func isCode(record *avrogen.Type, f *avrogen.Field) bool {
	return slices.Contains(codes(), f.Name) || slices.Contains(codes(), record.Name+"."+f.Name)
}
