package schemas

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/hamba/avro/v2"
)

// Viewer shows records of any schema as JSON. Without reveal it redacts fields that are tagged phi or identifier in
// the writer's schema or in ours. It also redacts fields that our schema does not know, since nobody has said that
// they may be seen.
//
// The form is plain JSON in the schema's order: times as RFC 3339 in UTC, bytes as base64, enums as their symbols, a
// missing value as null, and a value of a union of records as {"Web": {...}}. JSONReader reads it back.
type Viewer struct {
	source SchemaSource
	// "Record.field" -> it is protected.
	known map[string]bool
	// Schema id -> *runtimeSchema.
	cache sync.Map
	// Schema text -> *runtimeSchema.
	parsed sync.Map
}

// NewViewer makes a viewer that asks source for the schemas of records.
func NewViewer(source SchemaSource) (*Viewer, error) {
	v := &Viewer{source: source, known: map[string]bool{}}
	for _, d := range Definitions() {
		tree, err := avro.ParseWithCache(d.Schema, "", &avro.SchemaCache{})
		if err != nil {
			return nil, fmt.Errorf("parse schema of %s: %w", d.Name, err)
		}
		v.learn(tree)
	}
	return v, nil
}

func (v *Viewer) learn(s avro.Schema) {
	switch s := target(s).(type) {
	case *avro.RecordSchema:
		for _, f := range s.Fields() {
			v.known[s.Name()+"."+f.Name()] = isProtected(f)
			v.learn(f.Type())
		}
	case *avro.UnionSchema:
		for _, b := range s.Types() {
			v.learn(b)
		}
	case *avro.ArraySchema:
		v.learn(s.Items())
	case *avro.MapSchema:
		v.learn(s.Values())
	}
}

func isProtected(f *avro.Field) bool {
	tag, _ := f.Prop("attune.tag").(string)
	return tag == "phi" || tag == "identifier"
}

// AppendJSON appends a framed record as JSON. The error says what is wrong with the record or the source, never a value.
func (v *Viewer) AppendJSON(ctx context.Context, dst, value []byte, reveal bool) ([]byte, error) {
	id, payload, err := ParseFrame(value)
	if err != nil {
		return nil, undecodable(err)
	}
	schema, err := v.schema(ctx, id)
	if err != nil {
		return nil, err
	}
	return v.append(dst, schema, payload, reveal)
}

// AppendRecord appends a record of ours as JSON.
func (v *Viewer) AppendRecord(dst []byte, d Definition, r Record, reveal bool) ([]byte, error) {
	schema, err := newRuntimeSchema(d.Schema)
	if err != nil {
		return nil, err
	}
	return v.append(dst, schema, r.AppendAvro(nil), reveal)
}

func (v *Viewer) append(dst []byte, schema *runtimeSchema, payload []byte, reveal bool) ([]byte, error) {
	native, err := schema.decode(payload)
	if err != nil {
		return nil, err
	}
	w := jsonWriter{out: dst, viewer: v, reveal: reveal}
	w.value(schema.tree, native)
	return w.out, nil
}

func (v *Viewer) schema(ctx context.Context, id int32) (*runtimeSchema, error) {
	if s, ok := v.cache.Load(id); ok {
		return s.(*runtimeSchema), nil
	}
	text, err := v.source.SchemaText(ctx, id)
	if errors.Is(err, ErrUnknownSchema) {
		return nil, &RecordError{Code: RejectUnknownSchema, Detail: IDWords(id)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", IDWords(id), err)
	}
	text, err = readable(text)
	if err != nil {
		return nil, wrongType("the writer's schema cannot be read here")
	}
	s, err := newRuntimeSchema(text)
	if err != nil {
		return nil, wrongType("the writer's schema cannot be read here")
	}
	v.cache.Store(id, s)
	return s, nil
}

// hides says whether a field is to be redacted.
func (v *Viewer) hides(record *avro.RecordSchema, f *avro.Field) bool {
	protected, known := v.known[record.Name()+"."+f.Name()]
	return protected || !known || isProtected(f)
}

type jsonWriter struct {
	out    []byte
	viewer *Viewer
	reveal bool
}

func (w *jsonWriter) value(s avro.Schema, native any) {
	if native == nil {
		w.out = append(w.out, "null"...)
		return
	}
	switch s := target(s).(type) {
	case *avro.RecordSchema:
		w.record(s, native)
	case *avro.UnionSchema:
		w.union(s, native)
	case *avro.ArraySchema:
		items, _ := native.([]any)
		w.list('[', ']', len(items), func(i int) { w.value(s.Items(), items[i]) })
	case *avro.MapSchema:
		w.mapping(s, native)
	default:
		w.scalar(s, native)
	}
}

func (w *jsonWriter) list(open, end byte, n int, item func(i int)) {
	w.out = append(w.out, open)
	for i := range n {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		item(i)
	}
	w.out = append(w.out, end)
}

func (w *jsonWriter) record(s *avro.RecordSchema, native any) {
	values, _ := native.(map[string]any)
	w.list('{', '}', len(s.Fields()), func(i int) {
		f := s.Fields()[i]
		w.text(f.Name())
		w.out = append(w.out, ':')
		if value := values[f.Name()]; value != nil && !w.reveal && w.viewer.hides(s, f) {
			w.text(redacted)
		} else {
			w.value(f.Type(), value)
		}
	})
}

// union names the branch only if the value alone does not tell it.
func (w *jsonWriter) union(s *avro.UnionSchema, native any) {
	branch, value := pickBranch(s, native)
	if branch == nil {
		w.out = append(w.out, "null"...)
		return
	}
	if len(valueBranches(s)) == 1 {
		w.value(branch, value)
		return
	}
	w.out = append(w.out, '{')
	w.text(shortName(branch))
	w.out = append(w.out, ':')
	w.value(branch, value)
	w.out = append(w.out, '}')
}

// valueBranches are the branches other than null.
func valueBranches(s *avro.UnionSchema) []avro.Schema {
	return slices.DeleteFunc(slices.Clone(s.Types()), func(b avro.Schema) bool { return b.Type() == avro.Null })
}

func shortName(s avro.Schema) string {
	if named, ok := target(s).(avro.NamedSchema); ok {
		return named.Name()
	}
	return string(target(s).Type())
}

func (w *jsonWriter) mapping(s *avro.MapSchema, native any) {
	values, _ := native.(map[string]any)
	keys := make([]string, 0, len(values))
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	w.list('{', '}', len(keys), func(i int) {
		w.text(keys[i])
		w.out = append(w.out, ':')
		w.value(s.Values(), values[keys[i]])
	})
}

func (w *jsonWriter) scalar(s avro.Schema, native any) {
	switch v := native.(type) {
	case string:
		w.text(v)
	case []byte:
		w.text(base64.StdEncoding.EncodeToString(v))
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case int32:
		w.out = strconv.AppendInt(w.out, int64(v), 10)
	case int64:
		w.long(s, v)
	case float32:
		w.float(float64(v), 32)
	case float64:
		w.float(v, 64)
	}
}

// long writes moments as text, if RFC 3339 has a year for them.
func (w *jsonWriter) long(s avro.Schema, v int64) {
	if logicalType(s) == avro.TimestampMillis {
		if year := Millis(v).Time().Year(); year >= 1 && year <= 9999 {
			w.text(Millis(v).String())
			return
		}
	}
	w.out = strconv.AppendInt(w.out, v, 10)
}

// float writes infinities and NaN as text: JSON has no number for them.
func (w *jsonWriter) float(v float64, bits int) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		w.text(strconv.FormatFloat(v, 'g', -1, bits))
		return
	}
	w.out = strconv.AppendFloat(w.out, v, 'g', -1, bits)
}

func (w *jsonWriter) text(s string) {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	w.out = append(w.out, quoted...)
}
