package pipeline_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// discard is an appender that copies nothing and keeps nothing.
type discard struct{ bytes int }

func (d *discard) Append(r *pipeline.OutRecord) error {
	d.bytes += len(r.Key) + len(r.Value)
	return nil
}

// benchRole is a role of one processor over source "in", on a channel of its own or carried.
func benchTask(tb testing.TB, carried bool, n func(*pipeline.Setup) (pipeline.Processor, error)) *pipeline.Task {
	tb.Helper()
	return benchTaskOf(tb, carried, false, n)
}

// benchTaskOf is that, with or without order records between checkpoints.
func benchTaskOf(tb testing.TB, carried, orders bool, n func(*pipeline.Setup) (pipeline.Processor, error)) *pipeline.Task {
	tb.Helper()
	topology := &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "c", OutOfOrderness: 10, IdleAfter: 1000}},
		Roles: []pipeline.Role{
			{Name: "bench", Sources: []pipeline.Source{{Topic: "in", Carried: carried}}, Changelog: "log", New: n},
			{Name: "source", Sources: []pipeline.Source{{Topic: "source"}}, WatermarksTo: "in", New: n},
		},
	}
	env := pipeline.Environment{Partitions: func(string) (int32, error) { return 24, nil }, Orders: orders}
	t, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"}, env, &discard{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := t.Resume(pipeline.OffsetCommit{}); err != nil {
		tb.Fatal(err)
	}
	return t
}

// run steps n records through the task, event time one millisecond apart, and a commit every
// thousand. Where it may write order records, each hundredth commit is a checkpoint.
type benchRun struct {
	task   *pipeline.Task
	record pipeline.Record
	in     pipeline.Input
	keys   [][]byte
	n      int
}

func newBenchRun(t *pipeline.Task) *benchRun {
	b := &benchRun{task: t, record: pipeline.Record{Topic: "in", Value: make([]byte, 200)}}
	for i := range 10_000 {
		b.keys = append(b.keys, fmt.Appendf(nil, "person-%08d", i))
	}
	return b
}

func (b *benchRun) step(tb testing.TB) {
	b.record.Key = b.keys[b.n%len(b.keys)]
	binary.LittleEndian.PutUint64(b.record.Value, uint64(b.n))
	b.in = pipeline.Input{Kind: pipeline.InputRecord, Now: pipeline.Time(b.n), Record: &b.record}
	if err := b.task.Step(&b.in); err != nil {
		tb.Fatal(err)
	}
	b.record.Offset++
	b.n++
	if b.n%1000 == 0 {
		b.in = pipeline.Input{Kind: pipeline.InputCommit, Order: b.n%100_000 != 0}
		if err := b.task.Step(&b.in); err != nil {
			tb.Fatal(err)
		}
		b.task.Sealed()
	}
}

// nothing does nothing with a record.
type nothing struct{}

func (nothing) Process(*pipeline.Context, *pipeline.Record) error { return nil }

// forward emits each record.
type forward struct{ out pipeline.Output }

func (f *forward) Process(c *pipeline.Context, r *pipeline.Record) error {
	c.ObserveEventTime(pipeline.Time(binary.LittleEndian.Uint64(r.Value)))
	c.Emit(f.out, r.Key, r.Value, pipeline.Header{Key: "h", Value: r.Key})
	return nil
}

// counter keeps a count per key, and moves a timer of the key.
type counter struct {
	counts *state.Map[counted]
	timers pipeline.Time // how far ahead; 0: none
}

type counted struct {
	n   int64
	key string
}

type countedCodec struct{}

func (countedCodec) AppendValue(dst []byte, v *counted) []byte { return binary.AppendVarint(dst, v.n) }
func (countedCodec) DecodeValue(src []byte, v *counted) error  { return nil }

func (p *counter) Process(c *pipeline.Context, r *pipeline.Record) error {
	v := p.counts.GetBytes(r.Key)
	if v == nil {
		key := string(r.Key)
		v = p.counts.GetOrCreate(key)
		v.key = key
	}
	v.n++
	p.counts.MarkDirty(v.key)
	at := pipeline.Time(binary.LittleEndian.Uint64(r.Value))
	c.ObserveEventTime(at)
	if p.timers > 0 {
		c.SetTimer(pipeline.Timer{At: at + p.timers, Kind: 1, Key: v.key})
	}
	return nil
}

func (p *counter) OnTimer(*pipeline.Context, pipeline.Timer) error { return nil }

var benchProcessors = []struct {
	name string
	make func(*pipeline.Setup) (pipeline.Processor, error)
}{
	{"Empty", func(*pipeline.Setup) (pipeline.Processor, error) { return nothing{}, nil }},
	{"ObserveAndEmit", func(s *pipeline.Setup) (pipeline.Processor, error) { return &forward{s.Output("out")}, nil }},
	{"StoreUpdate", func(s *pipeline.Setup) (pipeline.Processor, error) {
		return &counter{counts: state.NewMap(s, "counts", countedCodec{})}, nil
	}},
	{"StoreUpdateAndTimerMoved", func(s *pipeline.Setup) (pipeline.Processor, error) {
		return &counter{counts: state.NewMap(s, "counts", countedCodec{}), timers: 50_000}, nil
	}},
	{"StoreUpdateAndTimerFired", func(s *pipeline.Setup) (pipeline.Processor, error) {
		return &counter{counts: state.NewMap(s, "counts", countedCodec{}), timers: 5000}, nil
	}},
}

func TestRecordPathDoesNotAllocate(t *testing.T) {
	for _, p := range benchProcessors {
		for _, orders := range []bool{false, true} {
			run := newBenchRun(benchTaskOf(t, false, orders, p.make))
			for range 30_000 {
				run.step(t)
			}
			allowed := 0.0
			if p.name == "StoreUpdateAndTimerFired" {
				allowed = 1 // each timer is a new one, whose key is copied
			}
			if n := testing.AllocsPerRun(20_000, func() { run.step(t) }); n > allowed {
				t.Errorf("%s, order records %v: %v allocations a record", p.name, orders, n)
			}
		}
	}
}

// BenchmarkTask is the engine's share of a record: Step, and a commit every 1000 records.
func BenchmarkTask(b *testing.B) {
	for _, p := range benchProcessors {
		for name, orders := range map[string]bool{p.name: false, p.name + "/orders": true} {
			b.Run(name, func(b *testing.B) {
				run := newBenchRun(benchTaskOf(b, false, orders, p.make))
				for range 30_000 {
					run.step(b)
				}
				b.ReportAllocs()
				for b.Loop() {
					run.step(b)
				}
			})
		}
	}
}

// BenchmarkPartitions is StoreUpdateAndTimerMoved over as many tasks as a topic may have partitions, 500
//
// records of one after the other's: what a record costs must not grow with their number, or the whole
// would not be linear in it. All have as many keys together.
func BenchmarkPartitions(b *testing.B) {
	const keys = 64_000
	for _, partitions := range []int{1, 4, 16, 64, 256} {
		b.Run(fmt.Sprint(partitions), func(b *testing.B) {
			runs := make([]*benchRun, partitions)
			for i := range runs {
				runs[i] = newBenchRun(benchTask(b, false, benchProcessors[3].make))
				runs[i].keys = runs[i].keys[:0]
				for k := range keys / partitions {
					runs[i].keys = append(runs[i].keys, fmt.Appendf(nil, "person-%08d", k*partitions+i))
				}
				for range 2 * keys / partitions {
					runs[i].step(b)
				}
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				runs[n/500%partitions].step(b)
				n++
			}
		})
	}
}

// BenchmarkControlRecord is a control record with the marks of 24 sources.
func BenchmarkControlRecord(b *testing.B) {
	task := benchTask(b, true, benchProcessors[0].make)
	marks := make([]pipeline.SourceMark, 24)
	for i := range marks {
		marks[i] = pipeline.SourceMark{Topic: "source", Partition: int32(i), Of: 24}
	}
	var value []byte
	r := pipeline.Record{Topic: "in", Headers: []pipeline.Header{{Key: pipeline.WatermarkHeader}}}
	b.ReportAllocs()
	for b.Loop() {
		for i := range marks {
			marks[i].Watermark++
		}
		value = pipeline.AppendControl(value[:0], marks)
		r.Value = value
		if err := task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Record: &r}); err != nil {
			b.Fatal(err)
		}
		r.Offset++
	}
}
