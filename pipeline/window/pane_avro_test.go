package window

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// avroSum is sumCodec with a schema; its bytes are Avro already.
type avroSum struct{ sumCodec }

const sumSchema = `{"type":"record","name":"Sum","fields":[{"name":"total","type":"long"},{"name":"count","type":"long"}]}`

func (avroSum) Schema() string { return sumSchema }

func (avroSum) Translator(reader, writer string) (func([]byte) ([]byte, error), error) {
	t, err := schemas.NewTranslator(reader, writer)
	if err != nil {
		return nil, err
	}
	return t.Translate, nil
}

func (avroSum) Resolve(string) (func([]byte) ([]byte, error), error) { return nil, nil }

// TestPanesAreAvro translates a pane with a field that is gone since: only what is Avro survives that.
func TestPanesAreAvro(t *testing.T) {
	c := avroPaneCodec[sum]{avroSum{}}
	old := strings.Replace(c.Schema(), `{"name":"late"`, `{"name":"gone","type":"int"},{"name":"late"`, 1)
	p := pane[sum]{value: sum{3, 4}, revision: 70, late: 6, dropped: -7, closed: true, known: true}
	written := c.AppendValue(nil, &p)
	const before = 4 // closed, changed and two bytes of revision
	written = append(append(append([]byte{}, written[:before]...), 2), written[before:]...)
	translate, err := c.Resolve(old)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := translate(written)
	if err != nil {
		t.Fatal(err)
	}
	var got pane[sum]
	if err := c.DecodeValue(ours, &got); err != nil || got != p {
		t.Errorf("got %+v, %v, want %+v", got, err, p)
	}
}

func FuzzAvroPaneCodec(f *testing.F) {
	c := avroPaneCodec[sum]{avroSum{}}
	f.Add(c.AppendValue(nil, &pane[sum]{value: sum{3, 4}, revision: 5, late: 6, closed: true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, q pane[sum]
		if c.DecodeValue(b, &p) != nil {
			return
		}
		if err := c.DecodeValue(c.AppendValue(nil, &p), &q); err != nil || q != p {
			t.Errorf("%x decodes to %+v, and that to %+v, %v", b, p, q, err)
		}
	})
}
