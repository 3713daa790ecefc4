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
	// task is driven without a runner: no broker, no goroutine, no clock.
	task *pipeline.Task
	// out takes the task's outputs and its changelog.
	out counting
	// keys are made beforehand, as making them would show as an allocation.
	keys [][]byte
	// record and in are used anew for each step, as a worker does: what the engine allocates shows, and
	// not what the test does.
	record pipeline.Record
	in     pipeline.Input
	// n is the number of the next record, and its time in milliseconds.
	n int
}

// counting takes what a task emits and stores, and keeps nothing: the records are the engine's to use anew.
type counting struct{ n int }

// Append implements the engine's appender.
func (c *counting) Append(*pipeline.OutRecord) error { c.n++; return nil }

// warmUp is how many records a treadmill has taken before it is handed out: maps, lists and buffers have
// their size by then, so that what still allocates is what each record costs.
const warmUp = 50_000

// NewTreadmill starts a task of the processor and warms it up. The topics that it names have four
// partitions.
func NewTreadmill(tb testing.TB, build func(s *pipeline.Setup) (pipeline.Processor, error)) *Treadmill {
	tb.Helper()
	topology := &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "in", OutOfOrderness: 2000}},
		Roles:    []pipeline.Role{{Name: "treadmill", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "changelog", New: build}},
	}
	m := &Treadmill{record: pipeline.Record{Topic: "in", Value: make([]byte, 100)}}
	task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "in"},
		pipeline.Environment{Partitions: func(string) (int32, error) { return 4, nil }}, &m.out)
	// The task begins with an empty state, as with the first start of a role.
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

// Step takes one record, and commits with every thousandth.
func (m *Treadmill) Step(tb testing.TB) {
	m.record.Key = m.keys[m.n%len(m.keys)]
	binary.BigEndian.PutUint64(m.record.Value, uint64(m.n))
	m.in = pipeline.Input{Kind: pipeline.InputRecord, Now: pipeline.Time(m.n), Record: &m.record}
	if err := m.task.Step(&m.in); err != nil {
		tb.Fatal(err)
	}
	m.record.Offset++
	// A commit in two steps, as the runner does it: it is sealed, and then stands at once.
	if m.n++; m.n%1000 == 0 {
		m.in = pipeline.Input{Kind: pipeline.InputCommit}
		if err := m.task.Step(&m.in); err != nil {
			tb.Fatal(err)
		}
		m.task.Sealed()
	}
}

// Bench measures a step, a thousandth of a commit included.
func (m *Treadmill) Bench(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m.Step(b)
	}
}

// AllocatesNothing demands that a thousand steps, and their commit, allocate next to nothing and bring
// something out: an operator that did nothing would pass otherwise. Ten allocations are for maps that grow
// once in a while.
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
