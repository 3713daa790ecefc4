package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/attune-health/attune/pipeline"
)

// Runner runs a topology in this process, as one member of its group: it shares out the partitions that
// the group assigns among its workers, generation after generation.
//
// Run may be called once. Quiet, Lag and EndInput may be called meanwhile by any goroutine. What
// survives a generation is what the workers hold: tasks that stay assigned keep their state, producers
// keep their ids.
type Runner struct {
	// cfg has its defaults, and is never changed.
	cfg Config
	// counts are the partitions of the topics that the engine reads, outputs those of the topics that
	// tasks write. The former are looked at anew in each generation; the latter are taken as they were
	// at first.
	counts  topicCounts
	outputs partitionCounts
	// tables and ends are shared by the workers.
	tables *tables
	ends   ends
	// workers live as long as the runner. A worker without tasks has only its goroutine.
	workers []*worker
	// standby holds what this process has read of the changelogs of others' tasks.
	standby standbys
	// state is how other goroutines reach the workers.
	state runnerState
	// backlog and pace are shared by the workers: what one takes in comes back to any of them, and the
	// slowest of all processes sets how far ahead each may read.
	backlog backlog
	pace    pace
}

// New checks the configuration and fills in its defaults. It does no I/O and starts no goroutine. Its
// error has every problem of the configuration.
func New(cfg Config) (*Runner, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	r := &Runner{cfg: cfg, tables: newTables(cfg.Topology)}
	r.pace.init(&r.cfg)
	// Workers are made here and not with each generation, so that tasks that stay keep their worker.
	r.standby = standbys{run: r, held: make(map[pipeline.TopicPartition]*standby), broken: make(map[pipeline.TopicPartition]bool)}
	for i := range cfg.Workers {
		r.workers = append(r.workers, newWorker(r, i))
	}
	return r, nil
}

// Run joins the group and works until ctx ends or something fails for good. The end of ctx is a clean
// stop: no further record is read, what has been done is committed, the group is left. All goroutines
// have ended when it returns. It is called once.
//
// It returns nil after a clean stop. An error is one that no restart of a worker mends: a task that
// cannot go on, a refused or corrupt state, a topic with another number of partitions, another process
// of the same name. What was not committed is void then, and the next process begins from the last
// commit.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.lookup(ctx); err != nil {
		return err
	}
	member := r.cfg.Member
	member.GroupID, member.Instance, member.Topics = r.cfg.Group, r.cfg.Instance, r.cfg.Topology.SourceTopics()
	// A cluster that is not there yet is waited for: processes and brokers start in any order.
	group, err := retried(ctx, &r.cfg, func() (pipeline.Group, error) { return r.cfg.Cluster.NewGroup(ctx, member) })
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("join group %s: %w", r.cfg.Group, err)
	}
	// Tables are followed over all generations: a rebalance does not change what a process must know.
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.tables.follow(pipeline.WithCaller(gctx, "tables"), &r.cfg) })
	g.Go(func() error { return r.generations(gctx, group) })
	err = g.Wait()
	return errors.Join(err, r.close(group))
}

// lookup learns how many partitions every topic of the topology has. A topic that is missing ends Run
// before it joins the group, so that no other member is disturbed.
func (r *Runner) lookup(ctx context.Context) error {
	if err := r.counts.look(ctx, r.cfg.Cluster, r.cfg.Topology); err != nil {
		return err
	}
	for topic := range r.tables.live {
		r.tables.tps = append(r.tables.tps, partitionsOf(topic, r.counts.of(topic))...)
	}
	return nil
}

// generations takes one assignment after the other from the group. Between two no worker runs; that is
// when the workers' tasks change hands, and when the group learns which standbys this process holds. A
// generation is given back by End in any case, or the group would wait for us until the rebalance
// timeout.
func (r *Runner) generations(ctx context.Context, group pipeline.Group) error {
	for {
		gen, err := retried(ctx, &r.cfg, func() (pipeline.Generation, error) { return group.Next(ctx) })
		if err != nil {
			return fmt.Errorf("group %s: %w", r.cfg.Group, err)
		}
		if gen == nil {
			return nil
		}
		// Before the tasks are shared out: what has grown has to be known to those that are kept, too.
		if err = r.recount(ctx); err == nil {
			err = r.generation(ctx, gen)
		}
		// Told before End, so that the next assignment takes it into account.
		if g, ok := group.(pipeline.StandbyGroup); ok {
			g.Holds(r.standby.sources())
		}
		gen.End()
		if err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// recount looks at the topics again: what has grown may be why the assignment is another. A cluster
// that does not know now changes nothing: the counts of before still hold for the topics that they were
// taken from.
func (r *Runner) recount(ctx context.Context) error {
	err := r.counts.look(ctx, r.cfg.Cluster, r.cfg.Topology)
	if _, ok := errors.AsType[*RepartitionedError](err); ok {
		return err
	}
	return nil
}

// generation works on one assignment until it must be given up, ctx ends or a worker fails. When it
// returns nothing is under way: that is what lets the next owner of a partition read committed offsets
// that will not change any more (I4). The order at the end matters: the workers' last commits read the
// ends, so that these are forgotten after the workers have ended, and neither the watchers nor the
// standbys outlive the generation.
func (r *Runner) generation(ctx context.Context, gen pipeline.Generation) error {
	assigned := gen.Assigned()
	r.cfg.Events.generation(gen.ID(), assigned)
	r.tables.tellAgain(&r.cfg)
	r.spread(assigned)
	// A worker that fails ends the others, which still commit what they have done.
	g, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Three goroutines serve the generation beside its workers. Each is waited for at the end.
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.ends.watch(pipeline.WithCaller(ctx, "ends"), &r.cfg, r.watched(assigned))
	}()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		r.standby.follow(pipeline.WithCaller(ctx, "standbys"), gen)
	}()
	// The group's word that the generation must be given up, or an error of any worker, ends them all.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-gen.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	r.state.begin(ctx)
	for _, w := range r.workers {
		g.Go(func() error {
			if err := w.session(pipeline.WithCaller(ctx, fmt.Sprintf("worker %d", w.index)), gen); err != nil {
				return fmt.Errorf("worker %d: %w", w.index, err)
			}
			return nil
		})
	}
	err := g.Wait()
	// Nobody may ask the workers any more: no goroutine of theirs would answer.
	r.state.end()
	cancel()
	<-watched
	r.ends.forget()
	<-followed
	<-ended
	return err
}

// watched lists the partitions whose ends matter: the sources', for lag and idleness, and the
// changelogs' where tasks have copies, for how far a copy may say that it goes.
func (r *Runner) watched(assigned []pipeline.TopicPartition) []pipeline.TopicPartition {
	watched := slices.Clone(assigned)
	for _, tp := range assigned {
		if role := r.cfg.Topology.RoleOf(tp.Topic); r.cfg.Copy != nil && role != nil && role.Changelog != "" {
			watched = append(watched, pipeline.TopicPartition{Topic: role.Changelog, Partition: tp.Partition})
		}
	}
	return watched
}

// close ends what lives as long as the runner. The group goes first, so that others take over at once.
// Errors are joined, since each resource is closed whatever became of the others.
func (r *Runner) close(group pipeline.Group) error {
	errs := []error{group.Close()}
	for _, w := range r.workers {
		for _, f := range w.feeds {
			if f != nil {
				errs = append(errs, f.fetcher.Close())
			}
		}
		if w.producer != nil {
			errs = append(errs, w.producer.Close())
		}
	}
	return errors.Join(errs...)
}

// now is the processing time, in Unix milliseconds, by the clock of the configuration.
func (r *Runner) now() pipeline.Time { return pipeline.Time(r.cfg.Now().UnixMilli()) }

// environment is what each task is told of the process. Order records are only for commits that are
// transactions: at least once, the changelog may be ahead of the offsets, and nothing could be repeated
// exactly.
func (r *Runner) environment() pipeline.Environment {
	// What operators count, trace and fail goes straight to the events, from the worker's goroutine.
	return pipeline.Environment{
		Partitions:    func(topic string) (int32, error) { return r.outputs.get(&r.cfg, topic) },
		TopicID:       r.cfg.TopicID,
		Table:         r.tables.table,
		Copy:          r.cfg.Copy,
		Failed:        r.cfg.Events.Failure,
		OutputRefused: r.cfg.Events.outputRefused,
		Count:         r.cfg.Events.Count,
		Trace:         r.cfg.Events.Trace,
		Orders:        r.cfg.CheckpointInterval > 0 && r.cfg.Delivery == ExactlyOnce,
		Build:         r.cfg.Build, OnReplayDifference: r.cfg.OnReplayDifference,
	}
}

// partitionCounts remembers how many partitions the output topics have, for the tasks of all workers.
// They are asked for while a task is built, by several restorers at once, and only once for each topic:
// with hundreds of tasks the cluster would otherwise be asked thousands of times. A topic that grows
// later is written in the partitions that it had.
type partitionCounts struct {
	mu     sync.Mutex
	counts map[string]int32
}

// get returns the number for a topic, asking the cluster where it is not known. Other topics wait
// meanwhile. A failure is not remembered.
func (p *partitionCounts) get(cfg *Config, topic string) (int32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n, ok := p.counts[topic]; ok {
		return n, nil
	}
	// A task is built in the middle of a restore, which has no context to pass on.
	// The lock is held meanwhile: whoever else asks would ask for the same.
	ctx, cancel := context.WithTimeout(context.Background(), cfg.CommitTimeout)
	defer cancel()
	n, err := cfg.Cluster.PartitionCount(ctx, topic)
	if err != nil {
		return 0, err
	}
	if p.counts == nil {
		p.counts = make(map[string]int32)
	}
	p.counts[topic] = n
	return n, nil
}

// producerConfig gives each worker a transactional id of its own, which stays the same over restarts of
// the process: initialising it aborts what the process before left open, and fences it if it still
// runs. At least once there is no id; changelogs are then written after the outputs, so that no state
// speaks of outputs that were never sent.
func (r *Runner) producerConfig(worker int) pipeline.ProducerConfig {
	c := r.cfg.Producer
	c.Refused = r.cfg.Events.outputRefused
	if r.cfg.Delivery == ExactlyOnce {
		c.TransactionalID = fmt.Sprintf("%s-%s-%d", r.cfg.Group, r.cfg.Instance, worker)
		return c
	}
	c.Last = nil
	for i := range r.cfg.Topology.Roles {
		if role := &r.cfg.Topology.Roles[i]; role.Changelog != "" {
			c.Last = append(c.Last, role.Changelog)
		}
	}
	return c
}
