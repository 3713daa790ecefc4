package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// newSinkRole makes the ClickHouse sink. observe, where it is not nil, hears each acknowledged
// insert besides the metrics.
func newSinkRole(ctx context.Context, c *Config, cluster *kafka.Cluster, r *schemas.Registry, t *telemetry.Telemetry, observe *stats) (*clickhouse.Sink, error) {
	cfg, err := c.sinkConfig()
	if err != nil {
		return nil, usage(err)
	}
	id, err := cluster.TopicID(ctx, c.own(schemas.TopicIdentified))
	if err != nil {
		return nil, unavailable(err)
	}
	cfg.LogID = uuid(id)
	ids, err := r.IDs(ctx)
	if err != nil {
		return nil, unavailable(fmt.Errorf("schema registry %s: %w", c.Registry.URL, err))
	}
	cfg.SchemaIDs, cfg.Schemas = idsByRecord(ids), r
	if cfg.Events, err = sinkEvents(t, observe); err != nil {
		return nil, err
	}
	s, err := clickhouse.New(ctx, cfg, cluster)
	if err != nil {
		return nil, unavailable(err)
	}
	return s, nil
}

// uuid writes a topic id as ClickHouse and people do.
func uuid(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// idsByRecord lists the ids that our own schemas are known by.
func idsByRecord(ids schemas.IDs) map[string][]int32 {
	out := map[string][]int32{}
	for _, d := range schemas.Definitions() {
		out[d.Name] = ids.OfRecord(d.Name)
	}
	return out
}

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
func sinkEvents(t *telemetry.Telemetry, observe *stats) (clickhouse.Events, error) {
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
			if observe != nil {
				observe.inserted(i)
			}
		},
		InsertFailed: func(table string, attempt int, err error) {
			m.failed.Add(background, 1, metric.WithAttributes(attribute.String("table", table)))
			if observe != nil {
				observe.sendAgain()
			}
			if attempt&(attempt-1) == 0 {
				t.Log.Warn("insert failed, trying again", "table", table, "attempt", attempt, "err", err)
			}
		},
		CommitFailed: func(err error) {
			if observe != nil {
				observe.sendAgain()
			}
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

// inserted notes rows in ClickHouse and how fresh they are.
func (s *stats) inserted(i clickhouse.Insert) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[i.Table] += i.Rows
	if i.Table != "touchpoints" {
		return
	}
	for _, at := range i.IngestedAt {
		if at > 0 {
			s.toClickHouse.add(i.At.Sub(time.UnixMilli(at)))
		}
	}
}

// sendAgain notes that rows may have been inserted twice.
func (s *stats) sendAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resent = true
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
