package schemas

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// SchemaSource gives the text of a schema by its id, or ErrUnknownSchema if it has none. Any other error is
// transient. A schema never changes under its id, so answers may be kept for ever.
type SchemaSource interface {
	SchemaText(ctx context.Context, id int32) (string, error)
}

// SchemaTexts is a SchemaSource of schemas that are at hand.
type SchemaTexts map[int32]string

// SchemaText looks the id up.
func (t SchemaTexts) SchemaText(_ context.Context, id int32) (string, error) {
	text, ok := t[id]
	if !ok {
		return "", ErrUnknownSchema
	}
	return text, nil
}

// Decoder reads framed records of one type, whatever schema their writers had. Records of our own schema, and of
// schemas that differ from it in documentation and defaults only, take the generated codec and allocate nothing.
// Others are resolved, which costs microseconds. It is safe for concurrent use.
type Decoder struct {
	reader *runtimeSchema
	source SchemaSource
	own    []int32
	// Schema id -> *writer.
	others sync.Map
}

// writer is a schema that is not known to be ours.
type writer struct {
	// The same bytes as ours.
	same   bool
	schema *runtimeSchema
	// It is no schema that can be read.
	err error
}

// NewDecoder makes a decoder of a record type, such as Touchpoint. own are the ids under which the registry has our
// own schema; source is asked once for every other id.
func NewDecoder(record string, own []int32, source SchemaSource) (*Decoder, error) {
	d, ok := DefinitionOf(record)
	if !ok {
		return nil, fmt.Errorf("no record %s", record)
	}
	reader, err := newRuntimeSchema(d.Schema)
	if err != nil {
		return nil, err
	}
	return &Decoder{reader: reader, source: source, own: slices.Clone(own)}, nil
}

// Decode reads a framed value into v, which must be of the decoder's type. An error that is a *RecordError is the
// record's fault; any other is the source's, and trying again may help. The first record of a foreign id waits for the
// source. v aliases value.
func (d *Decoder) Decode(ctx context.Context, value []byte, v Record) error {
	id, payload, err := ParseFrame(value)
	if err != nil {
		return undecodable(err)
	}
	if slices.Contains(d.own, id) {
		return decodeOwn(payload, v)
	}
	w, err := d.writer(ctx, id)
	if err != nil {
		return err
	}
	if w.same {
		return decodeOwn(payload, v)
	}
	return d.resolve(w, payload, v)
}

func decodeOwn(payload []byte, v Record) error {
	if err := DecodeWhole(v, payload); err != nil {
		return undecodable(err)
	}
	return nil
}

func (d *Decoder) writer(ctx context.Context, id int32) (*writer, error) {
	if w, ok := d.others.Load(id); ok {
		w := w.(*writer)
		return w, w.err
	}
	text, err := d.source.SchemaText(ctx, id)
	if errors.Is(err, ErrUnknownSchema) {
		return nil, &RecordError{Code: RejectUnknownSchema, Detail: "the registry has no " + IDWords(id)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", IDWords(id), err)
	}
	w := d.newWriter(text)
	d.others.Store(id, w)
	return w, w.err
}

func (d *Decoder) newWriter(text string) *writer {
	text, err := readable(text)
	var schema *runtimeSchema
	if err == nil {
		schema, err = newRuntimeSchema(text)
	}
	if err != nil {
		return &writer{err: wrongType("the writer's schema cannot be read here")}
	}
	return &writer{schema: schema, same: schema.tree.Fingerprint() == d.reader.tree.Fingerprint()}
}

func (d *Decoder) resolve(w *writer, payload []byte, v Record) error {
	native, err := w.schema.decode(payload)
	if err != nil {
		return err
	}
	r := resolver{field: "record"}
	native, err = r.resolve(d.reader.tree, w.schema.tree, native)
	if err != nil {
		return err
	}
	ours, err := d.reader.encode(native)
	if err != nil {
		return err
	}
	return decodeOwn(ours, v)
}
