package schemas

// Translator turns values written with one schema into the bytes that another schema has for them, by Avro's rules of
// resolution. It costs microseconds a value, and is for what is read rarely.
type Translator struct {
	reader, writer *runtimeSchema
	same           bool
}

// NewTranslator returns an error if the reader's schema cannot read what the writer's wrote; it names the first field
// that prevents it.
func NewTranslator(reader, writer string) (*Translator, error) {
	if err := CanRead(reader, writer); err != nil {
		return nil, err
	}
	r, err := newRuntimeSchema(reader)
	if err != nil {
		return nil, err
	}
	w, err := newRuntimeSchema(writer)
	if err != nil {
		return nil, err
	}
	return &Translator{reader: r, writer: w, same: r.tree.Fingerprint() == w.tree.Fingerprint()}, nil
}

// Same says that both schemas have the same bytes for every value: they differ in documentation, defaults or tags.
func (t *Translator) Same() bool { return t.same }

// Translate returns the reader's bytes of a value. Its error is a *RecordError, which holds no value.
func (t *Translator) Translate(payload []byte) ([]byte, error) {
	if t.same {
		return payload, nil
	}
	native, err := t.writer.decode(payload)
	if err != nil {
		return nil, err
	}
	r := resolver{field: "record"}
	if native, err = r.resolve(t.reader.tree, t.writer.tree, native); err != nil {
		return nil, err
	}
	return t.reader.encode(native)
}

// AppendPayload appends a value of a schema, without a frame, as JSON.
func (v *Viewer) AppendPayload(dst []byte, schema string, payload []byte, reveal bool) ([]byte, error) {
	s, ok := v.parsed.Load(schema)
	if !ok {
		fresh, err := newRuntimeSchema(schema)
		if err != nil {
			return nil, wrongType("the writer's schema is not valid Avro")
		}
		s, _ = v.parsed.LoadOrStore(schema, fresh)
	}
	return v.append(dst, s.(*runtimeSchema), payload, reveal)
}

// Know lets the viewer show the untagged fields of a schema of ours that no topic has.
func (v *Viewer) Know(schema string) error {
	s, err := newRuntimeSchema(schema)
	if err != nil {
		return err
	}
	v.learn(s.tree)
	return nil
}
