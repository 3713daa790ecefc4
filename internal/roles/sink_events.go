package roles

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// sinkMeters holds the sink's instruments.
type sinkMeters struct {
	rows     metric.Int64Counter
	took     metric.Float64Histogram
	fresh    metric.Float64Histogram
	failed   metric.Int64Counter
	rejected metric.Int64Counter
	lag      *telemetry.Gauges[pipeline.TopicPartition]
}

// sinkEvents turns what the sink reports into metrics and log lines.
func sinkEvents(t *telemetry.Telemetry) (clickhouse.Events, error) {
	var m sinkMeters
	sinkSeconds := metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
	var errs [6]error
	m.rows, errs[0] = t.Meter.Int64Counter("attune_sink_rows", metric.WithDescription("Rows that ClickHouse has acknowledged, by table."))
	m.took, errs[1] = t.Meter.Float64Histogram("attune_sink_insert_seconds", metric.WithUnit("s"), metric.WithDescription("Time of an acknowledged insert."), sinkSeconds)
	m.fresh, errs[2] = t.Meter.Float64Histogram("attune_sink_freshness_seconds", metric.WithUnit("s"), metric.WithDescription("From INGEST to ClickHouse, the first row of each insert."), sinkSeconds)
	m.failed, errs[3] = t.Meter.Int64Counter("attune_sink_insert_failures", metric.WithDescription("Inserts that failed and are tried again."))
	m.rejected, errs[4] = t.Meter.Int64Counter("attune_sink_rejected", metric.WithDescription("Records that the sink could not use, by reason."))
	m.lag, errs[5] = t.PartitionGauges("attune_sink_lag_records", "", "Offsets between what the sink has read and the end of a partition.")
	if err := errors.Join(errs[:]...); err != nil {
		return clickhouse.Events{}, err
	}
	ready := &readiness{what: "has not joined its group"}
	t.AddCheck("sink", ready.check)
	background := context.Background()
	return clickhouse.Events{
		Assigned: func(p []pipeline.TopicPartition) {
			ready.set(true) // without partitions, too: it is ready to take over
			m.lag.Drop(func(tp pipeline.TopicPartition) bool { return !slices.Contains(p, tp) })
			t.Log.Info("sink assigned", "partitions", len(p))
		},
		Inserted: func(i clickhouse.Insert) {
			m.rows.Add(background, int64(i.Rows), metric.WithAttributes(attribute.String("table", i.Table)))
			m.took.Record(background, i.Took.Seconds(), metric.WithAttributes(attribute.String("table", i.Table)))
			if len(i.IngestedAt) > 0 && i.IngestedAt[0] > 0 {
				m.fresh.Record(background, i.At.Sub(time.UnixMilli(i.IngestedAt[0])).Seconds())
			}
		},
		InsertFailed: func(table string, attempt int, err error) {
			m.failed.Add(background, 1, metric.WithAttributes(attribute.String("table", table)))
			if attempt&(attempt-1) == 0 {
				t.Log.Warn("insert failed, trying again", "table", table, "attempt", attempt, "err", err)
			}
		},
		CommitFailed: func(err error) {
			t.Log.Warn("offsets not committed, reading again", "err", err)
		},
		Rejected: func(p pipeline.TopicPartition, offset int64, reason string) {
			m.rejected.Add(background, 1, metric.WithAttributes(attribute.String("reason", reason)))
			t.Log.Warn("record rejected", "topic", p.Topic, "partition", p.Partition, "offset", offset, "reason", reason)
		},
		Lag: func(p pipeline.TopicPartition, records int64) {
			m.lag.Set(p, float64(records))
		},
		Traced:     t.SinkTraces("sink"),
		ReadFailed: func(err error) { t.Log.Warn("reading failed, trying again", "err", err) },
	}, nil
}

// readiness is one condition of /readyz.
type readiness struct {
	mu   sync.Mutex
	ok   bool
	what string
}

func (r *readiness) set(ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ok = ok
}

func (r *readiness) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ok {
		return nil
	}
	return errors.New(r.what)
}
