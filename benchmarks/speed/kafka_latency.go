package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/attune-health/attune/deploy/embeddedtest"
)

// kafkaWarm is the beginning of a run that is not counted: a new processor has caught up by then.
const kafkaWarm = 3 * time.Second

// kafkaKnown is how many touchpoints the broker has before the first run.
const kafkaKnown = 200_000

// kafkaShape is one variant that is measured on Apache Kafka.
type kafkaShape struct {
	guarantee
	bar time.Duration
	who string
	// nil: a new one.
	crowd   *crowd
	repeats int
}

// kafkaLatencies measures the time from call to action on Apache Kafka, through both roles: source to
// identified, identified to action. All runs use one broker, and the first does not count.
//
// Calls of known patients take these two steps. A new patient's call also waits for the parts of the
// persona that its links bring together: two more steps for each.
func kafkaLatencies(ctx context.Context, o *options, r *report) (err error) {
	dir, err := os.MkdirTemp("", "attune-speed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	broker, err := startApache(ctx, filepath.Join(dir, "kafka"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Kill()) }()
	shapes, err := kafkaShapes(ctx, o, broker.Addr())
	if err != nil {
		return err
	}
	if _, err := kafkaLatency(ctx, o, broker, &shapes[0], -1); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	runs := make([][]latencies, len(shapes))
	for repeat := range o.repeats {
		for i := range shapes {
			s := &shapes[i]
			if repeat >= s.repeats {
				continue
			}
			measured, err := kafkaLatency(ctx, o, broker, s, repeat*len(shapes)+i)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			runs[i] = append(runs[i], measured)
		}
	}
	for i := range shapes {
		r.kafkaLatency(o, &shapes[i], runs[i])
	}
	return nil
}

func kafkaShapes(ctx context.Context, o *options, broker string) ([]kafkaShape, error) {
	if err := createTopics(ctx, broker, ""); err != nil {
		return nil, err
	}
	cluster, err := dial(ctx, broker)
	if err != nil {
		return nil, err
	}
	defer cluster.Close()
	c, err := known(ctx, cluster, o.patients, o.rate, kafkaKnown)
	if err != nil {
		return nil, fmt.Errorf("fill the source topics: %w", err)
	}
	all := guarantees(o)
	exactly, atLeast := 100*time.Millisecond, 40*time.Millisecond
	return []kafkaShape{
		{all[2], exactly, "patients known", c, o.repeats}, {all[0], atLeast, "patients known", c, o.repeats},
		{all[2], exactly, "every patient new", nil, 1}, {all[0], atLeast, "every patient new", nil, 1},
	}, nil
}

// kafkaLatency measures once, in a generation of topics of its own. The source topics hold what earlier
// runs sent: the processor catches up with it first.
func kafkaLatency(ctx context.Context, o *options, broker *embeddedtest.Apache, s *kafkaShape, run int) (measured latencies, err error) {
	generation := fmt.Sprintf("%s-%d", s.generation, run)
	if err := createTopics(ctx, broker.Addr(), generation); err != nil {
		return measured, err
	}
	work := order{Broker: broker.Addr(), Generation: generation, AtLeastOnce: s.atLeastOnce, Checkpoints: s.checkpoints}
	if o.profile != "" {
		work.Profile = o.profile + ".kafka-" + s.generation
	}
	c := s.crowd
	if c == nil { // other patients than those of any other run
		if c, err = newCrowd(int(25*o.rate), o.rate, int64(run)+2, time.Now()); err != nil {
			return measured, err
		}
	}
	return offer(ctx, work, -1, loopConfig{Rate: o.rate, For: o.latency, Warm: kafkaWarm, Settle: true, Crowd: c, BrokerPid: broker.Pid()})
}

func (r *report) kafkaLatency(o *options, s *kafkaShape, runs []latencies) {
	middle := middleOf(runs)
	p99 := spreadOf(runs, func(l *latencies) float64 { return milliseconds(l.P99) })
	name := fmt.Sprintf("call to action on Apache Kafka, %.0f/s, %s, %s", o.rate, s.who, s.name)
	r.add(name, fmt.Sprintf("p99 <= %.0f ms", milliseconds(s.bar)), middle.figures(p99), p99.middle <= milliseconds(s.bar))
	r.note("%s: %s The broker %.2f s CPU. %s; fetches, a second: %.0f.", name, middle.circumstances(), middle.Broker.Seconds(), middle.Processed.roundTrips(),
		float64(middle.Processed.times("Fetch"))/(kafkaWarm+o.latency+time.Second).Seconds())
}
