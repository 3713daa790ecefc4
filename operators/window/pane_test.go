package window

import (
	"bytes"
	"testing"
)

// FuzzPaneCodec: what decodes is written again as it was, and nothing panics.
func FuzzPaneCodec(f *testing.F) {
	c := paneCodec[sum]{sumCodec{}}
	f.Add(c.AppendValue(nil, &pane[sum]{value: sum{3, 4}, revision: 5, late: 6, dropped: 7, closed: true}))
	f.Add([]byte{paneVersion, flagChanged, 2, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, q pane[sum]
		if c.DecodeValue(b, &p) != nil {
			return
		}
		again := c.AppendValue(nil, &p)
		if err := c.DecodeValue(again, &q); err != nil || q != p {
			t.Errorf("%x decodes to %+v, and that to %+v, %v", b, p, q, err)
		}
		if !bytes.Equal(again, c.AppendValue(nil, &q)) {
			t.Errorf("%x is not stable", b)
		}
	})
}
