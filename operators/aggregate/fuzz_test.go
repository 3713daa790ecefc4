package aggregate

import (
	"strings"
	"testing"
)

// FuzzTallyCodec: a tally is written again in one form.
func FuzzTallyCodec(f *testing.F) {
	codec := tallyCodec{}
	f.Add(codec.AppendValue(nil, &tally{touchpoints: 3, waitMs: 1 << 40, persons: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, w tally
		if codec.DecodeValue(b, &v) != nil {
			return
		}
		again := codec.AppendValue(nil, &v)
		if err := codec.DecodeValue(again, &w); err != nil {
			t.Fatalf("%x is written as %x, and that is %v", b, again, err)
		}
		if v != w {
			t.Errorf("%x is %v, written again %v", b, v, w)
		}
	})
}

// TestTallyOfTheBuildBeforeIsRead: it had ten figures.
func TestTallyOfTheBuildBeforeIsRead(t *testing.T) {
	before := strings.Replace(tallySchema, `,{"name":"repeats","type":"long","default":0},{"name":"failed_steps","type":"long","default":0}`, "", 1)
	if before == tallySchema {
		t.Fatal("the schema has no figure that is new")
	}
	translate, err := tallyCodec{}.Translator(tallySchema, before)
	if err != nil {
		t.Fatal(err)
	}
	want := tally{touchpoints: 3, lastResort: 2, persons: 1}
	old := tallyCodec{}.AppendValue(nil, &want)
	now, err := translate(old[:len(old)-2])
	if err != nil {
		t.Fatal(err)
	}
	var got tally
	if err := (tallyCodec{}).DecodeValue(now, &got); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
