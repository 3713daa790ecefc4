package schemas

import (
	"encoding/json"
	"fmt"

	"github.com/hamba/avro/v2"
	"github.com/linkedin/goavro/v2"
)

// runtimeSchema is a schema that is known only at run time: its tree, and goavro's codec for it. The codec is made
// without logical types, so that native values are plain numbers.
type runtimeSchema struct {
	tree  avro.Schema
	codec *goavro.Codec
}

func newRuntimeSchema(text string) (*runtimeSchema, error) {
	tree, err := avro.ParseWithCache(text, "", &avro.SchemaCache{})
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	plain, err := withoutLogicalTypes(text)
	if err != nil {
		return nil, err
	}
	codec, err := goavro.NewCodec(plain)
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	return &runtimeSchema{tree: tree, codec: codec}, nil
}

func withoutLogicalTypes(text string) (string, error) {
	var schema any
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		return "", fmt.Errorf("parse schema: %w", err)
	}
	dropLogicalTypes(schema)
	plain, err := json.Marshal(schema)
	if err != nil {
		return "", fmt.Errorf("write schema: %w", err)
	}
	return string(plain), nil
}

func dropLogicalTypes(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "logicalType")
		for _, inner := range v {
			dropLogicalTypes(inner)
		}
	case []any:
		for _, inner := range v {
			dropLogicalTypes(inner)
		}
	}
}

// decode turns the whole payload into goavro's native form. The bytes are checked first, since goavro allocates
// whatever a count claims.
func (s *runtimeSchema) decode(payload []byte) (any, error) {
	if err := checkPayload(s.tree, payload); err != nil {
		return nil, err
	}
	native, _, err := s.codec.NativeFromBinary(payload)
	if err != nil {
		return nil, undecodable(fmt.Errorf("does not fit its schema")) // goavro's own words may hold values
	}
	return native, nil
}

// encode writes the native form. It fails only where native does not fit the schema.
func (s *runtimeSchema) encode(native any) ([]byte, error) {
	payload, err := s.codec.BinaryFromNative(nil, native)
	if err != nil {
		return nil, wrongType("does not fit the schema") // goavro's own words may hold values
	}
	return payload, nil
}

// target follows a reference to the type that it names.
func target(s avro.Schema) avro.Schema {
	if ref, ok := s.(*avro.RefSchema); ok {
		return ref.Schema()
	}
	return s
}

// nativeName is the key of a union branch in goavro's native form.
func nativeName(s avro.Schema) string {
	if named, ok := target(s).(avro.NamedSchema); ok {
		return named.FullName()
	}
	return string(target(s).Type())
}

// logicalType is the logical type of a schema, or empty.
func logicalType(s avro.Schema) avro.LogicalType {
	l, ok := s.(avro.LogicalTypeSchema)
	if !ok || l.Logical() == nil {
		return ""
	}
	return l.Logical().Type()
}

// defaultNative turns a field's default into goavro's native form.
func defaultNative(s avro.Schema, value any) any {
	switch s := target(s).(type) {
	case *avro.UnionSchema:
		return wrapBranch(s.Types()[0], defaultNative(s.Types()[0], value))
	case *avro.NullSchema:
		return nil
	case *avro.ArraySchema:
		items, _ := value.([]any)
		native := make([]any, len(items))
		for i, item := range items {
			native[i] = defaultNative(s.Items(), item)
		}
		return native
	case *avro.MapSchema:
		values, _ := value.(map[string]any)
		native := make(map[string]any, len(values))
		for k, v := range values {
			native[k] = defaultNative(s.Values(), v)
		}
		return native
	case *avro.RecordSchema:
		values, _ := value.(map[string]any)
		native := make(map[string]any, len(values))
		for _, f := range s.Fields() {
			native[f.Name()] = defaultNative(f.Type(), values[f.Name()])
		}
		return native
	case *avro.FixedSchema:
		return fixedNative(value)
	}
	return value
}

// fixedNative turns the array that a default of a fixed type is into bytes.
func fixedNative(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var numbers []int
	if err := json.Unmarshal(text, &numbers); err != nil {
		return value
	}
	native := make([]byte, len(numbers))
	for i, n := range numbers {
		native[i] = byte(n)
	}
	return native
}

func wrapBranch(branch avro.Schema, native any) any {
	if target(branch).Type() == avro.Null {
		return nil
	}
	return map[string]any{nativeName(branch): native}
}
