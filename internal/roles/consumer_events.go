package roles

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/consume"
)

// consumerEvents turns what every consumer reports into metrics named after it, log lines, and a condition of
// /readyz.
func consumerEvents(t *telemetry.Telemetry, name string) (consume.Events, error) {
	rejected, err := t.Meter.Int64Counter("attune_"+name+"_rejected", metric.WithDescription(fmt.Sprintf("Records that the %s could not use, by reason.", name)))
	lag, lagErr := t.PartitionGauges("attune_"+name+"_lag_records", "", fmt.Sprintf("Offsets between what the %s has read and the end of a partition.", name))
	if err := errors.Join(err, lagErr); err != nil {
		return consume.Events{}, err
	}
	ready := &readiness{what: "has not joined its group"}
	t.AddCheck(name, ready.check)
	return consume.Events{
		Assigned: func(p []pipeline.TopicPartition) {
			ready.set(true) // without partitions, too: it is ready to take over
			lag.Drop(func(tp pipeline.TopicPartition) bool { return !slices.Contains(p, tp) })
			t.Log.Info(name+" assigned", "partitions", len(p))
		},
		CommitFailed: func(err error) {
			t.Log.Warn("offsets not committed, reading again", "err", err)
		},
		Rejected: func(p pipeline.TopicPartition, offset int64, reason string) {
			rejected.Add(context.Background(), 1, metric.WithAttributes(attribute.String("reason", reason)))
			t.Log.Warn("record rejected", "topic", p.Topic, "partition", p.Partition, "offset", offset, "reason", reason)
		},
		Lag:        func(p pipeline.TopicPartition, records int64) { lag.Set(p, float64(records)) },
		Traced:     t.SinkTraces(name),
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
