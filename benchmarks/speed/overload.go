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

// overloadBar is how long calls may take while too many page views come.
const overloadBar = time.Second

const (
	// overload is the offered load as a multiple of what the processor can do. It has a margin, since
	// the processor may do more in one run than in another; what counts is what was offered beside what
	// was done.
	overload       = 2
	overloadMargin = 1.25
	// overloadSample is how many page views the capacity is measured with.
	overloadSample = 300_000
	// overloadFor is how long latencies are taken at most: page views for twice as long must fit on the
	// disk.
	overloadFor  = 8 * time.Second
	overloadWarm = 3 * time.Second
)

// overloads measures calls that come at a normal rate while more page views wait before the processor
// than it can process meanwhile. All of them wait from the first moment on, which is harder than page
// views that come at twice the rate. The capacity is measured first, on page views of the same kind.
// The processor has one worker and one core, the broker the other.
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
	cluster, err := dial(ctx, at.Broker)
	if err != nil {
		return err
	}
	defer cluster.Close()
	views, err := newPageViews(ctx, cluster)
	if err != nil {
		return err
	}
	defer views.s.Close()
	if err := views.fill(ctx, overloadSample); err != nil {
		return fmt.Errorf("fill the source topics: %w", err)
	}
	work := order{Broker: at.Broker, Workers: 1, Checkpoints: o.checkpoints, MaxPending: o.pending, Restored: true}
	capacity, err := capacityOf(ctx, cluster, work)
	if err != nil {
		return fmt.Errorf("capacity: %w", err)
	}
	loop := loopConfig{Rate: o.rate, Patients: int(25 * o.rate), For: min(o.latency, overloadFor), Warm: overloadWarm, Grace: 4 * overloadBar}
	excess := int(overload * overloadMargin * capacity * (loop.Warm + loop.For + loop.Grace).Seconds())
	if err := views.fill(ctx, max(0, excess-overloadSample)); err != nil {
		return fmt.Errorf("fill the source topics: %w", err)
	}
	work.Profile = o.profile
	measured, err := offer(ctx, work, 0, loop)
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
	r.overload(o, &measured, capacity, max(excess, overloadSample), left, calls)
	return nil
}

// capacityOf is how many touchpoints of the source topics a processor can process in a second. It
// writes to topics of its own, so that the next processor finds the others untouched.
func capacityOf(ctx context.Context, cluster *kafka.Cluster, work order) (float64, error) {
	work.Generation = "-capacity"
	if err := createTopics(ctx, work.Broker, work.Generation); err != nil {
		return 0, err
	}
	p, err := process(ctx, work)
	if err != nil {
		return 0, err
	}
	return overloadSample / p.Usage.Wall.Seconds(), deleteGeneration(ctx, cluster, work.Generation)
}

// pageViews sends touchpoints of web and app.
type pageViews struct {
	g *journeys.Generator
	s *source
}

func newPageViews(ctx context.Context, cluster *kafka.Cluster) (*pageViews, error) {
	const patients, span, most = 100_000, 30 * time.Minute, 8_000_000
	g, err := journeys.New(journeys.Config{Patients: patients, Rate: most / span.Seconds(), Seed: 2, Start: time.Now().Add(-span).Truncate(time.Second)})
	if err != nil {
		return nil, err
	}
	s, err := newSource(ctx, cluster)
	return &pageViews{g, s}, err
}

// fill sends the next n.
func (v *pageViews) fill(ctx context.Context, n int) error {
	for n > 0 {
		e, _ := v.g.Next()
		if e.Topic != schemas.TopicTouchpointsWeb && e.Topic != schemas.TopicTouchpointsApp {
			continue
		}
		n--
		if err := v.s.append(&e); err != nil {
			return err
		}
		if v.s.Pending() > 1<<20 {
			if err := v.s.Flush(ctx); err != nil {
				return err
			}
		}
	}
	return v.s.Flush(ctx)
}

// waiting is the number of records of source topics that the processor has not processed.
func waiting(ctx context.Context, cluster *kafka.Cluster, topics ...string) (n int, err error) {
	lags, err := cluster.Lag(ctx, groupIn(""), topics...)
	for i := range lags {
		n += int(lags[i].Lag())
	}
	return n, err
}

func (r *report) overload(o *options, measured *latencies, capacity float64, excess, left, calls int) {
	offered := excess + measured.Sent
	done := max(1, offered-left)
	load := float64(offered) / float64(done)
	name := fmt.Sprintf("calls at %.0f touchpoints/s with %d page views before a processor of one core", o.rate, excess)
	bar := fmt.Sprintf("max < %v at %d times what it can do", overloadBar, overload)
	held := measured.Max < overloadBar && calls == 0 && load >= overload
	r.add("overload: "+name, bar, fmt.Sprintf("%.1f times: %s", load, measured.figures(spread{milliseconds(measured.P99), milliseconds(measured.P99), milliseconds(measured.P99)})), held)
	r.note("Overload: alone the processor did %.0f page views a second; %d touchpoints were offered, %d of them worked on meanwhile, %d page views wait still; %d records of calls, too; %s %d commits (%d urgent) of %.1f ms on average.",
		capacity, offered, done, left, calls, measured.circumstances(), measured.Commits, measured.Processed.Urgent, milliseconds(measured.Processed.Took)/float64(max(1, measured.Commits)))
}
