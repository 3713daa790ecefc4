package consume

import (
	"context"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Consumer reads topics as a member of a group and hands them to a backend.
type Consumer struct {
	cfg      Config
	cluster  pipeline.Cluster
	rejecter rejecter
	// The batches that are empty: all MaxInFlight+1 of them while no generation runs.
	free chan *batch
	// begun are the partitions of which it has committed something: until then, reading from the start begins anew.
	begun map[pipeline.TopicPartition]bool
}

// New checks the configuration and that the topics exist. It calls newBatchOf MaxInFlight+1 times for the batches
// that it will reuse.
func New(ctx context.Context, cfg Config, cluster pipeline.Cluster, newBatchOf func() Batch) (*Consumer, error) {
	cfg.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	for _, topic := range cfg.Topics {
		n, err := cluster.PartitionCount(ctx, topic)
		if err != nil {
			return nil, fmt.Errorf("look up topic %s: %w", topic, err)
		}
		if n < 1 {
			return nil, fmt.Errorf("topic %s is missing: run attune topics create", topic)
		}
	}
	c := &Consumer{cfg: cfg, cluster: cluster, rejecter: rejecter{cluster: cluster, topic: cfg.Rejected}, begun: map[pipeline.TopicPartition]bool{}}
	c.free = make(chan *batch, cfg.MaxInFlight+1)
	for range cfg.MaxInFlight + 1 {
		c.free <- newBatch(newBatchOf())
	}
	return c, nil
}

// Free is the number of empty batches. None means that the backend holds the consumer back.
func (c *Consumer) Free() int { return len(c.free) }

// Close gives up the producer of rejected records. Call it after Run.
func (c *Consumer) Close() error { return c.rejecter.close() }

// Run reads and delivers until the context ends. It then delivers what it has read, for HandOver at most, and returns
// nil. An error is one that waiting does not cure.
func (c *Consumer) Run(ctx context.Context) (err error) {
	if c.cfg.Positions != nil {
		return c.rounds(ctx, c.everything)
	}
	group, err := c.cluster.NewGroup(ctx, pipeline.GroupConfig{GroupID: c.cfg.Group, Instance: c.cfg.Instance, Topics: c.cfg.Topics})
	if ctx.Err() != nil && err != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("join group %s: %w", c.cfg.Group, err)
	}
	defer func() { err = errors.Join(err, group.Close()) }()
	return c.rounds(ctx, group.Next)
}

// rounds works on one assignment after another.
func (c *Consumer) rounds(ctx context.Context, next func(context.Context) (pipeline.Generation, error)) error {
	pauses := c.pauses()
	for {
		g, err := next(ctx)
		if err == nil {
			err = c.generation(ctx, g)
			pauses.Reset()
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil || pipeline.KindOf(err) == pipeline.KindFenced:
			continue
		case pipeline.KindOf(err) != pipeline.KindTransient:
			return err
		}
		c.cfg.Events.readFailed(err)
		if pauses.Wait(ctx) != nil {
			return nil
		}
	}
}
