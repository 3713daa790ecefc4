package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// reprocessing is one run of `attune reprocess`.
type reprocessing struct {
	generation string
	partitions int32
	within     time.Duration
	switchOver bool
	out        io.Writer
}

func newReprocess() *cobra.Command {
	var flags configFlags
	var p reprocessing
	cmd := &cobra.Command{
		Use:   "reprocess --generation NAME",
		Short: "Run the history through this version into new topics, beside what is running",
		Long: `Run the history through this version into new topics, beside what is running.

Topics of the named generation are created (attune.identified.NAME and so on), with as many
partitions as you like: this is how to have more of them. Processor and sink read the source topics
from their start into those, under groups of their own; nothing of the present generation is touched.
When the new generation has caught up, the command says so and ends; running it again goes on where
it stopped. With --switch the views of ClickHouse then show the new generation.

To move over: stop run and sink of the old generation, set topics.generation to NAME and
topics.partitions to its number, start them again, and let contact centers read
next-best-actions.NAME. What the source topics no longer hold cannot be processed again.`,
		Example: `  attune reprocess --generation 2026-12 --partitions 48 --config attune.yaml
  attune reprocess --generation 2026-12 --partitions 48 --config attune.yaml --switch`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			p.out = cmd.OutOrStdout()
			return p.run(cmd.Context(), &c)
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	cmd.Flags().StringVar(&p.generation, "generation", "", "name of the new generation of topics: lower-case letters, digits and dashes")
	cmd.Flags().Int32Var(&p.partitions, "partitions", 0, "of the new per-patient topics (default: as the present ones)")
	cmd.Flags().DurationVar(&p.within, "within", 10*time.Second, "how far behind the present counts as caught up")
	cmd.Flags().BoolVar(&p.switchOver, "switch", false, "when caught up, let the views of ClickHouse show the new generation")
	return cmd
}

func (p *reprocessing) run(ctx context.Context, c *Config) error {
	if p.generation == "" || p.generation == c.Topics.Generation {
		return usage(fmt.Errorf("--generation %q: name another generation than the present one (%q)", p.generation, c.Topics.Generation))
	}
	next := *c
	next.Topics.Generation = p.generation
	if err := next.Validate(); err != nil {
		return usage(err)
	}
	next.Sink.KeepCurrent = true
	if next.Instance != "" {
		next.Instance += "-" + p.generation // it runs beside the one of that name
	}
	if err := p.prepare(ctx, c, &next); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	caughtUp := false
	err := runRoles(ctx, &next, []string{"run", "sink"}, func(ctx context.Context, cluster *kafka.Cluster) error {
		defer cancel() // processor and sink commit and end
		if err := p.await(ctx, cluster, &next); err != nil {
			return err
		}
		caughtUp = true
		return nil
	})
	if err != nil {
		return err
	}
	if !caughtUp {
		fmt.Fprintf(p.out, "Generation %s has not caught up yet. Run the same command again to go on.\n", p.generation)
		return nil
	}
	return p.finish(context.WithoutCancel(ctx), &next)
}

// prepare creates the generation's topics, where they are not there: like those of the present one
// where nothing else is asked for.
func (p *reprocessing) prepare(ctx context.Context, present, next *Config) (err error) {
	cluster, err := dial(ctx, next)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	infos, err := cluster.DescribeTopics(ctx, present.own(schemas.TopicIdentified))
	if err != nil {
		return unavailable(err)
	}
	next.Topics.Replication, next.Topics.Partitions = infos[0].ReplicationFactor, infos[0].Partitions
	if p.partitions != 0 {
		next.Topics.Partitions = p.partitions
	}
	_, err = createTopics(ctx, cluster, next)
	return err
}

// await waits until what is there when a round begins has gone through all hops within p.within.
func (p *reprocessing) await(ctx context.Context, cluster *kafka.Cluster, c *Config) error {
	var inputs []string
	for _, t := range schemas.Topics(c.topics()) {
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
			{c.runGroup(), inputs},
			{c.runGroup(), []string{c.own(schemas.TopicIdentified), c.own(schemas.TopicTrainingExamples)}},
			{c.sinkGroup(), clickhouse.TopicsIn(c.Topics.Generation).List()},
		} {
			if err := p.pass(ctx, cluster, hop.group, hop.topics); err != nil {
				return err
			}
		}
		if time.Since(begin) <= p.within {
			return nil
		}
	}
}

// pass waits until the group has committed what the topics hold now.
func (p *reprocessing) pass(ctx context.Context, cluster *kafka.Cluster, group string, topics []string) error {
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
				fmt.Fprintf(p.out, "%s: %d records to go\n", group, behind)
			}
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return nil
		}
	}
}

// finish says that the generation has caught up, and switches over if asked.
func (p *reprocessing) finish(ctx context.Context, c *Config) error {
	if !p.switchOver {
		fmt.Fprintf(p.out, "Generation %s has caught up. ClickHouse's views show the old one still: run again with --switch, or move run and sink over.\n", p.generation)
		return nil
	}
	cluster, err := dial(ctx, c)
	if err != nil {
		return err
	}
	id, err := cluster.TopicID(ctx, c.own(schemas.TopicIdentified))
	if err = errors.Join(err, cluster.Close()); err != nil {
		return unavailable(err)
	}
	cfg, err := c.sinkConfig()
	if err != nil {
		return usage(err)
	}
	client, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		return unavailable(err)
	}
	if err := errors.Join(client.SetCurrent(ctx, uuid(id)), client.Close()); err != nil {
		return unavailable(err)
	}
	fmt.Fprintf(p.out, "Generation %s has caught up, and ClickHouse's views show it. Move run and sink over (topics.generation: %s, topics.partitions: %d) before the old sink starts anew.\n",
		p.generation, p.generation, c.Topics.Partitions)
	return nil
}
