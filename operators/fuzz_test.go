package operators

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
	f.Add(entryCodec.AppendValue(nil, &schemas.IdentityEntry{PersonRef: schemas.PersonRef("abcdefghijklmnopqrstuvwxyz"), Epoch: 2}))
	f.Add(shardCodec.AppendValue(nil, &schemas.ShardState{}))
	f.Add(personCodec.AppendValue(nil, &schemas.PersonState{}))
	f.Add(heldCodec.AppendValue(nil, &schemas.HeldRecords{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		rewritten(t, entryCodec, b)
		rewritten(t, heldCodec, b)
		rewritten(t, shardStateCodec{shardCodec, names{}}, b)
		rewritten(t, personStateCodec{personCodec, names{}}, b)
	})
}

// FuzzMovedStates: states that other tasks sent begin with their version.
func FuzzMovedStates(f *testing.F) {
	f.Add((&schemas.MovedState{}).AppendAvro([]byte{stateVersion}))
	f.Add((&schemas.MovedState{}).AppendAvro([]byte{stateVersion + 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v schemas.MovedState
		if err := decodeState(b, &v); err == nil && b[0] != stateVersion {
			t.Errorf("%x is of another version", b)
		}
	})
}

// FuzzFrame: schema ids are found as package schemas finds them.
func FuzzFrame(f *testing.F) {
	f.Add(appendFrame(nil, 7))
	f.Add([]byte{1, 0, 0, 0, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		id, payload, ok := splitFrame(b)
		want, theirs, err := schemas.ParseFrame(b)
		if ok != (err == nil) || id != want || !bytes.Equal(payload, theirs) {
			t.Errorf("%x: schema %d of %x (%t), and %d of %x (%v)", b, id, payload, ok, want, theirs, err)
		}
		if ok && !bytes.Equal(append(appendFrame(nil, id), payload...), b) {
			t.Errorf("%x is framed otherwise", b)
		}
	})
}

// FuzzShardName: what passes as the name of a shard is one.
func FuzzShardName(f *testing.F) {
	f.Add(string(appendShard(nil, fingerprint{1, 2, 255})))
	f.Add("0123456789ABCDEF0123456789ABCDEF")
	f.Fuzz(func(t *testing.T, s string) {
		if shard, ok := parseShard(s); ok && !bytes.EqualFold(appendShard(nil, shard), []byte(s)) {
			t.Errorf("%q is read as %x", s, shard)
		}
	})
}

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
