package state

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/pipeline"
)

func TestMetaIsReadAsItWasWritten(t *testing.T) {
	m := copyMeta{id: 7, topicID: [16]byte{1, 2}, layout: [16]byte{3}, position: pipeline.CopyPosition{Offset: 1 << 40, At: -5}, counts: map[string]int{"b": 3, "a": 0}}
	got, err := decodeMeta(m.append(nil))
	if err != nil || !cmp.Equal(got, m, cmp.AllowUnexported(copyMeta{})) {
		t.Errorf("got %+v, %v, want %+v", got, err, m)
	}
}

func FuzzDecodeMeta(f *testing.F) {
	f.Add((&copyMeta{id: 1, counts: map[string]int{"shards": 12}}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeMeta(b)
		if err != nil {
			return
		}
		again, err := decodeMeta(m.append(nil))
		if err != nil || !bytes.Equal(again.append(nil), m.append(nil)) {
			t.Errorf("%x: %v", b, err)
		}
	})
}

func FuzzValueWithSchema(f *testing.F) {
	f.Add([]byte{1, 'a'}, uint32(1))
	f.Add([]byte{0x80}, uint32(2))
	f.Add([]byte{3, 'x'}, uint32(3))
	f.Fuzz(func(t *testing.T, b []byte, number uint32) {
		c := newValueCodec[string](versioned{schema: "ours"})
		for n, schema := range map[uint32]string{1: "ours", 2: "upper", 3: "broken"} {
			if err := c.RestoreSchema(n, schema); err != nil {
				t.Fatal(err)
			}
		}
		var v string
		_ = c.decode(b, &v) // must not panic
	})
}
