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
	lost, lostErr := t.Meter.Int64Counter("attune_"+name+"_lost_records", metric.WithDescription(fmt.Sprintf("Offsets that retention had deleted before the %s read them, and that were passed over.", name)))
	if lostErr != nil {
		return consume.Events{}, lostErr
	}
	stands := &stopped{at: map[pipeline.TopicPartition]error{}}
	t.AddCheck(name+" reads", stands.check)
	ready := &readiness{what: "has not joined its group"}
	t.AddCheck(name, ready.check)
	return consume.Events{
		Assigned: func(p []pipeline.TopicPartition) {
			ready.set(true) // without partitions, too: it is ready to take over
			lag.Drop(func(tp pipeline.TopicPartition) bool { return !slices.Contains(p, tp) })
			stands.clear()
			t.Log.Info(name+" assigned", "partitions", len(p))
		},
		CommitFailed: func(err error) {
			t.Log.Warn("offsets not committed, reading again", "err", err)
		},
		Rejected: func(p pipeline.TopicPartition, offset int64, reason string) {
			rejected.Add(context.Background(), 1, metric.WithAttributes(attribute.String("reason", reason)))
			t.Log.Warn("record rejected", "topic", p.Topic, "partition", p.Partition, "offset", offset, "reason", reason)
		},
		Lag:    func(p pipeline.TopicPartition, records int64) { lag.Set(p, float64(records)) },
		Traced: t.SinkTraces(name),
		Lost: func(l pipeline.Loss) {
			if l.Resumed {
				lost.Add(context.Background(), l.To-l.From, metric.WithAttributes(attribute.String("topic", l.Topic)))
				t.Log.Error("records are lost, and passed over", "topic", l.Topic, "partition", l.Partition, "from", l.From, "to", l.To-1, "err", l.Err)
				return
			}
			stands.add(l)
			t.Log.Error("partition has stopped, the others go on", "topic", l.Topic, "partition", l.Partition, "err", l.Err)
		},
		ReadFailed: func(err error) { t.Log.Warn("reading failed, trying again", "err", err) },
	}, nil
}

// stopped are the partitions that are not read until somebody decides.
type stopped struct {
	mu sync.Mutex
	at map[pipeline.TopicPartition]error
}

func (s *stopped) add(l pipeline.Loss) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[l.TopicPartition] = l.Err
}

func (s *stopped) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.at)
}

// check names one of them.
func (s *stopped) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, err := range s.at {
		return fmt.Errorf("%d partitions have stopped: %w", len(s.at), err)
	}
	return nil
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
