package person

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
)

// rewritten checks that what a codec decodes is written again in one form.
func rewritten[V any](t *testing.T, c state.Codec[V], b []byte) {
	t.Helper()
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
}

// FuzzStateCodecs: every kind of value that the operators' stores keep.
func FuzzStateCodecs(f *testing.F) {
	f.Add(EntryCodec.AppendValue(nil, &schemas.IdentityEntry{PersonRef: schemas.PersonRef("abcdefghijklmnopqrstuvwxyz"), Epoch: 2}))
	f.Add(shardCodec.AppendValue(nil, &schemas.ShardState{}))
	f.Add(personCodec.AppendValue(nil, &schemas.PersonState{}))
	f.Add(heldCodec.AppendValue(nil, &schemas.HeldRecords{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		rewritten(t, EntryCodec, b)
		rewritten(t, heldCodec, b)
		rewritten(t, shardStateCodec{shardCodec, Names{}}, b)
		rewritten(t, personStateCodec{personCodec, Names{}}, b)
	})
}

// FuzzMovedStates: states that other tasks sent begin with their version.
func FuzzMovedStates(f *testing.F) {
	f.Add((&schemas.MovedState{}).AppendAvro([]byte{StateVersion}))
	f.Add((&schemas.MovedState{}).AppendAvro([]byte{StateVersion + 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v schemas.MovedState
		if err := DecodeState(b, &v); err == nil && b[0] != StateVersion && b[0] != 1 {
			t.Errorf("%x is of another version", b)
		}
	})
}
