package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/attune-health/attune/pipeline"
	"golang.org/x/sync/errgroup"
)

// Runner runs a topology in this process, as one member of its group: it shares out the partitions
// that the group assigns among its workers, generation after generation.
type Runner struct {
	cfg     Config
	counts  topicCounts
	outputs partitionCounts
	tables  *tables
	ends    ends
	workers []*worker
	standby standbys
	state   runnerState
	backlog backlog
	pace    pace
}

// New checks the configuration. It does no I/O.
func New(cfg Config) (*Runner, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	r := &Runner{cfg: cfg, tables: newTables(cfg.Topology)}
	r.pace.init(&r.cfg)
	r.standby = standbys{run: r, held: make(map[pipeline.TopicPartition]*standby), broken: make(map[pipeline.TopicPartition]bool)}
	for i := range cfg.Workers {
		r.workers = append(r.workers, newWorker(r, i))
	}
	return r, nil
}

// Run joins the group and works until ctx ends or something fails for good. The end of ctx is a
// clean stop: no further record is read, what has been done is committed, the group is left. All
// goroutines have ended when it returns. It is called once.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.lookup(ctx); err != nil {
		return err
	}
	member := r.cfg.Member
	member.GroupID, member.Instance, member.Topics = r.cfg.Group, r.cfg.Instance, r.cfg.Topology.SourceTopics()
	group, err := retried(ctx, &r.cfg, func() (pipeline.Group, error) { return r.cfg.Cluster.NewGroup(ctx, member) })
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("join group %s: %w", r.cfg.Group, err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.tables.follow(pipeline.WithCaller(gctx, "tables"), &r.cfg) })
	g.Go(func() error { return r.generations(gctx, group) })
	err = g.Wait()
	return errors.Join(err, r.close(group))
}

// lookup learns how many partitions every topic of the topology has.
func (r *Runner) lookup(ctx context.Context) error {
	if err := r.counts.look(ctx, r.cfg.Cluster, r.cfg.Topology); err != nil {
		return err
	}
	for topic := range r.tables.live {
		r.tables.tps = append(r.tables.tps, partitionsOf(topic, r.counts.of(topic))...)
	}
	return nil
}

func (r *Runner) generations(ctx context.Context, group pipeline.Group) error {
	for {
		gen, err := retried(ctx, &r.cfg, func() (pipeline.Generation, error) { return group.Next(ctx) })
		if err != nil {
			return fmt.Errorf("group %s: %w", r.cfg.Group, err)
		}
		if gen == nil {
			return nil
		}
		if err = r.recount(ctx); err == nil {
			err = r.generation(ctx, gen)
		}
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
// that does not know now changes nothing.
func (r *Runner) recount(ctx context.Context) error {
	err := r.counts.look(ctx, r.cfg.Cluster, r.cfg.Topology)
	if _, ok := errors.AsType[*RepartitionedError](err); ok {
		return err
	}
	return nil
}

// generation works on one assignment until it must be given up, ctx ends or a worker fails. When it
// returns nothing is under way.
func (r *Runner) generation(ctx context.Context, gen pipeline.Generation) error {
	assigned := gen.Assigned()
	r.cfg.Events.generation(gen.ID(), assigned)
	r.spread(assigned)
	g, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
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
	r.state.end()
	cancel()
	<-watched
	r.ends.forget()
	<-followed
	<-ended
	return err
}

// watched lists the partitions whose ends matter: the sources', and the changelogs' where they have copies.
func (r *Runner) watched(assigned []pipeline.TopicPartition) []pipeline.TopicPartition {
	watched := slices.Clone(assigned)
	for _, tp := range assigned {
		if role := r.cfg.Topology.RoleOf(tp.Topic); r.cfg.Copy != nil && role != nil && role.Changelog != "" {
			watched = append(watched, pipeline.TopicPartition{Topic: role.Changelog, Partition: tp.Partition})
		}
	}
	return watched
}

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

// now is the processing time.
func (r *Runner) now() pipeline.Time { return pipeline.Time(r.cfg.Now().UnixMilli()) }

func (r *Runner) environment() pipeline.Environment {
	return pipeline.Environment{
		Partitions: func(topic string) (int32, error) { return r.outputs.get(&r.cfg, topic) },
		TopicID:    r.cfg.TopicID,
		Table:      r.tables.table,
		Copy:       r.cfg.Copy,
		Failed:     r.cfg.Events.Failure,
		Count:      r.cfg.Events.Count,
		Trace:      r.cfg.Events.Trace,
		Orders:     r.cfg.CheckpointInterval > 0 && r.cfg.Delivery == ExactlyOnce,
		Build:      r.cfg.Build, AcceptNewBuild: r.cfg.AcceptNewBuild,
	}
}

// partitionCounts remembers how many partitions the output topics have, for the tasks of all workers.
type partitionCounts struct {
	mu     sync.Mutex
	counts map[string]int32
}

func (p *partitionCounts) get(cfg *Config, topic string) (int32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n, ok := p.counts[topic]; ok {
		return n, nil
	}
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

func (r *Runner) producerConfig(worker int) pipeline.ProducerConfig {
	c := r.cfg.Producer
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
