package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"

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

// BenchmarkStep is one touchpoint through task and operator, every patient as likely as any other.
func BenchmarkStep(b *testing.B) {
	for _, known := range []uint64{1_000, 25_000, 1_000_000} {
		b.Run(fmt.Sprintf("patients=%d", known), func(b *testing.B) {
			task := newTask(b, nowhere{})
			w := newWorkload(1)
			r := pipeline.Record{Topic: "input", Key: w.key[:], Value: w.value[:]}
			in := pipeline.Input{Kind: pipeline.InputRecord, Record: &r}
			w.next(0)
			step := func(patient uint64) {
				binary.BigEndian.PutUint64(w.key[:], patient*golden)
				binary.BigEndian.PutUint64(w.value[:], firstEvent+uint64(r.Offset))
				w.value[8], w.value[9] = byte(r.Offset>>2&3), byte(r.Offset%reasons)
				if err := task.Step(&in); err != nil {
					b.Fatal(err)
				}
				r.Offset++
			}
			for p := range known {
				step(p)
			}
			b.ReportAllocs()
			before := cpuOf(os.Getpid())
			for b.Loop() {
				step(w.random.long() % known)
			}
			// Other work on the machine lengthens the time, less so what the kernel counts as ours.
			b.ReportMetric(float64(cpuOf(os.Getpid())-before)/float64(b.N), "cpu-ns/op")
		})
	}
}
