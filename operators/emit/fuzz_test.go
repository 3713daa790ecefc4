package emit

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// FuzzFrame: schema ids are found as package schemas finds them.
func FuzzFrame(f *testing.F) {
	f.Add(AppendFrame(nil, 7))
	f.Add([]byte{1, 0, 0, 0, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		id, payload, ok := SplitFrame(b)
		want, theirs, err := schemas.ParseFrame(b)
		if ok != (err == nil) || id != want || !bytes.Equal(payload, theirs) {
			t.Errorf("%x: schema %d of %x (%t), and %d of %x (%v)", b, id, payload, ok, want, theirs, err)
		}
		if ok && !bytes.Equal(append(AppendFrame(nil, id), payload...), b) {
			t.Errorf("%x is framed otherwise", b)
		}
	})
}
