package world

import (
	"runtime"
	"testing"
)

func BenchmarkNext(b *testing.B) {
	g, err := New(Config{Patients: 1_000_000})
	if err != nil {
		b.Fatal(err)
	}
	for g.tick < g.law.calendar.begin {
		g.Next()
	}
	b.ReportAllocs()
	before := g.Emitted()
	for b.Loop() {
		g.Next()
	}
	b.ReportMetric(float64(g.Emitted()-before)/b.Elapsed().Seconds(), "touchpoints/s")
}

func BenchmarkQuietTick(b *testing.B) {
	c := Config{Seed: 5, Patients: 1}
	c.setDefaults()
	l := newLaw(&c)
	f := newFollower(l, &factorTable{law: l}, 0)
	x, t := *newBelief(), l.calendar.begin
	fs, arises := f.facts.of(t, 0, final), f.arises(dayOf(t))
	for b.Loop() {
		x.quiet(fs, &arises)
	}
}

// BenchmarkTenMillionPatients says how much memory ten million patients take, after a day of their history.
func BenchmarkTenMillionPatients(b *testing.B) {
	for b.Loop() {
		g, err := New(Config{Patients: 10_000_000})
		if err != nil {
			b.Fatal(err)
		}
		for g.tick < g.law.calendar.begin+dayTicks {
			g.Next()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
		b.ReportMetric(float64(g.Emitted()), "touchpoints")
		runtime.KeepAlive(g)
	}
}
