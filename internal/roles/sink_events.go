package roles

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// sinkEvents turns what the sink reports into metrics and log lines.
func sinkEvents(t *telemetry.Telemetry) (clickhouse.Events, error) {
	seconds := metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
	rows, err1 := t.Meter.Int64Counter("attune_sink_rows", metric.WithDescription("Rows that ClickHouse has acknowledged, by table."))
	took, err2 := t.Meter.Float64Histogram("attune_sink_insert_seconds", metric.WithUnit("s"), metric.WithDescription("Time of an acknowledged insert."), seconds)
	fresh, err3 := t.Meter.Float64Histogram("attune_sink_freshness_seconds", metric.WithUnit("s"), metric.WithDescription("From INGEST to ClickHouse, the first row of each insert."), seconds)
	again, err4 := t.Meter.Int64Counter("attune_sink_insert_failures", metric.WithDescription("Inserts that failed and are tried again."))
	consumer, err5 := consumerEvents(t, "sink")
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return clickhouse.Events{}, err
	}
	background := context.Background()
	return clickhouse.Events{
		Events: consumer,
		Inserted: func(i clickhouse.Insert) {
			rows.Add(background, int64(i.Rows), metric.WithAttributes(attribute.String("table", i.Table)))
			took.Record(background, i.Took.Seconds(), metric.WithAttributes(attribute.String("table", i.Table)))
			if len(i.IngestedAt) > 0 && i.IngestedAt[0] > 0 {
				fresh.Record(background, i.At.Sub(time.UnixMilli(i.IngestedAt[0])).Seconds())
			}
		},
		InsertFailed: func(table string, attempt int, err error) {
			again.Add(background, 1, metric.WithAttributes(attribute.String("table", table)))
			if attempt&(attempt-1) == 0 {
				t.Log.Warn("insert failed, trying again", "table", table, "attempt", attempt, "err", err)
			}
		},
	}, nil
}
