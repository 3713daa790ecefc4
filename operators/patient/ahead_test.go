package patient

import (
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestRecordsAreShownThenTheSameIsWritten: changelog included, by a task that was shown what would come
// and by one that was not.
func TestRecordsAreShownThenTheSameIsWritten(t *testing.T) {
	for seed := range uint64(5) {
		var sums [2][]byte
		for i, blind := range []bool{false, true} {
			j := newJob(t, 1)
			j.sum, j.blind = sha256.New(), blind
			anyJourney(j, rand.New(rand.NewPCG(seed, 13)))
			sums[i] = j.sum.Sum(nil)
		}
		if !slices.Equal(sums[0], sums[1]) {
			t.Errorf("seed %d: another output", seed)
		}
	}
}

// TestPersonIsKnownThenTheirStateIsFound: nobody is met by being shown, and nothing is allocated.
func TestPersonIsKnownThenTheirStateIsFound(t *testing.T) {
	j := newJob(t, 50)
	j.feed(500)
	l := j.logs[j.config.Emit.Topics.Identified]
	var records []pipeline.Record
	for i := range l.records {
		if r := l.record(i); r.Headers == nil {
			records = append(records, pipeline.Record{Key: slices.Clone(r.Key), Value: slices.Clone(r.Value)})
		}
	}
	j.patient.Ahead(records)
	if n := len(j.patient.People); n != 0 {
		t.Fatalf("%d persons met ahead of their records", n)
	}
	j.drain()
	o := &j.patient.outlook
	o.Persons(j.patient.People, records)
	o.Shards()
	if len(o.Found) < len(records)*9/10 {
		t.Fatalf("found %d of %d persons", len(o.Found), len(records))
	}
	var in schemas.Identified
	shards, at := 0, 0
	for i := range o.Found {
		f := &o.Found[i]
		for ; string(records[at].Key) != f.Who.Ref; at++ {
		}
		_, payload, _ := emit.SplitFrame(records[at].Value)
		if err := schemas.DecodeWhole(&in, payload); err != nil {
			t.Fatal(err)
		}
		at++
		switch n := f.Who.Find(in.Shard); {
		case n < 0: // it has moved, or the record names none
		case f.Owned == &f.Who.Shards[n]:
			shards++
		case n < person.MaxHashed:
			t.Errorf("record %d: another shard than its own", at-1)
		}
	}
	if shards < len(records)/2 {
		t.Errorf("found %d shards of %d records", shards, len(records))
	}
	if n := testing.AllocsPerRun(10, func() { j.patient.Ahead(records) }); n != 0 {
		t.Errorf("got %v allocations a look, want 0", n)
	}
}

func FuzzShardOf(f *testing.F) {
	in := schemas.Identified{PersonRef: "p", Shard: "s"}
	in.Payload.Kind = schemas.IdentifiedPayloadConsent
	f.Add(in.AppendAvro(emit.AppendFrame(nil, 7)))
	f.Add([]byte{0, 0, 0, 0, 7, 2, 'p', 200, 1})
	f.Fuzz(func(t *testing.T, value []byte) {
		shard := person.ShardOf(value)
		_, payload, ok := emit.SplitFrame(value)
		if !ok {
			return
		}
		var in schemas.Identified
		if err := schemas.DecodeWhole(&in, payload); err != nil {
			return
		}
		if want := in.Shard; shard != want && (len(want) < 64 && len(in.PersonRef) < 64 || shard != "") {
			t.Errorf("got %q, want %q", shard, want)
		}
	})
}
