package schemas

import (
	"slices"

	"github.com/hamba/avro/v2"
)

// resolver turns native values of a writer's schema into native values of a reader's, by Avro's rules of schema
// resolution: fields by name or alias, defaults for fields that the writer does not have, promoted numbers, the
// default for unknown enum symbols. One departure: timestamps in microseconds or nanoseconds become milliseconds if the reader has
// these.
type resolver struct {
	// The field that is being resolved.
	field string
}

// resolve returns the value as the reader has it, or a RecordError of code wrong_type.
func (r *resolver) resolve(reader, writer avro.Schema, native any) (any, error) {
	reader, writer = target(reader), target(writer)
	if union, ok := writer.(*avro.UnionSchema); ok {
		branch, value := pickBranch(union, native)
		if branch == nil {
			return nil, r.mismatch()
		}
		return r.resolve(reader, branch, value)
	}
	if union, ok := reader.(*avro.UnionSchema); ok {
		return r.intoUnion(union, writer, native)
	}
	switch reader := reader.(type) {
	case *avro.RecordSchema:
		return r.record(reader, writer, native)
	case *avro.EnumSchema:
		return r.enum(reader, writer, native)
	case *avro.FixedSchema:
		fixed, ok := writer.(*avro.FixedSchema)
		if !ok || fixed.Size() != reader.Size() || !sameName(reader, fixed) {
			return nil, r.mismatch()
		}
		return native, nil
	case *avro.ArraySchema:
		return r.array(reader, writer, native)
	case *avro.MapSchema:
		return r.mapping(reader, writer, native)
	default:
		return r.scalar(reader, writer, native)
	}
}

func (r *resolver) mismatch() error { return wrongType(r.field) }

// pickBranch returns the branch that a native union value holds, and the value.
func pickBranch(union *avro.UnionSchema, native any) (avro.Schema, any) {
	name := string(avro.Null)
	var value any
	if wrapped, ok := native.(map[string]any); ok {
		for name, value = range wrapped { // it has one entry
		}
	}
	for _, b := range union.Types() {
		if nativeName(b) == name {
			return target(b), value
		}
	}
	return nil, nil
}

// intoUnion takes the branch of the writer's own type, or the first to which the value resolves.
func (r *resolver) intoUnion(union *avro.UnionSchema, writer avro.Schema, native any) (any, error) {
	branches := slices.Clone(union.Types())
	slices.SortStableFunc(branches, func(a, b avro.Schema) int { return rank(a, writer) - rank(b, writer) })
	field := r.field
	for _, b := range branches {
		r.field = field
		if value, err := r.resolve(b, writer, native); err == nil {
			return wrapBranch(b, value), nil
		}
	}
	r.field = field
	return nil, r.mismatch()
}

func rank(branch, writer avro.Schema) int {
	if nativeName(branch) == nativeName(writer) {
		return 0
	}
	return 1
}

func (r *resolver) record(reader *avro.RecordSchema, writer avro.Schema, native any) (any, error) {
	from, ok := writer.(*avro.RecordSchema)
	values, isMap := native.(map[string]any)
	if !ok || !isMap || !sameName(reader, from) {
		return nil, r.mismatch()
	}
	result := make(map[string]any, len(reader.Fields()))
	for _, f := range reader.Fields() {
		r.field = reader.Name() + "." + f.Name()
		theirs := fieldOf(from, f)
		if theirs == nil {
			if !f.HasDefault() {
				return nil, r.mismatch()
			}
			result[f.Name()] = defaultNative(f.Type(), f.Default())
			continue
		}
		value, err := r.resolve(f.Type(), theirs.Type(), values[theirs.Name()])
		if err != nil {
			return nil, err
		}
		result[f.Name()] = value
	}
	return result, nil
}

// fieldOf finds the writer's field for one of the reader's: by name, then by the reader's aliases.
func fieldOf(writer *avro.RecordSchema, reader *avro.Field) *avro.Field {
	for _, name := range append([]string{reader.Name()}, reader.Aliases()...) {
		for _, f := range writer.Fields() {
			if f.Name() == name {
				return f
			}
		}
	}
	return nil
}

// sameName compares names without namespace, as the specification does, then the reader's aliases.
func sameName(reader, writer avro.NamedSchema) bool {
	return reader.Name() == writer.Name() || slices.Contains(reader.Aliases(), writer.FullName())
}

func (r *resolver) enum(reader *avro.EnumSchema, writer avro.Schema, native any) (any, error) {
	from, ok := writer.(*avro.EnumSchema)
	symbol, isString := native.(string)
	if !ok || !isString || !sameName(reader, from) {
		return nil, r.mismatch()
	}
	if slices.Contains(reader.Symbols(), symbol) {
		return symbol, nil
	}
	if !reader.HasDefault() {
		return nil, r.mismatch()
	}
	return reader.Default(), nil
}

func (r *resolver) array(reader *avro.ArraySchema, writer avro.Schema, native any) (any, error) {
	from, ok := writer.(*avro.ArraySchema)
	items, isSlice := native.([]any)
	if !ok || !isSlice {
		return nil, r.mismatch()
	}
	result := make([]any, len(items))
	for i, item := range items {
		value, err := r.resolve(reader.Items(), from.Items(), item)
		if err != nil {
			return nil, err
		}
		result[i] = value
	}
	return result, nil
}

func (r *resolver) mapping(reader *avro.MapSchema, writer avro.Schema, native any) (any, error) {
	from, ok := writer.(*avro.MapSchema)
	values, isMap := native.(map[string]any)
	if !ok || !isMap {
		return nil, r.mismatch()
	}
	result := make(map[string]any, len(values))
	for k, v := range values {
		value, err := r.resolve(reader.Values(), from.Values(), v)
		if err != nil {
			return nil, err
		}
		result[k] = value
	}
	return result, nil
}

// scalar promotes where the specification allows it. goavro's encoder converts the numbers.
func (r *resolver) scalar(reader, writer avro.Schema, native any) (any, error) {
	if reader.Type() != writer.Type() && !promotes(writer.Type(), reader.Type()) {
		return nil, r.mismatch()
	}
	if logicalType(reader) == avro.TimestampMillis && logicalType(writer) == avro.TimestampMicros {
		micros, _ := native.(int64)
		return floorDiv(micros, 1000), nil
	}
	if p, ok := writer.(*avro.PrimitiveSchema); ok && logicalType(reader) == avro.TimestampMillis && p.Prop("logicalType") == "timestamp-nanos" {
		nanos, _ := native.(int64)
		return floorDiv(nanos, 1_000_000), nil
	}
	switch reader.Type() {
	case avro.Float:
		return toFloat32(native), nil
	case avro.Double:
		return toFloat64(native), nil
	}
	return native, nil
}

func promotes(writer, reader avro.Type) bool {
	switch writer {
	case avro.Int:
		return reader == avro.Long || reader == avro.Float || reader == avro.Double
	case avro.Long:
		return reader == avro.Float || reader == avro.Double
	case avro.Float:
		return reader == avro.Double
	case avro.String:
		return reader == avro.Bytes
	case avro.Bytes:
		return reader == avro.String
	}
	return false
}

func toFloat64(native any) any {
	switch v := native.(type) {
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case float32:
		return float64(v)
	}
	return native
}

func toFloat32(native any) any {
	switch v := native.(type) {
	case int32:
		return float32(v)
	case int64:
		return float32(v)
	}
	return native
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
