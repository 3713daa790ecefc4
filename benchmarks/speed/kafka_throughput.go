package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/attune-health/attune/benchmarks/machine"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// guarantee is one way to run the processor on Apache Kafka.
type guarantee struct {
	name string
	// Names its topics, with the number of the repeat after it.
	generation  string
	atLeastOnce bool
	checkpoints time.Duration
}

// guarantees are the ones whose throughput is compared. At least once has a checkpoint in each commit;
// so exactly once is measured both with that, to compare, and as the product does it.
func guarantees(o *options) []guarantee {
	return []guarantee{
		{"at least once", "alo", true, 0},
		{"exactly once, a checkpoint in each commit", "eos", false, 0},
		{fmt.Sprintf("exactly once, a checkpoint every %v", o.checkpoints), "eoc", false, o.checkpoints},
	}
}

// kafkaJob is one run of the whole job on Apache Kafka.
type kafkaJob struct {
	processed
	// Broker is the broker's CPU time.
	Broker time.Duration
}

// kafkaThroughputs lets a processor process the same touchpoints with each guarantee in turn, and then
// all again, so that whatever else the machine does affects each.
func kafkaThroughputs(ctx context.Context, o *options, r *report) (err error) {
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
	cluster, err := dial(ctx, broker.Addr())
	if err != nil {
		return err
	}
	defer cluster.Close()
	if err := createTopics(ctx, broker.Addr(), ""); err != nil {
		return err
	}
	w, err := newWorkload(ctx, cluster, o)
	if err != nil {
		return err
	}
	defer w.source.Close()
	if err := w.fill(ctx, o.touchpoints); err != nil {
		return fmt.Errorf("fill the source topics: %w", err)
	}
	// One that does not count: Java compiles what it runs often, and the first would pay for that.
	if _, err := w.work(ctx, cluster, order{Broker: broker.Addr(), Generation: "warm", Checkpoints: o.checkpoints}); err != nil {
		return err
	}
	if err := deleteGeneration(ctx, cluster, "warm"); err != nil {
		return err
	}
	runs := map[string][]kafkaJob{}
	for repeat := range o.repeats {
		for _, g := range guarantees(o) {
			generation := fmt.Sprintf("%s-%d", g.generation, repeat)
			before := machine.CPUOf(broker.Pid())
			p, err := w.work(ctx, cluster, order{Broker: broker.Addr(), Generation: generation, AtLeastOnce: g.atLeastOnce, Checkpoints: g.checkpoints})
			if err != nil {
				return fmt.Errorf("%s: %w", g.name, err)
			}
			runs[g.generation] = append(runs[g.generation], kafkaJob{p, machine.CPUOf(broker.Pid()) - before})
			if err := deleteGeneration(ctx, cluster, generation); err != nil {
				return err
			}
		}
	}
	r.kafkaThroughput(o, w, cluster.Version(), runs)
	return nil
}

// work lets a processor process the source topics into a generation of topics of its own, and checks
// that nothing is missing.
func (w *workload) work(ctx context.Context, cluster *kafka.Cluster, o order) (p processed, err error) {
	if err := createTopics(ctx, o.Broker, o.Generation); err != nil {
		return p, err
	}
	if p, err = process(ctx, o); err != nil {
		return p, err
	}
	identified, err := countTouchpoints(ctx, cluster, o.Generation)
	if err != nil {
		return p, err
	}
	if duplicates := p.Reasons["rejected_records.duplicate"]; identified != w.sent-w.phantoms || p.Restarts == 0 && identified-duplicates != len(w.distinct) {
		return p, fmt.Errorf("sent %d touchpoints, %d of them phantoms, %d distinct ones: got %d identified, %d duplicates among them",
			w.sent, w.phantoms, len(w.distinct), identified, duplicates)
	}
	return p, nil
}

// deleteGeneration removes the topics that a processor has written.
func deleteGeneration(ctx context.Context, cluster *kafka.Cluster, generation string) error {
	var names []string
	for _, t := range schemas.Topics(schemas.TopicConfig{Generation: generation}) {
		if !t.Input {
			names = append(names, t.Name)
		}
	}
	return cluster.DeleteTopics(ctx, names)
}

// leastShare is the share of at least once's throughput that exactly once must reach.
const leastShare = 0.7

func (r *report) kafkaThroughput(o *options, w *workload, version string, runs map[string][]kafkaJob) {
	n := float64(w.sent)
	rate := func(j *kafkaJob) float64 { return n / j.Usage.Wall.Seconds() }
	base := spreadOf(runs["alo"], rate).middle
	for _, g := range guarantees(o) {
		jobs := runs[g.generation]
		rates, bar := spreadOf(jobs, rate), ""
		share := ""
		if !g.atLeastOnce {
			bar = fmt.Sprintf(">= %.0f %% of at least once", 100*leastShare)
			share = fmt.Sprintf(": %.0f %%", 100*rates.middle/base)
		}
		r.add("Apache Kafka, the whole job, commits every 100 ms, "+g.name, bar, rates.text("%.0f", "touchpoints/s")+share, rates.middle >= leastShare*base)
		cpu := spreadOf(jobs, func(j *kafkaJob) float64 { return float64(j.Usage.CPU.Microseconds()) / n })
		broker := spreadOf(jobs, func(j *kafkaJob) float64 { return float64(j.Broker.Microseconds()) / n })
		r.add("... CPU for a touchpoint: processor; broker", "", cpu.text("%.2f", "µs")+"; "+broker.text("%.2f", "µs"), true)
		last := &jobs[len(jobs)-1]
		r.note("Apache Kafka, %s: last run %.2f s CPU in %.2f s, %.0f B written for a touchpoint, %d restarts; %s.", g.name,
			last.Usage.CPU.Seconds(), last.Usage.Wall.Seconds(), float64(last.Bytes)/n, last.Restarts, last.roundTrips())
	}
	r.note("Apache Kafka %s or newer, its processes on any core, %d touchpoints preloaded, state from empty, the same input for each run; after each every touchpoint is accounted for.", version, w.sent)
}
