package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/benchmarks/machine"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// loopConfig is one measurement of latency.
type loopConfig struct {
	// Rate is touchpoints per second.
	Rate     float64
	Patients int
	For      time.Duration
	// Warm is the time before For that is not counted.
	Warm time.Duration
	// Profile of the processor, if it has a process of its own.
	Profile string
	// Hot is the share of the rate that is one kiosk's.
	Hot float64

	// Grace is how long the last actions may take.
	Grace time.Duration

	// Generation of the processor's topics.
	Generation string
	// Settle waits before the loop begins until the processor has caught up.
	Settle bool

	// BrokerPid is the process whose CPU time is measured as the broker's; 0 for none.
	BrokerPid int

	// Crowd is who sends; nil is patients of whom nothing is known.
	Crowd *crowd `json:"-"`
}

// latencies is what an open loop has measured.
type latencies struct {
	// Calls are touchpoints of calls that led to an action.
	Calls         int
	P50, P99, Max time.Duration
	// Decided is the median time to the decision. The rest is its commit and the way to the reader.
	Decided time.Duration
	// Sent touchpoints.
	Sent int
	// Behind is how late the source was, at most.
	Behind time.Duration
	// Unanswered are records not yet processed when the source ended.
	Unanswered int
	// CPU of the processor's process. Where everything is in one process, it is that one's.
	CPU time.Duration
	// Broker is CPU of the broker.
	Broker  time.Duration
	Commits int64
	// Hot is how many of those sent were the kiosk's.
	Hot int
	// Processed is the processor's own report, if it has a process of its own.
	Processed processed
}

// openLoop sends touchpoints when they are due, and waits for actions.
type openLoop struct {
	cfg     loopConfig
	source  *source
	cluster *kafka.Cluster
	// Calls due before do not count.
	counted time.Time

	mu sync.Mutex
	// Touchpoints of calls that have no action yet, with the time at which they were due.
	due     map[string]time.Time
	taken   []time.Duration
	decided []time.Duration
	kiosk   kiosk
}

func newOpenLoop(ctx context.Context, cluster *kafka.Cluster, cfg loopConfig) (*openLoop, error) {
	s, err := newSource(ctx, cluster)
	return &openLoop{cfg: cfg, source: s, cluster: cluster, due: map[string]time.Time{}}, err
}

// run sends for the configured time, waits a while for the last actions, and returns what was measured.
func (l *openLoop) run(ctx context.Context) (latencies, error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	positions, err := l.ends(ctx)
	if err != nil {
		return latencies{}, err
	}
	read := make(chan error, 1)
	go func() { read <- l.consume(reading, positions) }()
	sent, err := l.send(ctx)
	if err == nil {
		err = pause(ctx, max(time.Second, l.cfg.Grace))
	}
	stop()
	if err = errors.Join(err, <-read, l.source.Close()); err != nil {
		return latencies{}, err
	}
	slices.Sort(l.taken)
	if len(l.taken) == 0 {
		return latencies{}, errors.New("no call led to an action")
	}
	slices.Sort(l.decided)
	n := len(l.taken)
	sent.Decided = l.decided[n/2]
	sent.Calls, sent.P50, sent.P99, sent.Max = n, l.taken[n/2], l.taken[n*99/100], l.taken[n-1]
	return sent, nil
}

// send sends each record when it is due. It never waits for the pipeline. If the broker is slow, the
// source is late, and that counts.
func (l *openLoop) send(ctx context.Context) (sent latencies, err error) {
	c := l.cfg.Crowd
	if c == nil {
		if c, err = newCrowd(l.cfg.Patients, l.cfg.Rate*(1-l.cfg.Hot), 1, time.Now()); err != nil {
			return sent, err
		}
	}
	e, _ := c.Next()
	began, first := time.Now(), e.At
	l.counted = began.Add(l.cfg.Warm)
	for end := began.Add(l.cfg.Warm + l.cfg.For); time.Now().Before(end); {
		due := began.Add(time.Duration(e.At-first) * time.Millisecond)
		if wait := time.Until(due); wait > 0 {
			if err := l.source.Flush(ctx); err != nil {
				return sent, err
			}
			if err := pause(ctx, time.Until(due)); err != nil {
				return sent, err
			}
		} else if due.After(l.counted) {
			sent.Behind = max(sent.Behind, -wait)
		}
		if e.Kind == journeys.KindTouchpoint {
			sent.Sent++
			l.note(e.Touchpoint, due)
		}
		if err := l.source.append(&e); err != nil {
			return sent, err
		}
		if e.Kind == journeys.KindTouchpoint && l.cfg.Hot > 0 {
			n, err := l.kiosk.follow(l.source, &e, l.cfg.Hot)
			if sent.Hot += n; err != nil {
				return sent, err
			}
		}
		e, _ = c.Next()
	}
	return sent, l.source.Flush(ctx)
}

func (l *openLoop) note(t *schemas.Touchpoint, due time.Time) {
	if t.Channel != schemas.ChannelCall || due.Before(l.counted) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.due[t.EventID]; !ok {
		l.due[strings.Clone(t.EventID)] = due
	}
}

func (l *openLoop) ends(ctx context.Context) (map[pipeline.TopicPartition]int64, error) {
	var tps []pipeline.TopicPartition
	for p := range int32(partitions) {
		tps = append(tps, pipeline.TopicPartition{Topic: schemas.InGeneration(schemas.TopicActions, l.cfg.Generation), Partition: p})
	}
	return l.cluster.EndOffsets(ctx, tps)
}

// consume reads next best actions as a contact center does.
func (l *openLoop) consume(ctx context.Context, positions map[pipeline.TopicPartition]int64) error {
	f := l.cluster.NewFetcher(pipeline.FetcherConfig{})
	defer f.Close()
	f.Assign(positions)
	var r pipeline.Record
	var action schemas.NextBestAction
	for {
		chunks, err := f.Poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		now := time.Now()
		for _, c := range chunks {
			for c.Next(&r) {
				_, payload, err := schemas.ParseFrame(r.Value)
				if err == nil {
					_, err = action.DecodeAvro(payload)
				}
				if err != nil {
					return err
				}
				l.took(action.TriggerID, time.UnixMilli(r.Timestamp), now)
			}
			c.Release()
		}
	}
}

func (l *openLoop) took(trigger string, decided, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if due, ok := l.due[trigger]; ok {
		delete(l.due, trigger)
		l.taken = append(l.taken, now.Sub(due))
		l.decided = append(l.decided, decided.Sub(due))
	}
}

// pause waits for a millisecond at least: records that become due meanwhile go together.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(d, time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// callsToAction measures each shape and rate.
func callsToAction(ctx context.Context, o *options, r *report) error {
	for _, m := range []struct {
		name  string
		rate  float64
		apart bool
		times int
	}{{"2,000/s, broker, processor and clients apart", 2000, true, o.repeats}, {"2,000/s, all in one process", 2000, false, 1}, {"10,000/s, apart", 10_000, true, 1}} {
		cfg := loopConfig{Rate: m.rate, Patients: int(25 * m.rate), For: o.latency, Warm: 3 * time.Second}
		if o.profile != "" {
			cfg.Profile = fmt.Sprintf("%s.%.0f", o.profile, m.rate)
		}
		var runs []latencies
		for range m.times {
			measured, err := shape(ctx, m.apart, cfg)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			runs = append(runs, measured)
		}
		r.callToAction(m.name, m.rate == 2000, runs)
	}
	return nil
}

func shape(ctx context.Context, apart bool, cfg loopConfig) (latencies, error) {
	dir, err := os.MkdirTemp("", "attune-speed-")
	if err != nil {
		return latencies{}, err
	}
	defer os.RemoveAll(dir)
	if apart {
		return measureApart(ctx, dir, cfg)
	}
	var ready struct{}
	c, err := start(ctx, order{Role: "together", Dir: dir, Loop: cfg}, -1, &ready)
	if err != nil {
		return latencies{}, err
	}
	var measured latencies
	return measured, errors.Join(c.ask("measure", &measured), c.end())
}

func measureApart(ctx context.Context, dir string, cfg loopConfig) (measured latencies, err error) {
	var at address
	broker, err := start(ctx, order{Role: "broker", Dir: dir}, -1, &at)
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, broker.end()) }()
	return offer(ctx, order{Broker: at.Broker, Profile: cfg.Profile, Checkpoints: 10 * time.Second}, -1, cfg)
}

// offer lets a processor in a process of its own process what an open loop sends, and returns what it
// used up to the loop's end.
func offer(ctx context.Context, o order, core int, cfg loopConfig) (measured latencies, err error) {
	o.Role = "processor"
	p, err := start(ctx, o, core, &struct{}{})
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	if cfg.Settle {
		if err := p.ask(askAnew, &measured.Processed); err != nil {
			return measured, err
		}
	}
	cluster, err := dial(ctx, o.Broker)
	if err != nil {
		return measured, err
	}
	defer cluster.Close()
	cfg.Generation = o.Generation
	l, err := newOpenLoop(ctx, cluster, cfg)
	if err != nil {
		return measured, err
	}
	broker := machine.CPUOf(cfg.BrokerPid)
	if measured, err = l.run(ctx); err != nil {
		return measured, err
	}
	measured.Broker = machine.CPUOf(cfg.BrokerPid) - broker
	if measured.Unanswered, err = behind(ctx, cluster, o.Generation); err != nil {
		return measured, err
	}
	err = p.ask(askNow, &measured.Processed)
	measured.CPU, measured.Commits = measured.Processed.Usage.CPU, measured.Processed.Commits
	return measured, err
}

// serveTogether measures with broker, processor and clients in this one process.
func serveTogether(ctx context.Context, o *order) error {
	b, err := embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: o.Dir})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := createTopics(ctx, b.Addr(), ""); err != nil {
		return err
	}
	before := used()
	p, err := startProcessor(ctx, &order{Broker: b.Addr(), Checkpoints: 10 * time.Second})
	if err != nil {
		return err
	}
	if err := p.await(ctx); err != nil {
		return err
	}
	err = serve(struct{}{}, func(string) (any, error) {
		l, err := newOpenLoop(ctx, p.cluster, o.Loop)
		if err != nil {
			return nil, err
		}
		measured, err := l.run(ctx)
		if err != nil {
			return nil, err
		}
		measured.Unanswered, err = behind(ctx, p.cluster, "")
		measured.CPU, measured.Commits = used().since(before).CPU, p.counts.commits.Load()
		return measured, err
	})
	return errors.Join(err, p.close())
}

// behind is the number of records that the processor has not processed yet.
func behind(ctx context.Context, cluster *kafka.Cluster, generation string) (n int, err error) {
	lags, err := cluster.Lag(ctx, groupIn(generation), append(schemas.TouchpointTopics(), schemas.InGeneration(schemas.TopicIdentified, generation))...)
	for i := range lags {
		n += int(lags[i].Lag())
	}
	return n, err
}
