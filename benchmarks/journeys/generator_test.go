package journeys

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

// play runs a simulation to its end, or to n events where n is above 0.
func play(t testing.TB, c Config, n int, each func(*Event)) *Generator {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; n == 0 || i < n; i++ {
		e, ok := g.Next()
		if !ok {
			if n > 0 {
				t.Fatalf("ended after %d of %d events", i, n)
			}
			break
		}
		each(&e)
	}
	return g
}

// valueOf is what would be produced, without framing.
func valueOf(dst []byte, e *Event) []byte {
	switch e.Kind {
	case KindTouchpoint:
		return e.Touchpoint.AppendAvro(dst)
	case KindLink:
		return e.Link.AppendAvro(dst)
	case KindConsent:
		return e.Consent.AppendAvro(dst)
	default:
		return append(dst, e.Raw...)
	}
}

func digest(t testing.TB, c Config, n int) string {
	var h hash.Hash = sha256.New()
	var b []byte
	play(t, c, n, func(e *Event) {
		b = binary.BigEndian.AppendUint64(b[:0], uint64(e.At))
		b = append(append(b, e.Topic...), e.Key...)
		b = append(valueOf(b, e), fmt.Sprintf("%v", e.Truth)...)
		h.Write(b)
	})
	return hex.EncodeToString(h.Sum(nil))
}

// golden is the digest of the first 100,000 records of seed 7 with bad records.
// It changes only when the simulation is meant to change.
const golden = "7a403e546efcab070ce84fd6cbf2f84daae8d5939ceb54df3a7665bf0d4de8df"

func TestSameSeedGivesTheSameBytes(t *testing.T) {
	c := Config{Seed: 7, Rate: 300, Patients: 3000, BadShare: 0.01}
	first, second := digest(t, c, 100_000), digest(t, c, 100_000)
	if first != second {
		t.Errorf("two runs differ: %s and %s", first, second)
	}
	if first != golden {
		t.Errorf("digest %s, want %s: the simulation changed", first, golden)
	}
	for name, other := range map[string]Config{
		"seed":  {Seed: 8, Rate: 300, Patients: 3000, BadShare: 0.01},
		"start": {Seed: 7, Rate: 300, Patients: 3000, BadShare: 0.01, Start: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)},
	} {
		if digest(t, other, 100_000) == first {
			t.Errorf("another %s gives the same bytes", name)
		}
	}
}

func TestRecordsArriveInOrderAndDecode(t *testing.T) {
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	last := schemas.MillisOf(start)
	ids := map[string]int64{}
	var again schemas.Touchpoint
	play(t, Config{Seed: 3, Rate: 400, Patients: 5000, Duration: 10 * time.Minute, Start: start}, 0, func(e *Event) {
		if e.At < last {
			t.Fatalf("arrives at %v after %v", e.At, last)
		}
		last = e.At
		if e.Kind != KindTouchpoint {
			return
		}
		tp := e.Touchpoint
		if e.Topic != schemas.TouchpointTopic(tp.Channel) || tp.OccurredAt > e.At || tp.ReceivedAt < tp.OccurredAt || tp.ReceivedAt > e.At && e.Truth.Copy == 0 {
			t.Fatalf("%s: occurred %v, received %v, arrived %v", e.Topic, tp.OccurredAt, tp.ReceivedAt, e.At)
		}
		value := tp.AppendAvro(nil)
		if err := schemas.DecodeWhole(&again, value); err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, b := range value {
			sum = sum*31 + int64(b)
		}
		before, seen := ids[tp.EventID]
		if seen != (e.Truth.Copy > 0) || seen && before != sum {
			t.Fatalf("copy %d: seen before %v, or other bytes than before", e.Truth.Copy, seen)
		}
		ids[strings.Clone(tp.EventID)] = sum
	})
	if end := schemas.MillisOf(start.Add(10 * time.Minute)); last >= end || last < end-5000 {
		t.Errorf("last record arrives at %v, the end is %v", last, end)
	}
}

func TestRateHoldsFromTheStart(t *testing.T) {
	for _, rate := range []float64{20, 200, 2000} {
		perMinute := make([]int, 10)
		start := schemas.Millis(0)
		g := play(t, Config{Seed: 5, Rate: rate, Duration: 10 * time.Minute}, 0, func(e *Event) {
			if start == 0 {
				start = e.At
			}
			if e.Kind == KindTouchpoint {
				perMinute[(e.At-start)/60_000]++
			}
		})
		for i, n := range perMinute {
			if got := float64(n) / 60 / rate; got < 0.7 || got > 1.35 {
				t.Errorf("rate %v, minute %d: %.2f of it", rate, i, got)
			}
		}
		if got := float64(g.Emitted()) / 600 / rate; got < 0.9 || got > 1.1 {
			t.Errorf("rate %v: %.3f of it over ten minutes", rate, got)
		}
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	g, err := New(Config{Rate: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for range 200_000 {
		g.Next()
	}
	if allocs := testing.AllocsPerRun(20_000, func() { g.Next() }); allocs > 0.01 {
		t.Errorf("%.3f allocations per event", allocs)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]Config{
		"patients": {Patients: -1}, "rate": {Rate: -1}, "duration": {Duration: -1}, "start": {Start: time.Unix(0, 0)},
		"duplicate share": {DuplicateShare: 2}, "bad share": {BadShare: 0.9}, "delayed share": {DelayedShare: 3},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Patients: 1, Rate: 0.01, Duration: time.Second, DuplicateShare: -1, DelayedShare: -1}); err != nil {
		t.Error(err)
	}
}

func TestOnePatientIsEnough(t *testing.T) {
	n := 0
	play(t, Config{Patients: 1, Rate: 1}, 5000, func(*Event) { n++ })
	if n != 5000 {
		t.Errorf("%d events", n)
	}
}

func BenchmarkNext(b *testing.B) {
	g, err := New(Config{Rate: 2000})
	if err != nil {
		b.Fatal(err)
	}
	for range 500_000 {
		g.Next()
	}
	b.ReportAllocs()
	for b.Loop() {
		g.Next()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
