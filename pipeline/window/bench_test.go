package window

import (
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// nowhere takes what a task emits and stores.
type nowhere struct{ records int }

func (n *nowhere) Append(*pipeline.OutRecord) error {
	n.records++
	return nil
}

// numbered takes records whose offset says all: event time is start + offset * step, with disorder.
type numbered struct {
	w    Windows[sum, arrival]
	step pipeline.Time
	keys [][]byte
	e    arrival
}

func (s *numbered) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	at := 1_800_000_000_000 + pipeline.Time(r.Offset)*s.step
	if r.Offset%8 == 0 {
		at -= 4000
	}
	ctx.ObserveEventTime(at)
	now, _ := ctx.Watermark(0)
	s.e.value = r.Offset
	_, err := s.w.Add(ctx, Arrival{At: at, Judged: now, Key: s.keys[r.Offset%int64(len(s.keys))]}, &s.e)
	return err
}

func (s *numbered) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return s.w.OnTimer(ctx, t) }

// benchmark measures a record through a task, with 10 keys, 100 records a second of event time, and
// a commit every 1000 records; what windows emit on the way is in it, and reported.
func benchmark(b *testing.B, by Assigner) {
	c := Config{Name: "bench", Assigner: by, Lateness: 10_000, Retain: 10_000, TimerKind: 1}
	panes := 0
	topology := &pipeline.Topology{
		Name: "bench", Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 5000}},
		Roles: []pipeline.Role{{Name: "bench", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "log",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				w, err := New(s, c, summing, func(*pipeline.Context, *Pane[sum]) error { panes++; return nil })
				p := &numbered{w: w, step: 10}
				for i := range 10 {
					p.keys = append(p.keys, fmt.Appendf(nil, "key-%d", i))
				}
				return p, err
			}}},
	}
	task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"}, pipeline.Environment{}, &nowhere{})
	if err != nil {
		b.Fatal(err)
	}
	in := pipeline.Input{Kind: pipeline.InputRecord, Record: &pipeline.Record{Topic: "in"}}
	commit := pipeline.Input{Kind: pipeline.InputCommit}
	step := func() {
		if err := task.Step(&in); err != nil {
			b.Fatal(err)
		}
		in.Record.Offset++
		if in.Record.Offset%1000 == 0 {
			if err := task.Step(&commit); err != nil {
				b.Fatal(err)
			}
			task.Sealed()
		}
	}
	for range 400_000 { // more than an hour: as many slices as there will be
		step()
	}
	panes = 0
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(1000*float64(panes)/float64(b.N), "panes/krecord")
}

func BenchmarkRecord(b *testing.B) {
	zone := location(b, "America/New_York")
	for _, c := range []struct {
		name string
		by   Assigner
	}{
		{"tumbling-1m", Tumbling{Size: 60_000}},
		{"calendar-day", Calendar{Unit: Day, Zone: zone}},
		{"calendar-hour", Calendar{Unit: Hour, Zone: zone}},
		{"session-30s", Session{Gap: 30_000}},
		{"sliding-2", Sliding{Size: 2 * 2000, Slide: 2000}},
		{"sliding-60", Sliding{Size: 60 * 2000, Slide: 2000}},
		{"sliding-1440", Sliding{Size: 1440 * 2000, Slide: 2000}},
	} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, c.by) })
	}
}

func BenchmarkCalendarAssign(b *testing.B) {
	c := Calendar{Unit: Day, Zone: location(b, "America/New_York")}
	at := pipeline.Time(time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC).UnixMilli())
	b.ReportAllocs()
	for b.Loop() {
		c.Assign(at)
	}
}
