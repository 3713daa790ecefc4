package clickhouse

import (
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// BenchmarkSink measures records in memory to rows acknowledged by ClickHouse: decode, columns, insert. Polling is
// pipeline/kafka's to measure.
func BenchmarkSink(b *testing.B) {
	cfg := testConfig(sharedServer(b).NativeAddr())
	cfg.setDefaults()
	c := openClient(b, cfg)
	if err := c.Apply(testContext(b)); err != nil {
		b.Fatal(err)
	}
	values := make([][]byte, 100_000)
	for i := range values {
		values[i] = schemas.AppendFramed(nil, cfg.SchemaIDs["Identified"][0], busyTouchpoint(i))
	}
	settings, err := c.knownSettings(testContext(b))
	if err != nil {
		b.Fatal(err)
	}
	codes := &codeBook{}
	f, err := newFiller(&cfg, codes)
	if err != nil {
		b.Fatal(err)
	}
	in := &inserter{cfg: &cfg, client: c, settings: settings}
	free := make(chan *batch, 3)
	full := make(chan *batch, 3)
	for range 3 {
		free <- newBatch(testLog, codes)
	}
	done := make(chan error, 1)
	ctx := testContext(b)
	go func() {
		var err error
		for batch := range full {
			if err == nil {
				err = in.insert(ctx, batch, &batch.touchpoints, 0, batch.touchpoints.rows())
			}
			batch.reset()
			free <- batch
		}
		done <- err
	}()
	b.ReportAllocs()
	b.ResetTimer()
	add := f.add[cfg.Topics.Identified]
	at := place{topic: "attune.identified"}
	r := pipeline.Record{Topic: cfg.Topics.Identified}
	batch := <-free
	for i := range b.N {
		r.Value, at.offset = values[i%len(values)], int64(i)
		if err := add(ctx, batch, &r, at); err != nil {
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
}

// BenchmarkFill is the part of it that is ours: records to columns.
func BenchmarkFill(b *testing.B) {
	cfg := testConfig("")
	cfg.setDefaults()
	codes := &codeBook{}
	f, err := newFiller(&cfg, codes)
	if err != nil {
		b.Fatal(err)
	}
	values := make([][]byte, 1000)
	for i := range values {
		values[i] = schemas.AppendFramed(nil, cfg.SchemaIDs["Identified"][0], busyTouchpoint(i))
	}
	batch := newBatch(testLog, codes)
	add := f.add[cfg.Topics.Identified]
	at := place{topic: "attune.identified"}
	r := pipeline.Record{Topic: cfg.Topics.Identified}
	b.ReportAllocs()
	for i := range b.N {
		r.Value, at.offset = values[i%len(values)], int64(i)
		if err := add(b.Context(), batch, &r, at); err != nil {
			b.Fatal(err)
		}
		if batch.touchpoints.rows() >= cfg.BatchRows {
			batch.reset()
		}
	}
}
