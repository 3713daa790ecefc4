package reprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Job is one run of the history through this version.
type Job struct {
	// Generation names the new topics.
	Generation string
	// Partitions of the new per-patient topics; 0 is as many as the present ones have.
	Partitions int32
	// Within is how far behind the present the new generation may be to count as caught up.
	Within time.Duration
	// SwitchOver makes the views of ClickHouse show the new generation when it has caught up.
	SwitchOver bool
	// AcceptDifferences counts differences that nothing explains as no failure, and switches over in spite of them.
	AcceptDifferences bool
	// Differences is a file for the ids of all decisions that differ between the generations, or empty.
	Differences string
	// Version is what the log and the metrics say of the program.
	Version string
	Out     io.Writer
}

// Run reprocesses until the new generation has caught up, or ctx ends.
func (p *Job) Run(ctx context.Context, c *config.Config) error {
	if p.Generation == "" || p.Generation == c.Topics.Generation {
		return exit.Usage(fmt.Errorf("--generation %q: name another generation than the present one (%q)", p.Generation, c.Topics.Generation))
	}
	next := *c
	next.Topics.Generation = p.Generation
	if err := next.Validate(); err != nil {
		return exit.Usage(err)
	}
	next.Sink.KeepCurrent = true
	if next.Instance != "" {
		// It runs beside the instance of that name.
		next.Instance += "-" + p.Generation
	}
	if err := p.prepare(ctx, c, &next); err != nil {
		return err
	}
	parent := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	caughtUp := false
	g := roles.Group{Members: []string{"run", "sink"}, Version: p.Version}
	g.Beside = func(ctx context.Context, cluster *kafka.Cluster) error {
		defer cancel() // processor and sink commit and end
		if err := p.await(ctx, cluster, &next); err != nil {
			return err
		}
		caughtUp = true
		return nil
	}
	if err := g.Run(ctx, &next); err != nil {
		return err
	}
	if !caughtUp {
		fmt.Fprintf(p.Out, "Generation %s has not caught up yet. Run the same command again to go on.\n", p.Generation)
		return nil
	}
	// The context of the roles has ended; the caller's has not.
	if err := p.compare(parent, c, &next); err != nil {
		return err
	}
	return p.finish(parent, &next)
}

// compare tells how the new generation differs from the present one. What nothing explains fails the job,
// before anything is switched.
func (p *Job) compare(ctx context.Context, present, next *config.Config) (err error) {
	cluster, err := connect.Kafka(ctx, next)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	registry, err := connect.CachedRegistry(next)
	if err != nil {
		return err
	}
	both, err := compare(ctx, cluster, registry, present, next)
	if err != nil {
		return fmt.Errorf("compare generations: %w", err)
	}
	unexplained := both.report(p.Out, p.Generation)
	if p.Differences != "" {
		if err := both.write(p.Differences, p.Generation); err != nil {
			return err
		}
	}
	if unexplained > 0 && !p.AcceptDifferences {
		return exit.Failed(fmt.Errorf("generation %s has caught up; %d differences are not explained: look at them, then run again with --accept-differences", p.Generation, unexplained))
	}
	return nil
}

// prepare creates the generation's topics that do not exist: like the present ones, unless the job asks
// for other partitions.
func (p *Job) prepare(ctx context.Context, present, next *config.Config) (err error) {
	cluster, err := connect.Kafka(ctx, next)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	infos, err := cluster.DescribeTopics(ctx, present.Own(schemas.TopicIdentified))
	if err != nil {
		return exit.Unavailable(err)
	}
	next.Topics.Replication, next.Topics.Partitions = infos[0].ReplicationFactor, infos[0].Partitions
	if p.Partitions != 0 {
		next.Topics.Partitions = p.Partitions
	}
	_, err = connect.CreateTopics(ctx, cluster, next)
	return err
}

// await waits until everything that is there at the start of a round has passed all roles within
// p.Within.
func (p *Job) await(ctx context.Context, cluster *kafka.Cluster, c *config.Config) error {
	var inputs []string
	for _, t := range schemas.Topics(c.TopicConfig()) {
		if t.Input {
			inputs = append(inputs, t.Name)
		}
	}
	for {
		begin := time.Now()
		for _, hop := range []struct {
			group  string
			topics []string
		}{
			{c.RunGroup(), inputs},
			{c.RunGroup(), []string{c.Own(schemas.TopicIdentified), c.Own(schemas.TopicTrainingExamples)}},
			{c.SinkGroup(), clickhouse.TopicsIn(c.Topics.Generation).List()},
		} {
			if err := p.pass(ctx, cluster, hop.group, hop.topics); err != nil {
				return err
			}
		}
		if time.Since(begin) <= p.Within {
			return nil
		}
	}
}

// pass waits until the group has committed what the topics hold now.
func (p *Job) pass(ctx context.Context, cluster *kafka.Cluster, group string, topics []string) error {
	var ends []kafka.PartitionLag
	told := time.Now()
	for {
		lags, err := cluster.Lag(ctx, group, topics...)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if ends == nil {
				ends = lags
			}
			behind := int64(0)
			for i := range lags {
				behind += max(0, ends[i].Stable-max(lags[i].Committed, lags[i].Start))
			}
			if behind == 0 {
				return nil
			}
			if time.Since(told) > 5*time.Second {
				told = time.Now()
				fmt.Fprintf(p.Out, "%s: %d records to go\n", group, behind)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// finish says that the generation has caught up, and switches over if asked.
func (p *Job) finish(ctx context.Context, c *config.Config) error {
	if !p.SwitchOver {
		fmt.Fprintf(p.Out, "Generation %s has caught up. ClickHouse's views show the old one still: run again with --switch, or move run and sink over.\n", p.Generation)
		return nil
	}
	cluster, err := connect.Kafka(ctx, c)
	if err != nil {
		return err
	}
	log, err := roles.LogID(ctx, c, cluster)
	if err = errors.Join(err, cluster.Close()); err != nil {
		return exit.Unavailable(err)
	}
	cfg, err := c.SinkConfig()
	if err != nil {
		return exit.Usage(err)
	}
	client, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		return exit.Unavailable(err)
	}
	if err := errors.Join(client.SetCurrent(ctx, log), client.Close()); err != nil {
		return exit.Unavailable(err)
	}
	fmt.Fprintf(p.Out, "Generation %s has caught up, and ClickHouse's views show it. Move run and sink over (topics.generation: %s, topics.partitions: %d) before the old sink starts anew.\n",
		p.Generation, p.Generation, c.Topics.Partitions)
	return nil
}
