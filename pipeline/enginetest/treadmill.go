package enginetest

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// Treadmill steps records through one task without end: a thousand keys in turn, a millisecond of time
// each, 100 bytes of which the first eight are the record's number (big endian), and a commit after
// every thousand. The one channel is two seconds out of order. It is what benchmarks and tests of
// allocations of different operators have in common, so that their figures can be compared.
type Treadmill struct {
	task *pipeline.Task
	// out takes the task's outputs and its changelog.
	out  counting
	keys [][]byte
	// record and in are used anew for each step, as a worker does: what the engine allocates shows, and
	// not what the test does.
	record pipeline.Record
	in     pipeline.Input
	n      int
}

// counting takes what a task emits and stores, and keeps nothing.
type counting struct{ n int }

// Append implements the engine's appender.
func (c *counting) Append(*pipeline.OutRecord) error { c.n++; return nil }

// warmUp is how many records a treadmill has taken before it is handed out: its state no longer grows.
const warmUp = 50_000

// NewTreadmill starts a task of the processor and warms it up.
func NewTreadmill(tb testing.TB, build func(s *pipeline.Setup) (pipeline.Processor, error)) *Treadmill {
	tb.Helper()
	topology := &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 2000}},
		Roles:    []pipeline.Role{{Name: "treadmill", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "changelog", New: build}},
	}
	m := &Treadmill{record: pipeline.Record{Topic: "in", Value: make([]byte, 100)}}
	task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"},
		pipeline.Environment{Partitions: func(string) (int32, error) { return 4, nil }}, &m.out)
	if err == nil {
		err = task.Resume(pipeline.OffsetCommit{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	m.task = task
	for i := range 1000 {
		m.keys = append(m.keys, fmt.Appendf(nil, "person-%08d", i))
	}
	for range warmUp {
		m.Step(tb)
	}
	return m
}

// Step takes one record.
func (m *Treadmill) Step(tb testing.TB) {
	m.record.Key = m.keys[m.n%len(m.keys)]
	binary.BigEndian.PutUint64(m.record.Value, uint64(m.n))
	m.in = pipeline.Input{Kind: pipeline.InputRecord, Now: pipeline.Time(m.n), Record: &m.record}
	if err := m.task.Step(&m.in); err != nil {
		tb.Fatal(err)
	}
	m.record.Offset++
	if m.n++; m.n%1000 == 0 {
		m.in = pipeline.Input{Kind: pipeline.InputCommit}
		if err := m.task.Step(&m.in); err != nil {
			tb.Fatal(err)
		}
		m.task.Sealed()
	}
}

// Bench measures a step.
func (m *Treadmill) Bench(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m.Step(b)
	}
}

// AllocatesNothing demands that a thousand steps, and their commit, allocate next to nothing and bring
// something out.
func (m *Treadmill) AllocatesNothing(t *testing.T) {
	t.Helper()
	before := m.out.n
	if n := testing.AllocsPerRun(20, func() {
		for range 1000 {
			m.Step(t)
		}
	}); n > 10 {
		t.Errorf("%v allocations in 1000 records", n)
	}
	if m.out.n == before {
		t.Error("nothing came out")
	}
}
