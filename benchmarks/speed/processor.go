package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/schemas"
)

// processor is the topology on a cluster, wired as `attune run` wires it, telemetry included.
type processor struct {
	cluster *kafka.Cluster
	tel     *telemetry.Telemetry
	*roles.Processor
	counts processorCounts
	// Closed when every task has been.
	ready chan struct{}
	done  chan error
	stop  context.CancelFunc
}

// processorCounts counts the engine's events.
type processorCounts struct {
	commits, urgent, bytes, took, restarts atomic.Int64

	requests requestTimes

	mu      sync.Mutex
	reasons map[string]int
	tasks   map[pipeline.TaskID]bool
}

// startProcessor runs a processor until stop is called.
func startProcessor(ctx context.Context, o *order) (*processor, error) {
	p := &processor{ready: make(chan struct{}), done: make(chan error, 1)}
	p.counts.reasons, p.counts.tasks = map[string]int{}, map[pipeline.TaskID]bool{}
	var err error
	if p.cluster, err = dial(ctx, o.Broker); err != nil {
		return nil, err
	}
	p.cluster.Watch(p.counts.requests.add)
	cfg := telemetry.Config{Listen: "127.0.0.1:0", LogLevel: "warn", LogFormat: "text"}
	if p.tel, err = telemetry.New(ctx, cfg, cfg.Logger(os.Stderr), "speed"); err != nil {
		return nil, err
	}
	if err := p.wire(ctx, o); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	var members sync.WaitGroup
	members.Go(func() { p.done <- p.Runner.Run(running) })
	members.Go(func() { _ = p.tel.Run(running) }) // its end is ours
	return p, nil
}

// wire makes the processor as `attune run` does from such a configuration.
func (p *processor) wire(ctx context.Context, o *order) error {
	c := config.Default()
	c.Topics.Partitions, c.Topics.Generation = partitions, o.Generation
	c.Run.Group, c.Run.Workers, c.Run.CheckpointInterval, c.Run.MaxPending = group, o.Workers, o.Checkpoints, o.MaxPending
	c.Run.Clock, c.Run.IdentityKey, c.Run.Limit.PerMinute = "log", "speed: this is not a secret", o.Limit
	if o.AtLeastOnce {
		c.Run.Delivery = "at-least-once"
	}
	events, err := p.tel.PipelineEvents(time.Now)
	if err != nil {
		return err
	}
	p.watch(&events)
	p.Processor, err = roles.NewProcessor(ctx, &c, p.cluster, fixedIDs{}, events)
	return err
}

// fixedIDs stands in for a schema registry: all records have our own schemas.
type fixedIDs struct{ schemas.SchemaTexts }

// IDs implements roles.Registry.
func (fixedIDs) IDs(context.Context) (schemas.IDs, error) { return schemaIDs(), nil }

// watch counts the events, beside what telemetry does with them.
func (p *processor) watch(e *runner.Events) {
	c := &p.counts
	commit, count, ready, restart := e.Commit, e.Count, e.TaskReady, e.Restart
	e.Commit = func(i runner.CommitInfo) {
		commit(i)
		c.commits.Add(1)
		c.bytes.Add(int64(i.Bytes))
		c.took.Add(int64(i.Took))
		if i.Urgent {
			c.urgent.Add(1)
		}
	}
	e.Count = func(id pipeline.TaskID, name, reason string) {
		count(id, name, reason)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.reasons[name+"."+reason]++
	}
	e.TaskReady = func(id pipeline.TaskID) {
		ready(id)
		c.mu.Lock()
		defer c.mu.Unlock()
		known := len(c.tasks)
		if c.tasks[id] = true; known < taskCount && len(c.tasks) == taskCount {
			close(p.ready) // once: after a rebalance they are all ready again
		}
	}
	e.Restart = func(worker int, err error) {
		restart(worker, err)
		c.restarts.Add(1)
	}
}

// taskCount: six sources of ingest, patient, identity and trainer.
const taskCount = 6*partitions + partitions + 2

// await waits until every task is ready, or the runner has ended.
func (p *processor) await(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case err := <-p.done:
		return errors.Join(errors.New("the processor ended"), err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *processor) close() error {
	p.stop()
	return errors.Join(<-p.done, p.Release(), p.tel.Close(context.Background()), p.cluster.Close())
}

// processed is what a processor reports of a job.
type processed struct {
	Usage   usage
	Commits int64
	Urgent  int64
	Bytes   int64
	// Took is the time of all commits together.
	Took     time.Duration
	Restarts int64
	Reasons  map[string]int
	// Requests to the broker.
	Requests []requestTime
}

// The questions to a processor: report at once, report when everything is done, or count anew from the
// moment when everything is done.
const (
	askNow   = "now"
	askQuiet = "quiet"
	askAnew  = "anew"
)

// serveProcessor runs a processor. When asked it waits until everything is done, and reports what that
// took.
func serveProcessor(ctx context.Context, o *order) error {
	before := used()
	p, err := startProcessor(ctx, o)
	if err != nil {
		return err
	}
	if o.Profile != "" {
		end, err := profile(o.Profile)
		if err != nil {
			return err
		}
		defer end()
	}
	if err := p.await(ctx); err != nil {
		return err
	}
	if o.Restored {
		before = used()
	}
	err = serve(struct{}{}, func(line string) (any, error) {
		if line == askNow {
			return p.say(before), nil
		}
		if err := p.Runner.Quiet(ctx); err != nil {
			return nil, fmt.Errorf("quiet: %w", err)
		}
		if line == askAnew {
			before = used()
			p.counts.reset()
		}
		return p.say(before), nil
	})
	return errors.Join(err, p.close())
}

func (c *processorCounts) reset() {
	for _, n := range []*atomic.Int64{&c.commits, &c.urgent, &c.bytes, &c.took, &c.restarts} {
		n.Store(0)
	}
	c.requests.reset()
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.reasons)
}

func (p *processor) say(before usage) processed {
	c := &p.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	return processed{
		Usage: used().since(before), Commits: c.commits.Load(), Urgent: c.urgent.Load(), Bytes: c.bytes.Load(),
		Took: time.Duration(c.took.Load()), Restarts: c.restarts.Load(), Reasons: maps.Clone(c.reasons), Requests: c.requests.sum(),
	}
}

// profile begins a CPU profile. end writes it and, beside it, one of allocations.
func profile(file string) (end func(), err error) {
	cpu, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	memory, err := os.Create(file + ".allocs")
	if err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close(), memory.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		if err := errors.Join(pprof.Lookup("allocs").WriteTo(memory, 0), memory.Close(), cpu.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "speed: profile:", err)
		}
	}, nil
}
