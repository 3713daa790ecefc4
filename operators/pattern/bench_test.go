package pattern

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// discard is an appender that keeps nothing.
type discard struct{ n int }

func (d *discard) Append(*pipeline.OutRecord) error { d.n++; return nil }

// benched observes the time of each record, one a millisecond, and gives it to a matcher: the names of
// a key go round.
type benched struct {
	matcher *Matcher
	out     pipeline.Output
	symbols [4]Symbol
	r       Record
}

func (b *benched) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	n := binary.BigEndian.Uint64(r.Value)
	b.r = Record{Key: r.Key, At: pipeline.Time(n), ID: r.Value[:16], Symbol: b.symbols[n/1000%4]}
	ctx.ObserveEventTime(b.r.At)
	return b.matcher.Add(ctx, &b.r)
}

func (b *benched) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	return b.matcher.OnTimer(ctx, t)
}

// driven steps records of 1,000 keys through a task with a matcher, with a commit every thousand.
type driven struct {
	task *pipeline.Task
	out  *discard
	keys [][]byte
	r    pipeline.Record
	in   pipeline.Input
	n    int
}

func newDriven(tb testing.TB) *driven {
	tb.Helper()
	topology := &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "c", OutOfOrderness: 2000}},
		Roles: []pipeline.Role{{Name: "bench", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "log",
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				b := &benched{out: s.Output("out")}
				var err error
				b.matcher, err = New(s, Config{Name: "x", Sequence: Begin("a").Not("b").Then("c").Within(5 * time.Second), After: Each, TimerKind: 1},
					func(ctx *pipeline.Context, m *Match) error { ctx.Emit(b.out, m.Key, m.Found[0].ID); return nil },
					func(*pipeline.Context, *Record, Refused) error { return nil })
				for i, name := range []string{"a", "c", "b", "a"} {
					b.symbols[i], _ = b.matcher.Symbol(name)
				}
				return b, err
			}}},
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

func TestMatcherAllocatesNothingInSteadyState(t *testing.T) {
	d := newDriven(t)
	before := d.out.n
	if n := testing.AllocsPerRun(20, func() {
		for range 1000 {
			d.step(t)
		}
	}); n > 10 {
		t.Errorf("%v allocations in 1000 records", n)
	}
	if d.out.n == before {
		t.Error("nothing came out")
	}
}

func BenchmarkMatcher(b *testing.B) {
	d := newDriven(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		d.step(b)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		if _, err := Parse("web.failed then not web.completed within 10m then call.started within 30m"); err != nil {
			b.Fatal(err)
		}
	}
}
