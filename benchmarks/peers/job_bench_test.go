package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/attune-health/attune/benchmarks/machine"
	"github.com/attune-health/attune/pipeline"
)

// nowhere takes outputs and forgets them.
type nowhere struct{}

func (nowhere) Append(*pipeline.OutRecord) error { return nil }

func newTask(tb testing.TB, out pipeline.Appender) *pipeline.Task {
	tb.Helper()
	topics := topicsOf("input", "run")
	topology := topics.topology(false)
	env := pipeline.Environment{Partitions: func(string) (int32, error) { return partitions, nil }}
	task, err := pipeline.NewTask(topology, &topology.Roles[0], pipeline.TopicPartition{Topic: "input"}, env, out)
	if err != nil {
		tb.Fatal(err)
	}
	if err := task.Resume(pipeline.OffsetCommit{}); err != nil {
		tb.Fatal(err)
	}
	return task
}

// BenchmarkStep is one touchpoint through task and operator, every patient as likely as any other, shown
// ahead as a worker does it or not.
func BenchmarkStep(b *testing.B) {
	for _, known := range []uint64{1_000, 25_000, 1_000_000} {
		for _, ahead := range []bool{false, true} {
			b.Run(fmt.Sprintf("patients=%d/ahead=%v", known, ahead), func(b *testing.B) { benchmarkStep(b, known, ahead) })
		}
	}
}

func benchmarkStep(b *testing.B, known uint64, ahead bool) {
	task, random := newTask(b, nowhere{}), newSplittable(1)
	var records [16]pipeline.Record
	for i := range records {
		records[i] = pipeline.Record{Topic: "input", Key: make([]byte, 8), Value: make([]byte, touchpointSize)}
	}
	offset, next := int64(0), len(records)
	fill := func(patient func() uint64) {
		for i := range records {
			r := &records[i]
			r.Offset = offset
			binary.BigEndian.PutUint64(r.Key, patient()*golden)
			binary.BigEndian.PutUint64(r.Value, uint64(firstEvent+offset))
			r.Value[8], r.Value[9] = byte(offset>>2&3), byte(offset%reasons)
			offset++
		}
		if next = 0; ahead {
			task.Ahead(records[:])
		}
	}
	in := pipeline.Input{Kind: pipeline.InputRecord}
	step := func() {
		in.Record = &records[next]
		if err := task.Step(&in); err != nil {
			b.Fatal(err)
		}
		next++
	}
	for first := uint64(0); first < known; {
		fill(func() uint64 { first++; return first % known })
		for next < len(records) {
			step()
		}
	}
	b.ReportAllocs()
	before := machine.CPUOf(os.Getpid())
	for b.Loop() {
		if next == len(records) {
			fill(func() uint64 { return random.long() % known })
		}
		step()
	}
	// Other work on the machine lengthens the time, less so what the kernel counts as ours.
	b.ReportMetric(float64(machine.CPUOf(os.Getpid())-before)/float64(b.N), "cpu-ns/op")
}
