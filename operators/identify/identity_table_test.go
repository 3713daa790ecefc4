package identify

import (
	"crypto/sha256"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

func TestIdentityTableAgainstAMap(t *testing.T) {
	type entry struct {
		ref   string
		epoch int32
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	table, want := NewIdentityTable(), map[fingerprint]entry{}
	for range 200_000 {
		f := syntheticShard(rnd.Uint64N(20_000))
		f[0] &= 3 // few segments, so that runs get long
		if rnd.IntN(4) == 0 {
			table.remove(f)
			delete(want, f)
			continue
		}
		owner := string(AppendRef(nil, syntheticShard(rnd.Uint64N(500))))
		e := entry{owner, rnd.Int32N(9)}
		table.Put(f, table.Owners.Number(owner), e.epoch)
		want[f] = e
	}
	if table.Len() != len(want) {
		t.Fatalf("got %d entries, want %d", table.Len(), len(want))
	}
	for i := range uint64(20_000) {
		f := syntheticShard(i)
		f[0] &= 3
		owner, epoch, _ := table.Find(&f)
		e, ok := want[f]
		if ok != (owner != 0) || ok && (string(table.Ref(owner)) != e.ref || epoch != e.epoch) {
			t.Fatalf("entry %d: got owner %d epoch %d, want %v (there: %v)", i, owner, epoch, e, ok)
		}
	}
}

func TestIdentityTableTakesShardsThatBeginAlike(t *testing.T) {
	table := NewIdentityTable()
	for i := range 500 { // no hash would do this, a broken writer might
		f := fingerprint{1, 0xff, 0xff, 0xff, 0xff, byte(i), byte(i >> 8)}
		table.Put(f, table.Owners.Number(string(AppendRef(nil, f))), int32(i))
	}
	for i := range 500 {
		f := fingerprint{1, 0xff, 0xff, 0xff, 0xff, byte(i), byte(i >> 8)}
		if owner, epoch, _ := table.Find(&f); owner == 0 || epoch != int32(i) {
			t.Fatalf("shard %d: got owner %d epoch %d", i, owner, epoch)
		}
	}
}

// TestIdentityTableMemory measures what an identifier takes: a slot of 24 bytes, the room that a
// segment leaves for its next slots, and the person's name where it is the first of a person.
func TestIdentityTableMemory(t *testing.T) {
	identifiers, each := 1_000_000, uint64(4)
	if testing.Short() {
		identifiers = 250_000
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := NewIdentityTable()
	for i := range uint64(identifiers) {
		person := syntheticShard(i / each)
		person[15]++
		table.Put(syntheticShard(i), table.Owners.Number(string(AppendRef(nil, person))), 1)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	heap := float64(after.HeapAlloc-before.HeapAlloc) / float64(identifiers)
	refs := float64(table.Owners.bytes()) / float64(identifiers)
	t.Logf("%d identifiers of %d persons: %.1f bytes each on the heap, of them %.1f for the persons", identifiers, identifiers/int(each), heap, refs)
	if heap > 40 {
		t.Errorf("got %.1f bytes an identifier, want at most 40", heap)
	}
	runtime.KeepAlive(table)
}

func TestIdentityTableApply(t *testing.T) {
	table := NewIdentityTable()
	f := syntheticShard(1)
	key := AppendShard(nil, f)
	entry := schemas.IdentityEntry{Shard: string(key), PersonRef: schemas.PersonRef(AppendRef(nil, f)), Epoch: 3}
	value := entry.AppendAvro(emit.AppendFrame(nil, 6))
	if err := table.Apply(&pipeline.Record{Key: key, Value: value}); err != nil {
		t.Fatal(err)
	}
	if owner, epoch, _ := table.Find(&f); owner == 0 || epoch != 3 {
		t.Fatalf("got owner %d epoch %d, want one and 3", owner, epoch)
	}
	for name, r := range map[string]pipeline.Record{
		"key":   {Key: []byte("short"), Value: value},
		"frame": {Key: key, Value: []byte{1, 2}},
		"entry": {Key: key, Value: value[:len(value)-2]},
	} {
		if err := table.Apply(&r); pipeline.KindOf(err) != pipeline.KindInvalid {
			t.Errorf("bad %s: got %v, want it invalid", name, err)
		}
	}
	if err := table.Apply(&pipeline.Record{Key: key}); err != nil {
		t.Fatal(err)
	}
	if owner, _, _ := table.Find(&f); owner != 0 || table.Len() != 0 {
		t.Errorf("after its tombstone: got owner %d, %d entries", owner, table.Len())
	}
}

func FuzzIdentityTableApply(f *testing.F) {
	shard := syntheticShard(1)
	entry := schemas.IdentityEntry{Shard: string(AppendShard(nil, shard)), PersonRef: schemas.PersonRef(AppendRef(nil, shard)), Epoch: 3}
	f.Add(AppendShard(nil, shard), entry.AppendAvro(emit.AppendFrame(nil, 6)))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		table := NewIdentityTable()
		if err := table.Apply(&pipeline.Record{Key: key, Value: value}); err != nil && pipeline.KindOf(err) != pipeline.KindInvalid {
			t.Errorf("got %v, want it invalid", err)
		}
	})
}

func syntheticShard(i uint64) fingerprint {
	sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24), byte(i >> 32)})
	return fingerprint(sum[:16])
}

func fillSynthetic(t *IdentityTable, n int) {
	for i := range uint64(n) {
		f := syntheticShard(i)
		t.Put(f, t.Owners.Number(string(AppendRef(nil, f))), 1)
	}
}
