package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/attune-health/attune/benchmarks/machine"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

// delays is what latencies were, from the moment at which a touchpoint was due to be sent until a
// read-committed reader had the action.
type delays struct {
	Engine             string
	Actions            int
	P50, P99, P999     float64 // ms
	Max                float64
	Behind             float64 // ms by which the source was late at most
	CPU                float64 // seconds of the engine's process for a million records
	PeakMemory         int64
	Load               float64
	ActionsAreExpected bool
}

// openLoop sends touchpoints when they are due, whatever becomes of them, and reads actions.
type openLoop struct {
	cluster  *kafka.Cluster
	topics   jobTopics
	options  *options
	workload *workload
	want     *expected
	began    time.Time
	behind   time.Duration

	mu    sync.Mutex
	taken []time.Duration
}

func (l *openLoop) counted() (from, to time.Time) {
	from = l.began.Add(l.options.Warm)
	return from, from.Add(l.options.Latency)
}

// send sends the touchpoints; warm is called when what counts begins.
func (l *openLoop) send(ctx context.Context, warm func()) error {
	out, err := newLoader(ctx, l.cluster, l.topics.Input, javaBatch)
	if err != nil {
		return err
	}
	l.began = time.Now()
	between := time.Second / time.Duration(l.options.Rate)
	from, to := l.counted()
	due := l.began
	for due.Before(to) {
		now := time.Now()
		for ; !due.After(now) && due.Before(to); due = due.Add(between) {
			if warm != nil && !due.Before(from) {
				warm()
				warm = nil
			}
			if warm == nil {
				l.behind = max(l.behind, now.Sub(due))
			}
			l.workload.next(due.UnixNano())
			key, value := l.workload.key[:], l.workload.value[:]
			l.want.add(key, value)
			if err := out.add(pipeline.Partition(key, partitions), key, value); err != nil {
				return errors.Join(err, out.wait())
			}
		}
		idle, err := out.sent()
		if err == nil && idle && out.producer.Pending() > 0 {
			err = out.send()
		}
		if err == nil {
			err = pause(ctx, max(500*time.Microsecond, time.Until(due)))
		}
		if err != nil {
			return errors.Join(err, out.wait())
		}
	}
	return out.close()
}

// read takes the time of every action, as it comes to a reader, until ctx ends.
func (l *openLoop) read(ctx context.Context, ready chan<- struct{}) error {
	f := l.cluster.NewFetcher(pipeline.FetcherConfig{MaxWait: 20})
	defer f.Close()
	positions := map[pipeline.TopicPartition]int64{}
	for p := range int32(partitions) {
		positions[pipeline.TopicPartition{Topic: l.topics.Actions, Partition: p}] = 0
	}
	f.Assign(positions)
	close(ready)
	var r pipeline.Record
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
				l.take(r.Value, now)
			}
			if err := c.Err(); err != nil {
				return err
			}
			c.Release()
		}
	}
}

func (l *openLoop) take(action []byte, now time.Time) {
	if len(action) != actionSize {
		return // the comparison of outputs says so
	}
	sent := time.Unix(0, int64(binary.BigEndian.Uint64(action)))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = append(l.taken, now.Sub(sent))
	if n := len(l.taken); sent.Before(l.began.Add(l.options.Warm)) {
		l.taken = l.taken[:n-1]
	}
}

// latency measures one engine once.
func (b *bench) latency(ctx context.Context, e *engine, repeat int) (*delays, error) {
	name := fmt.Sprintf("latency-%s-%d", e.name, repeat)
	r, err := b.newRun(name, name+"-touchpoints")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.dir)
	if err := createTopics(ctx, b.cluster, nil, r.topics.Input); err != nil {
		return nil, err
	}
	if err := r.topics.createOutputs(ctx, b.cluster); err != nil {
		return nil, err
	}
	s, err := b.start(e, r)
	if err != nil {
		return nil, err
	}
	d, err := b.offer(ctx, s, r)
	if d != nil {
		d.Engine = e.name
	}
	return d, errors.Join(err, s.end(ctx), b.removeTopics(ctx, r.name))
}

func (b *bench) offer(ctx context.Context, s *sut, r *jobRun) (*delays, error) {
	l := &openLoop{cluster: b.cluster, topics: r.topics, options: b.options, workload: newWorkload(latencySeed), want: newExpected(partitions)}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	ready, read := make(chan struct{}), make(chan error, 1)
	l.began = time.Now()
	go func() { read <- l.read(reading, ready) }()
	<-ready
	var before time.Duration
	if err := l.send(ctx, func() { before = machine.CPUOf(s.Pid()) }); err != nil {
		return nil, err
	}
	took := machine.CPUOf(s.Pid()) - before
	l.want.finish()
	o := newOutputs(b.cluster, r.topics, l.want)
	// Windows end at different times for engines that have one watermark and those that have one per
	// partition: here only actions count.
	l.want.aggregates = tally{}
	if err := o.await(ctx); err != nil {
		return nil, err
	}
	stop()
	if err := <-read; err != nil {
		return nil, err
	}
	if ended, err := s.Ended(); ended {
		return nil, fmt.Errorf("process ended: %w; %s", err, s.LogEnd())
	}
	o.found.Aggregates = tally{}
	if err := o.found.check(l.want); err != nil {
		return nil, err
	}
	d := l.delays()
	d.CPU = took.Seconds() / (float64(b.options.Rate) * b.options.Latency.Seconds()) * 1e6
	d.PeakMemory, d.Load = machine.PeakMemory(s.Pid()), machine.Load()
	return d, nil
}

func (l *openLoop) delays() *delays {
	slices.Sort(l.taken)
	n := len(l.taken)
	if n == 0 {
		return &delays{}
	}
	ms := func(i int) float64 { return float64(l.taken[min(i, n-1)].Microseconds()) / 1000 }
	return &delays{
		Actions: n, P50: ms(n / 2), P99: ms(n * 99 / 100), P999: ms(n * 999 / 1000), Max: ms(n - 1),
		Behind: float64(l.behind.Microseconds()) / 1000, ActionsAreExpected: true,
	}
}

func (b *bench) latencies(ctx context.Context) error {
	for repeat := range b.options.Repeats {
		for _, e := range b.chosen() {
			if !b.options.wants(b.options.LatencyEngines, e.name) {
				continue
			}
			d, err := b.latency(ctx, e, repeat)
			if err != nil {
				return fmt.Errorf("latency of %s: %w", e.name, err)
			}
			progress("%-22s at %d/s: p50 %.1f  p99 %.1f  max %.1f ms of %d actions; source late by %.1f ms at most", e.name, b.options.Rate, d.P50, d.P99, d.Max, d.Actions, d.Behind)
			b.report.Latency = append(b.report.Latency, d)
		}
	}
	return nil
}
