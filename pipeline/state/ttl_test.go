package state

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// aged is a store in memory whose event time is set by hand.
type aged[V any] struct {
	*Map[V]
	at pipeline.Time
}

func newAged[V any](c Codec[V], after time.Duration) *aged[V] {
	a := &aged[V]{Map: newMap("m", c)}
	a.expireBy(newLifetimes[V](TTL{After: after}, func(pipeline.Channels) pipeline.Time { return a.at }))
	return a
}

// TestKeysGoWhenTheirTimeHasCome compares with a look at all keys, with TTLs of a millisecond and of years,
// before 1970 and at the end of time.
func TestKeysGoWhenTheirTimeHasCome(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		after := []pipeline.Time{1, 31, 33, 1000, 90 * 24 * 3_600_000}[r.IntN(5)]
		width := max(1, after/32)
		m := newAged(stringCodec{}, time.Duration(after)*time.Millisecond)
		model := map[string]pipeline.Time{}
		watermark := []pipeline.Time{-500, 1_700_000_000_000, pipeline.MaxTime - 40*after}[r.IntN(3)]
		for step := range 3000 {
			key := fmt.Sprint(r.IntN(60))
			m.at = watermark + pipeline.Time(r.Int64N(int64(8*after)))>>r.IntN(8)
			if r.IntN(4) == 0 {
				m.at = watermark - pipeline.Time(r.Int64N(int64(3*after)))
			}
			if m.at < watermark-3*after {
				m.at = pipeline.MaxTime // beyond the end
			}
			switch r.IntN(6) {
			case 0:
				m.Delete(key)
				delete(model, key)
			case 1:
				jump := pipeline.Time(r.Int64N(int64(width) * 3))
				if r.IntN(20) == 0 {
					jump = pipeline.Time(r.Int64N(int64(after) * 5))
				}
				watermark = max(watermark, watermark+jump) // not beyond the end
			case 2:
				m.Changes(func(_, _ []byte) {})
			default:
				m.GetOrCreate(key)
				if before, ok := model[key]; !ok || m.at > before {
					model[key] = m.at
				}
			}
			gone := 0
			for k, at := range model {
				due := up(pipeline.MaxTime-width, width) // where it would be beyond the end
				if at <= pipeline.MaxTime-after-width {
					due = up(at+after, width)
				}
				if due <= watermark {
					delete(model, k)
					gone++
				}
			}
			if got := m.Expire(watermark); got != gone {
				t.Fatalf("seed %d, step %d: %d keys went, want %d", seed, step, got, gone)
			}
			if m.Len() != len(model) {
				t.Fatalf("seed %d, step %d: %d keys, want %d", seed, step, m.Len(), len(model))
			}
			for k := range model {
				if m.Get(k) == nil {
					t.Fatalf("seed %d, step %d: %s is gone", seed, step, k)
				}
			}
		}
	}
}

// up rounds up, written otherwise than floor.
func up(x, width pipeline.Time) pipeline.Time {
	for x%width != 0 {
		if r := x % width; r > 0 {
			x += width - r
		} else {
			x -= r
		}
	}
	return x
}

func TestWatermarkLooksAtNothingThatIsNotDue(t *testing.T) {
	m := newAged(fixedCodec{}, 32*time.Second)
	for i := range 10_000 {
		m.at = pipeline.Time(i)
		m.GetOrCreate(fmt.Sprint(i))
	}
	m.Expire(0)
	m.ttl.lives[1].at = pipeline.MinTime // would be seen
	for w := range pipeline.Time(31_000) {
		if m.Expire(w); m.ttl.lives[1].at != pipeline.MinTime {
			t.Fatalf("looked at all keys at %d", w)
		}
	}
}

func TestSteadyStateWithTTLAllocatesOnlyNewKeys(t *testing.T) {
	m := newAged(fixedCodec{}, time.Second)
	keys := []string{"a", "b", "c"}
	for _, k := range keys {
		m.Put(k, fixed{})
	}
	yield := func(_, _ []byte) {}
	round := func() {
		m.at += 7
		steady(m.Map, keys, yield)
		m.GetOrCreate(keys[1])
		m.Expire(m.at - 100)
	}
	for range 1000 {
		round()
	}
	if n := testing.AllocsPerRun(1000, round); n > 1 {
		t.Errorf("%v allocations a round, want 1, the copy of the new key", n)
	}
	if len(m.ttl.lives) > 8 {
		t.Errorf("%d lives for 3 keys", len(m.ttl.lives))
	}
}

func TestGenerationTellsThatKeysWent(t *testing.T) {
	m := newAged(stringCodec{}, time.Second)
	m.Put("a", "1")
	before := m.Generation()
	if m.Expire(500); m.Generation() != before {
		t.Error("another generation, with nothing gone")
	}
	if m.Expire(2000); m.Generation() == before {
		t.Error("the same generation, with a key gone")
	}
}

// TestTTLIsAddedToAStoreThenTakenAway: values of before have no time, and are of the time of the first
// watermark; without a TTL the time is passed over.
func TestTTLIsAddedToAStoreThenTakenAway(t *testing.T) {
	log := changelog{map[uint32]string{}, map[string][]byte{}}
	old := newMap("m", versioned{"ours"})
	old.Put("a", "1")
	log.write(t, old)

	m := newAged[string](versioned{"ours"}, time.Second)
	restoreInto(t, m.Map, log)
	if n := m.Expire(5000); n != 0 || m.Get("a") == nil {
		t.Fatalf("%d keys went with the first watermark", n)
	}
	m.at = 5500
	m.Put("b", "2")
	log.write(t, m.Map)

	again := newAged[string](versioned{"ours"}, time.Second)
	restoreInto(t, again.Map, log)
	if n := again.Expire(6100); n != 1 || again.Get("b") == nil {
		t.Errorf("%d keys went, want the one of before", n)
	}
	plain, err := log.restore(t, "ours")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := plain.Get("a"), plain.Get("b"); a == nil || *a != "1" || b == nil || *b != "2" {
		t.Errorf("without the TTL: got %v, %v", a, b)
	}
}

func restoreInto(t *testing.T, m *Map[string], log changelog) {
	t.Helper()
	for n, text := range log.schemas {
		if err := m.RestoreSchema(n, text); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range log.values {
		if err := m.Restore([]byte(k), v); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzSplitWritten(f *testing.F) {
	f.Add(appendWritten(nil, 1_700_000_000_000))
	f.Add([]byte{timed, 0x80})
	f.Add([]byte{1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		at, rest, err := splitWritten(b)
		if err != nil || len(b) == 0 || b[0] != timed {
			return
		}
		back, tail, err := splitWritten(append(appendWritten(nil, at), rest...))
		if err != nil || back != at || !slices.Equal(tail, rest) {
			t.Errorf("%x: got %d %x, %v", b, back, tail, err)
		}
	})
}

// BenchmarkMapWrite is a write in steady state, with and without a TTL, and what a commit and
// a watermark for every thousand cost of it.
func BenchmarkMapWrite(b *testing.B) {
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = benchKey(i)
	}
	run := func(name string, m *aged[fixed], move pipeline.Time) {
		b.Run(name, func(b *testing.B) {
			yield := func(_, _ []byte) {}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.at += move
				m.GetOrCreate(keys[i%len(keys)]).n[0]++
				m.Expire(m.at)
				if i%1000 == 999 {
					m.Changes(yield)
				}
			}
		})
	}
	run("no TTL", &aged[fixed]{Map: newMap("m", fixedCodec{})}, 1)
	run("TTL, a day", newAged(fixedCodec{}, 24*time.Hour), 1)
	run("TTL, each to another list", newAged(fixedCodec{}, 2048*time.Millisecond), 1)
}
