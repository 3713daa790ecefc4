package clickhouse

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// BenchmarkSink measures records in memory to rows acknowledged by ClickHouse: decode, columns, insert. Polling is
// pipeline/kafka's to measure.
func BenchmarkSink(b *testing.B) {
	cfg := testConfig(sharedServer(b).NativeAddr())
	cfg.SetDefaults()
	c := openClient(b, cfg)
	if err := c.Apply(testContext(b)); err != nil {
		b.Fatal(err)
	}
	values := make([][]byte, 100_000)
	for i := range values {
		values[i] = schemas.AppendFramed(nil, cfg.SchemaIDs["Identified"][0], busyTouchpoint(i))
	}
	settings, err := c.usableSettings(testContext(b))
	if err != nil {
		b.Fatal(err)
	}
	f, err := newFiller(&cfg)
	if err != nil {
		b.Fatal(err)
	}
	in := &inserter{cfg: &cfg, client: c, settings: settings}
	free := make(chan *batch, 3)
	full := make(chan *batch, 3)
	for range 3 {
		free <- newBatch(f, in, testLog)
	}
	done := make(chan error, 1)
	ctx := testContext(b)
	go func() {
		var err error
		type delivery struct {
			*batch
			done chan error
		}
		under := make(chan delivery, 3)
		go func() {
			defer close(under)
			for batch := range full {
				d := delivery{batch, make(chan error, 1)}
				under <- d
				go func() { d.done <- d.Deliver(ctx, nil) }()
			}
		}()
		for d := range under {
			err = errors.Join(err, <-d.done)
			d.Reset()
			free <- d.batch
		}
		done <- err
	}()
	b.ReportAllocs()
	b.ResetTimer()
	own, theirs := ownCPU(b), serverCPU(b)
	r := pipeline.Record{Topic: cfg.Topics.Identified}
	batch := <-free
	for i := range b.N {
		r.Value, r.Offset = values[i%len(values)], int64(i)
		if err := batch.Add(ctx, &r); err != nil {
			b.Fatal(err)
		}
		if batch.touchpoints.rows() >= cfg.BatchRows {
			full <- batch
			batch = <-free
		}
	}
	full <- batch
	close(full)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((ownCPU(b)-own).Nanoseconds())/float64(b.N), "client-ns/row")
	b.ReportMetric(float64((serverCPU(b)-theirs).Nanoseconds())/float64(b.N), "server-ns/row")
}

// BenchmarkFill is the part of it that is ours: records to columns.
func BenchmarkFill(b *testing.B) {
	cfg := testConfig("")
	cfg.SetDefaults()
	f, err := newFiller(&cfg)
	if err != nil {
		b.Fatal(err)
	}
	values := make([][]byte, 1000)
	for i := range values {
		values[i] = schemas.AppendFramed(nil, cfg.SchemaIDs["Identified"][0], busyTouchpoint(i))
	}
	batch := newBatch(f, nil, testLog)
	r := pipeline.Record{Topic: cfg.Topics.Identified}
	b.ReportAllocs()
	for i := range b.N {
		r.Value, r.Offset = values[i%len(values)], int64(i)
		if err := batch.Add(b.Context(), &r); err != nil {
			b.Fatal(err)
		}
		if batch.touchpoints.rows() >= cfg.BatchRows {
			batch.Reset()
		}
	}
}

// ownCPU is the processor time of this process.
func ownCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverCPU is the processor time of the server, merges in the background included.
func serverCPU(b *testing.B) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", server.ch.Pid()))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}
