package join

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/pipeline/state"
)

// again demands that what decodes is written as the same value, and in a stable form.
func again[V any](t *testing.T, c state.Codec[V], b []byte) {
	var v, w V
	if c.DecodeValue(b, &v) != nil {
		return
	}
	once := c.AppendValue(nil, &v)
	if err := c.DecodeValue(once, &w); err != nil {
		t.Fatalf("%x decodes, but %x does not: %v", b, once, err)
	}
	if twice := c.AppendValue(nil, &w); !bytes.Equal(once, twice) {
		t.Errorf("%x becomes %x, then %x", b, once, twice)
	}
}

// cuts demands that nothing that ends early, or goes on, decodes.
func cuts[V any](t *testing.T, c state.Codec[V], whole []byte) {
	t.Helper()
	var v V
	if err := c.DecodeValue(whole, &v); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.AppendValue(nil, &v), whole) {
		t.Errorf("%x changes", whole)
	}
	for n := range whole {
		if err := c.DecodeValue(whole[:n], new(V)); err == nil {
			t.Errorf("%x, cut to %d bytes, decodes", whole, n)
		}
	}
	if c.DecodeValue(append(bytes.Clone(whole), 0), new(V)) == nil {
		t.Errorf("%x decodes with a byte more", whole)
	}
	whole[0]++
	if c.DecodeValue(whole, new(V)) == nil {
		t.Error("another version decodes")
	}
}

func someHistory() []byte {
	return historyCodec{}.AppendValue(nil, &history{[]version{{-7, false, []byte("granted")}, {1_700_000_000_000, true, nil}}})
}

func someItems() items {
	return items{{-3, 0, 2, []byte("idpayload")}, {-3, 5, 0, nil}, {1_700_000_000_000, maxAnswers, 1, []byte("x")}}
}

func someProbes() []byte { return probesCodec{}.AppendValue(nil, &probes{someItems()}) }
func someSides() []byte {
	return sidesCodec{}.AppendValue(nil, &sides{someItems(), someItems()[:1]})
}

func TestStateThatIsCutOrForeignIsNotDecoded(t *testing.T) {
	cuts(t, historyCodec{}, someHistory())
	cuts(t, probesCodec{}, someProbes())
	cuts(t, sidesCodec{}, someSides())
	backwards := historyCodec{}.AppendValue(nil, &history{[]version{{from: 2}, {from: 2}}})
	if (historyCodec{}).DecodeValue(backwards, new(history)) == nil {
		t.Error("two versions of one time decode")
	}
	if (probesCodec{}).DecodeValue((probesCodec{}).AppendValue(nil, &probes{items{{at: 2}, {at: 1}}}), new(probes)) == nil {
		t.Error("probes out of order decode")
	}
}

func FuzzHistory(f *testing.F) {
	f.Add(someHistory())
	f.Add([]byte{1, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) { again(t, historyCodec{}, b) })
}

func FuzzProbes(f *testing.F) {
	f.Add(someProbes())
	f.Fuzz(func(t *testing.T, b []byte) { again(t, probesCodec{}, b) })
}

func FuzzSides(f *testing.F) {
	f.Add(someSides())
	f.Fuzz(func(t *testing.T, b []byte) { again(t, sidesCodec{}, b) })
}
