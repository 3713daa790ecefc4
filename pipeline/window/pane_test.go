package window

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// form checks that what decodes is written again in one form, and that nothing panics.
func form[V any](f *testing.F, c state.Codec[V], seeds ...*V) {
	f.Helper()
	for _, s := range seeds {
		f.Add(c.AppendValue(nil, s))
	}
	f.Add([]byte{paneVersion, 0xff, 2, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, w V
		if c.DecodeValue(b, &v) != nil {
			return
		}
		again := c.AppendValue(nil, &v)
		if err := c.DecodeValue(again, &w); err != nil {
			t.Fatalf("%x is written as %x, and that is %v", b, again, err)
		}
		if third := c.AppendValue(nil, &w); !bytes.Equal(again, third) {
			t.Errorf("%x is not stable: %x, then %x", b, again, third)
		}
	})
}

func FuzzPaneCodec(f *testing.F) {
	form(f, paneCodec[sum]{sumCodec{}}, &pane[sum]{value: sum{3, 4}, revision: 5, late: 6, dropped: 7, closed: true}, &pane[sum]{changed: true})
}

func FuzzMarkCodec(f *testing.F) {
	form(f, markCodec{}, &mark{}, &mark{end: 7, revision: 1 << 30, late: 3, dropped: 4, closed: true, known: true}, &mark{changed: true, frozen: true})
}

func FuzzTimeCodec(f *testing.F) {
	times := []pipeline.Time{0, -1, 1_767_600_000_000, pipeline.MinTime}
	form(f, timeCodec{}, &times[0], &times[1], &times[2], &times[3])
}
