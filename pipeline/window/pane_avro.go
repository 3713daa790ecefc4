package window

import (
	"encoding/binary"
	"errors"

	"github.com/attune-health/attune/pipeline/state"
)

// Translating is a codec of values whose schema can be part of a larger one: that of the pane around
// the value. The library knows no schema language; the codec brings what can translate it. Panes of a
// state.SchemaCodec that is not Translating are kept with their schema too, but none that was written
// with another one can be read.
type Translating interface {
	// Translator returns what turns bytes of the schema writer into bytes of the schema reader.
	Translator(reader, writer string) (translate func(src []byte) ([]byte, error), err error)
}

// avroPaneCodec keeps panes as Avro, where their values are. Pane and value then have one schema, and a
// build that adds a field to the value reads the panes of the build before.
type avroPaneCodec[A any] struct{ value state.SchemaCodec[A] }

// codecOf is how panes with values of a codec are kept. The stored form follows from the codec's type: an
// aggregate that goes over to a SchemaCodec cannot read its old panes.
func codecOf[A any](value state.Codec[A]) state.Codec[pane[A]] {
	if c, ok := value.(state.SchemaCodec[A]); ok {
		return avroPaneCodec[A]{c}
	}
	return paneCodec[A]{value}
}

// Schema implements state.SchemaCodec.
func (c avroPaneCodec[A]) Schema() string {
	return `{"type":"record","name":"Pane","namespace":"health.attune","fields":[` +
		`{"name":"closed","type":"boolean","doc":"The on-time pane is out."},` +
		`{"name":"changed","type":"boolean","doc":"Since it was emitted."},` +
		`{"name":"revision","type":"int"},{"name":"late","type":"long"},{"name":"dropped","type":"long"},` +
		`{"name":"value","type":` + c.value.Schema() + `}]}`
}

// Resolve implements state.SchemaCodec.
func (c avroPaneCodec[A]) Resolve(writer string) (func([]byte) ([]byte, error), error) {
	t, ok := c.value.(Translating)
	if !ok {
		return nil, errors.New("pane: its schema has changed, and the codec of its value is not Translating")
	}
	return t.Translator(c.Schema(), writer)
}

// AppendValue implements state.Codec. It writes the fields of Schema in their order, as Avro does: a
// boolean is one byte, int and long are zigzag varints.
func (c avroPaneCodec[A]) AppendValue(dst []byte, p *pane[A]) []byte {
	dst = append(dst, boolean(p.closed), boolean(p.changed))
	dst = binary.AppendVarint(dst, int64(p.revision))
	dst = binary.AppendVarint(dst, p.late)
	dst = binary.AppendVarint(dst, p.dropped)
	return c.value.AppendValue(dst, &p.value)
}

// boolean is Avro's form of one.
func boolean(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// DecodeValue implements state.Codec. Panes of an older schema have been translated before.
func (c avroPaneCodec[A]) DecodeValue(src []byte, p *pane[A]) error {
	if len(src) < 2 || src[0] > 1 || src[1] > 1 {
		return errors.New("pane: neither true nor false")
	}
	p.closed, p.changed, p.known = src[0] == 1, src[1] == 1, true
	src, err := p.decodeCounts(src[2:])
	if err != nil {
		return err
	}
	return c.value.DecodeValue(src, &p.value)
}
