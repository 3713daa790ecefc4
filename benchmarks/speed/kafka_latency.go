package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// kafkaWarm is longer than for the embedded broker: Java compiles what it runs often.
const kafkaWarm = 8 * time.Second

// kafkaLatencies measures the time from call to action on Apache Kafka, over both hops: source to
// identified, identified to action.
func kafkaLatencies(ctx context.Context, o *options, r *report) error {
	all := guarantees(o)
	for _, m := range []struct {
		guarantee
		bar time.Duration
	}{{all[2], 100 * time.Millisecond}, {all[0], 40 * time.Millisecond}} {
		var runs []latencies
		for range o.repeats {
			measured, err := kafkaLatency(ctx, o, m.guarantee)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			runs = append(runs, measured)
		}
		r.kafkaLatency(o, m.guarantee, m.bar, runs)
	}
	return nil
}

// kafkaLatency measures once, on a new broker.
func kafkaLatency(ctx context.Context, o *options, g guarantee) (measured latencies, err error) {
	dir, err := os.MkdirTemp("", "attune-speed-")
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	broker, err := startApache(ctx, filepath.Join(dir, "kafka"))
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, broker.Kill()) }()
	if err := createTopics(ctx, broker.Addr(), ""); err != nil {
		return measured, err
	}
	profile := ""
	if o.profile != "" {
		profile = o.profile + ".kafka-" + g.generation
	}
	work := order{Broker: broker.Addr(), AtLeastOnce: g.atLeastOnce, Checkpoints: g.checkpoints, Profile: profile}
	return offer(ctx, work, -1, loopConfig{Rate: o.rate, Patients: int(25 * o.rate), For: o.latency, Warm: kafkaWarm})
}

func (r *report) kafkaLatency(o *options, g guarantee, bar time.Duration, runs []latencies) {
	middle := middleOf(runs)
	p99 := spreadOf(runs, func(l *latencies) float64 { return milliseconds(l.P99) })
	name := fmt.Sprintf("call to action on Apache Kafka, %.0f/s, %s", o.rate, g.name)
	r.add(name, fmt.Sprintf("p99 <= %.0f ms", milliseconds(bar)), middle.figures(p99), p99.middle <= milliseconds(bar))
	r.note("%s: %s %s.", name, middle.circumstances(), middle.Processed.roundTrips())
}
