package schemas

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/hamba/avro/v2"
)

// JSONReader reads records of one type from JSON. It accepts the form that Viewer writes, and Avro's own JSON
// encoding, in which the values of all unions carry their type (but bytes are base64 here). Fields with a default may
// be left out; unknown fields are refused, since a misspelt one would otherwise get lost. Times may be RFC 3339 or
// Unix milliseconds.
type JSONReader struct {
	schema *runtimeSchema
}

// NewJSONReader makes a reader of a record type, such as Touchpoint.
func NewJSONReader(record string) (*JSONReader, error) {
	d, ok := DefinitionOf(record)
	if !ok {
		return nil, fmt.Errorf("no record %s", record)
	}
	schema, err := newRuntimeSchema(d.Schema)
	if err != nil {
		return nil, err
	}
	return &JSONReader{schema: schema}, nil
}

// Read reads one JSON object into v, which must be of the reader's type. Errors are *RecordError: undecodable where the
// text is not JSON, wrong_type, with the field, where it does not fit the schema.
func (r *JSONReader) Read(text []byte, v Record) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return undecodable(fmt.Errorf("not JSON"))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return undecodable(fmt.Errorf("more than one JSON value"))
	}
	j := jsonReader{field: "record"}
	native, err := j.value(r.schema.tree, value)
	if err != nil {
		return err
	}
	payload, err := r.schema.encode(native)
	if err != nil {
		return err
	}
	return decodeOwn(payload, v)
}

// jsonReader turns JSON values into goavro's native form.
type jsonReader struct {
	// The field that is being read.
	field string
}

func (j *jsonReader) mismatch() error { return wrongType(j.field) }

func (j *jsonReader) value(s avro.Schema, value any) (any, error) {
	switch s := target(s).(type) {
	case *avro.RecordSchema:
		return j.record(s, value)
	case *avro.UnionSchema:
		return j.union(s, value)
	case *avro.ArraySchema:
		items, ok := value.([]any)
		if !ok {
			return nil, j.mismatch()
		}
		native := make([]any, len(items))
		for i, item := range items {
			v, err := j.value(s.Items(), item)
			if err != nil {
				return nil, err
			}
			native[i] = v
		}
		return native, nil
	case *avro.MapSchema:
		return j.mapping(s, value)
	default:
		return j.scalar(s, value)
	}
}

func (j *jsonReader) record(s *avro.RecordSchema, value any) (any, error) {
	values, ok := value.(map[string]any)
	if !ok {
		return nil, j.mismatch()
	}
	native := make(map[string]any, len(s.Fields()))
	found := 0
	for _, f := range s.Fields() {
		j.field = s.Name() + "." + f.Name()
		v, ok := values[f.Name()]
		if !ok {
			if !f.HasDefault() {
				return nil, wrongType(j.field + " is missing")
			}
			native[f.Name()] = defaultNative(f.Type(), f.Default())
			continue
		}
		found++
		n, err := j.value(f.Type(), v)
		if err != nil {
			return nil, err
		}
		native[f.Name()] = n
	}
	if found < len(values) {
		return nil, wrongType(s.Name() + " has a field that is not in the schema")
	}
	return native, nil
}

func (j *jsonReader) mapping(s *avro.MapSchema, value any) (any, error) {
	values, ok := value.(map[string]any)
	if !ok {
		return nil, j.mismatch()
	}
	native := make(map[string]any, len(values))
	for k, v := range values {
		n, err := j.value(s.Values(), v)
		if err != nil {
			return nil, err
		}
		native[k] = n
	}
	return native, nil
}

// union reads null, a value under the name of its branch, or the plain value if there is only one branch.
func (j *jsonReader) union(s *avro.UnionSchema, value any) (any, error) {
	branches := valueBranches(s)
	if value == nil {
		if len(branches) == len(s.Types()) {
			return nil, j.mismatch()
		}
		return nil, nil
	}
	branch, inner := namedBranch(branches, value)
	if branch == nil {
		if len(branches) != 1 {
			return nil, j.mismatch()
		}
		branch, inner = branches[0], value
	}
	native, err := j.value(branch, inner)
	if err != nil {
		return nil, err
	}
	return wrapBranch(branch, native), nil
}

func namedBranch(branches []avro.Schema, value any) (avro.Schema, any) {
	wrapped, ok := value.(map[string]any)
	if !ok || len(wrapped) != 1 {
		return nil, nil
	}
	for name, inner := range wrapped {
		for _, b := range branches {
			if name == shortName(b) || name == nativeName(b) {
				return b, inner
			}
		}
	}
	return nil, nil
}

func (j *jsonReader) scalar(s avro.Schema, value any) (any, error) {
	var native any
	ok := false
	switch s := s.(type) {
	case *avro.EnumSchema:
		native, ok = value.(string)
		ok = ok && slices.Contains(s.Symbols(), native.(string))
	case *avro.FixedSchema:
		native, ok = bytesOf(value)
		ok = ok && len(native.([]byte)) == s.Size()
	default:
		native, ok = primitiveOf(s, value)
	}
	if !ok {
		return nil, j.mismatch()
	}
	return native, nil
}

func primitiveOf(s avro.Schema, value any) (any, bool) {
	switch s.Type() {
	case avro.String:
		v, ok := value.(string)
		return v, ok
	case avro.Boolean:
		v, ok := value.(bool)
		return v, ok
	case avro.Bytes:
		return bytesOf(value)
	case avro.Int:
		v, ok := longOf(value)
		return int32(v), ok && int64(int32(v)) == v
	case avro.Long:
		if v, ok := longOf(value); ok {
			return v, true
		}
		return momentOf(s, value)
	case avro.Float, avro.Double:
		return floatOf(value)
	}
	return nil, false
}

func bytesOf(value any) ([]byte, bool) {
	text, ok := value.(string)
	if !ok {
		return nil, false
	}
	v, err := base64.StdEncoding.DecodeString(text)
	return v, err == nil
}

func longOf(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	v, err := number.Int64()
	return v, err == nil
}

func momentOf(s avro.Schema, value any) (any, bool) {
	text, ok := value.(string)
	if !ok || logicalType(s) != avro.TimestampMillis {
		return nil, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UnixMilli(), err == nil
}

func floatOf(value any) (any, bool) {
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string: // what JSON has no number for
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil && (math.IsNaN(f) || math.IsInf(f, 0))
	}
	return nil, false
}
