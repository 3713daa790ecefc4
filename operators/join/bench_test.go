package join

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// discard is an appender that keeps nothing.
type discard struct{ n int }

func (d *discard) Append(*pipeline.OutRecord) error { d.n++; return nil }

// benched is a processor that observes the time of each record, one a millisecond, and gives it to a
// join.
type benched struct {
	take  func(ctx *pipeline.Context, r *Record, n uint64) error
	timer func(ctx *pipeline.Context, t pipeline.Timer) error
	r     Record
}

func (b *benched) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	n := binary.BigEndian.Uint64(r.Value)
	b.r = Record{Key: r.Key, At: pipeline.Time(n), ID: r.Value[:8], Payload: r.Value}
	ctx.ObserveEventTime(b.r.At)
	return b.take(ctx, &b.r, n)
}

func (b *benched) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return b.timer(ctx, t) }

// driven steps records of 1,000 keys through a task with a join, with a commit every thousand.
type driven struct {
	task *pipeline.Task
	out  *discard
	keys [][]byte
	r    pipeline.Record
	in   pipeline.Input
	n    int
}

func newDriven(tb testing.TB, build func(s *pipeline.Setup, b *benched) error) *driven {
	topology := &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "c", OutOfOrderness: 2000}},
		Roles: []pipeline.Role{{Name: "bench", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "log",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) { b := &benched{}; return b, build(s, b) }}},
	}
	d := &driven{out: &discard{}, r: pipeline.Record{Topic: "in", Value: make([]byte, 100)}}
	task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"},
		pipeline.Environment{Partitions: func(string) (int32, error) { return 4, nil }}, d.out)
	if err == nil {
		err = task.Resume(pipeline.OffsetCommit{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	d.task = task
	for i := range 1000 {
		d.keys = append(d.keys, fmt.Appendf(nil, "person-%08d", i))
	}
	for range 50_000 {
		d.step(tb)
	}
	return d
}

func (d *driven) step(tb testing.TB) {
	d.r.Key = d.keys[d.n%len(d.keys)]
	binary.BigEndian.PutUint64(d.r.Value, uint64(d.n))
	d.in = pipeline.Input{Kind: pipeline.InputRecord, Now: pipeline.Time(d.n), Record: &d.r}
	if err := d.task.Step(&d.in); err != nil {
		tb.Fatal(err)
	}
	d.r.Offset++
	if d.n++; d.n%1000 == 0 {
		d.in = pipeline.Input{Kind: pipeline.InputCommit}
		if err := d.task.Step(&d.in); err != nil {
			tb.Fatal(err)
		}
		d.task.Sealed()
	}
}

func temporalBench(policy Policy) func(s *pipeline.Setup, b *benched) error {
	return func(s *pipeline.Setup, b *benched) error {
		out := s.Output("out")
		join, err := NewTemporal(s, TemporalConfig{Name: "x", Answer: policy, Retention: 5000, TimerKind: 1},
			func(ctx *pipeline.Context, a *Answer) error { ctx.Emit(out, a.Key, a.Value); return nil },
			func(*pipeline.Context, *Record, Refused) error { return nil })
		var v Version
		b.timer = join.OnTimer
		b.take = func(ctx *pipeline.Context, r *Record, n uint64) error {
			if n/1000%4 == 0 { // every fourth record of a key is a version
				v = Version{Key: r.Key, From: r.At, Value: r.Payload}
				return join.Put(ctx, &v)
			}
			return join.Probe(ctx, r)
		}
		return err
	}
}

func intervalBench(s *pipeline.Setup, b *benched) error {
	out := s.Output("out")
	join, err := NewInterval(s, IntervalConfig{Name: "x", Kind: Left, Upper: 2000, TimerKind: 1},
		func(ctx *pipeline.Context, p *Pair) error { ctx.Emit(out, p.Left.Key, p.Left.Payload); return nil },
		func(*pipeline.Context, *Record, Refused) error { return nil })
	b.timer = join.OnTimer
	b.take = func(ctx *pipeline.Context, r *Record, n uint64) error {
		if n/1000%2 == 0 {
			return join.AddLeft(ctx, r)
		}
		return join.AddRight(ctx, r)
	}
	return err
}

func benches() map[string]func(*pipeline.Setup, *benched) error {
	return map[string]func(*pipeline.Setup, *benched) error{"wait": temporalBench(Wait), "now": temporalBench(Now), "interval": intervalBench}
}

func TestJoinsAllocateNothingInSteadyState(t *testing.T) {
	for name, build := range benches() {
		d := newDriven(t, build)
		before := d.out.n
		if n := testing.AllocsPerRun(20, func() {
			for range 1000 {
				d.step(t)
			}
		}); n > 10 {
			t.Errorf("%s: %v allocations in 1000 records", name, n)
		}
		if d.out.n == before {
			t.Errorf("%s: nothing came out", name)
		}
	}
}

func BenchmarkJoins(b *testing.B) {
	for name, build := range benches() {
		b.Run(name, func(b *testing.B) {
			d := newDriven(b, build)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				d.step(b)
			}
		})
	}
}
