package aggregate

import (
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
