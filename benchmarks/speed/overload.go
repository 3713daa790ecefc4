package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// overloadBar is what calls may take while page views come late.
const overloadBar = time.Second

// overloads measures calls that come at a normal rate while more page views lie before the processor
// than it can work through meanwhile: everything that may wait waits from the first moment on, which
// is harder than page views that come at twice the rate. The processor has one worker and one core,
// the broker the other.
func overloads(ctx context.Context, o *options, r *report) (err error) {
	dir, err := os.MkdirTemp("", "attune-speed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var at address
	broker, err := start(ctx, order{Role: "broker", Dir: dir}, 1, &at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.end()) }()
	cluster, err := connect(ctx, at.Broker)
	if err != nil {
		return err
	}
	defer cluster.Close()
	if err := fillPageViews(ctx, cluster, o.excess); err != nil {
		return fmt.Errorf("fill the source topics: %w", err)
	}
	work := order{Broker: at.Broker, Workers: 1, Checkpoints: o.checkpoints, MaxPending: o.pending, Profile: o.profile}
	measured, err := offer(ctx, work, 0, loopConfig{Rate: o.rate, Patients: int(25 * o.rate), For: o.latency, Warm: 3 * time.Second, Grace: 4 * overloadBar})
	if err != nil {
		return err
	}
	var left, calls int
	if left, err = waiting(ctx, cluster, schemas.TopicTouchpointsWeb, schemas.TopicTouchpointsApp); err != nil {
		return err
	}
	if calls, err = waiting(ctx, cluster, schemas.TopicTouchpointsCall); err != nil {
		return err
	}
	r.overload(o, &measured, left, calls)
	return nil
}

// fillPageViews sends n touchpoints of web and app.
func fillPageViews(ctx context.Context, cluster *kafka.Cluster, n int) error {
	const patients = 100_000
	span := 10 * time.Minute
	g, err := journeys.New(journeys.Config{Patients: patients, Rate: float64(n) / span.Seconds(), Seed: 2, Start: time.Now().Add(-span).Truncate(time.Second)})
	if err != nil {
		return err
	}
	s, err := newSource(ctx, cluster)
	if err != nil {
		return err
	}
	for n > 0 {
		e, _ := g.Next()
		if e.Topic != schemas.TopicTouchpointsWeb && e.Topic != schemas.TopicTouchpointsApp {
			continue
		}
		n--
		if err := s.append(&e); err != nil {
			return err
		}
		if s.producer.Pending() > 1<<20 {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
	}
	return errors.Join(s.flush(ctx), s.producer.Close())
}

// waiting is how many records of source topics are before the processor.
func waiting(ctx context.Context, cluster *kafka.Cluster, topics ...string) (n int, err error) {
	lags, err := cluster.Lag(ctx, groupIn(""), topics...)
	for i := range lags {
		n += int(lags[i].Lag())
	}
	return n, err
}

func (r *report) overload(o *options, measured *latencies, left, calls int) {
	offered := o.excess + measured.Sent
	done := max(1, offered-left)
	load := float64(offered) / float64(done)
	name := fmt.Sprintf("calls at %.0f touchpoints/s with %d page views before a processor of one core", o.rate, o.excess)
	bar := fmt.Sprintf("max < %v at 2 times what it can do", overloadBar)
	held := measured.Max < overloadBar && calls == 0 && load >= 2
	r.add("overload: "+name, bar, fmt.Sprintf("%.1f times: %s", load, measured.figures(spread{milliseconds(measured.P99), milliseconds(measured.P99), milliseconds(measured.P99)})), held)
	r.note("Overload: %d touchpoints were offered, %d of them worked on meanwhile, %d page views wait still; %d records of calls, too; %s %d commits (%d urgent) of %.1f ms on average.",
		offered, done, left, calls, measured.circumstances(), measured.Commits, measured.Processed.Urgent, milliseconds(measured.Processed.Took)/float64(max(1, measured.Commits)))
}
