package roles

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	views, err6 := t.Meter.Int64Counter("attune_sink_view_failures", metric.WithDescription("Times that a materialized view of the site's own failed on one of our tables and was passed over for a minute."))
	rolled, err7 := t.Meter.Float64Histogram("attune_sink_rollup_seconds", metric.WithUnit("s"), metric.WithDescription("Time that the days of a roll-up took for which something had come."), seconds)
	unrolled, err8 := t.Meter.Int64Counter("attune_sink_rollup_failures", metric.WithDescription("Roll-ups that failed and are tried again; without a view, rounds of all."))
	age, err9 := newRollupAge(t)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9); err != nil {
		return clickhouse.Events{}, err
	}
	inserts := &failing{}
	t.AddCheck("sink inserts", inserts.check)
	background := context.Background()
	return clickhouse.Events{
		Events: consumer,
		Inserted: func(i clickhouse.Insert) {
			inserts.succeeded()
			rows.Add(background, int64(i.Rows), metric.WithAttributes(attribute.String("table", i.Table)))
			took.Record(background, i.Took.Seconds(), metric.WithAttributes(attribute.String("table", i.Table)))
			if len(i.IngestedAt) > 0 && i.IngestedAt[0] > 0 {
				fresh.Record(background, i.At.Sub(time.UnixMilli(i.IngestedAt[0])).Seconds())
			}
		},
		InsertFailed: func(table string, attempt int, err error) {
			if inserts.failed(err, time.Now()) {
				t.Log.Error("nothing has gone into ClickHouse for a while, and waiting may not help", "table", table, "err", err)
			}
			again.Add(background, 1, metric.WithAttributes(attribute.String("table", table)))
			if attempt&(attempt-1) == 0 {
				t.Log.Warn("insert failed, trying again", "table", table, "attempt", attempt, "err", err)
			}
		},
		ViewFailed: func(table, view string, err error) {
			views.Add(background, 1, metric.WithAttributes(attribute.String("table", table)))
			t.Log.Error("a materialized view of the site's own fails: its rows are missing, ours are there", "table", table, "view", view, "err", err)
		},
		Refreshed: func(r clickhouse.Refreshed) {
			rolled.Record(background, r.Took.Seconds(), metric.WithAttributes(attribute.String("view", r.View)))
		},
		RollupFailed: func(view string, err error) {
			unrolled.Add(background, 1, metric.WithAttributes(attribute.String("view", view)))
			t.Log.Warn("a roll-up failed, trying again", "view", view, "err", err)
		},
		RollupAge: age.told,
		Noted:     func(text string) { t.Log.Warn(text) },
	}, nil
}

// rollupAge is how old the oldest roll-up is. It grows between rounds, and where there are none any more.
type rollupAge struct {
	mu   sync.Mutex
	asOf time.Time
}

func newRollupAge(t *telemetry.Telemetry) (*rollupAge, error) {
	a := &rollupAge{}
	_, err := t.Meter.Float64ObservableGauge("attune_sink_rollup_age_seconds", metric.WithUnit("s"), metric.WithDescription("How long ago the newest days of that roll-up were computed for which it is longest, whichever sink did it."),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			if !a.asOf.IsZero() {
				o.Observe(time.Since(a.asOf).Seconds())
			}
			return nil
		}))
	return a, err
}

func (a *rollupAge) told(_ string, age time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asOf = time.Now().Add(-age)
}

// failing knows since when inserts have failed. For a while they may: ClickHouse is being restarted.
type failing struct {
	mu    sync.Mutex
	since time.Time
	err   error
	told  bool
}

// failingFor is how long inserts may fail before somebody should know.
const failingFor = 10 * time.Second

// failed notes a failure, and reports whether it is time to say so, once.
func (f *failing) failed(err error, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err = err; f.since.IsZero() {
		f.since = now
	}
	tell := !f.told && now.Sub(f.since) >= failingFor
	f.told = f.told || tell
	return tell
}

func (f *failing) succeeded() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.since, f.err, f.told = time.Time{}, nil, false
}

// check says for readiness that nothing goes in.
func (f *failing) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.since.IsZero() || time.Since(f.since) < failingFor {
		return nil
	}
	return fmt.Errorf("nothing goes into ClickHouse: %w", f.err)
}
