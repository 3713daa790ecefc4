package consume

import (
	"context"

	"github.com/attune-health/attune/pipeline"
)

// commit sends the rejected records of a delivered batch, then commits its offsets. Batches come in the order in
// which they were filled.
func (c *Consumer) commit(ctx context.Context, g pipeline.Generation, b *batch) error {
	if len(b.rejects) > 0 {
		if err := c.retry(ctx, func() error { return c.rejecter.send(ctx, g, b.rejects) }); err != nil {
			return err
		}
	}
	commits := b.commits()
	if err := c.retry(ctx, func() error { return g.CommitOffsets(ctx, commits) }); err != nil {
		return err
	}
	for i := range commits {
		c.begun[commits[i].TopicPartition] = true
	}
	c.cfg.Events.committed(len(commits))
	c.cfg.Events.tellTraces(b)
	return nil
}

// retry repeats a request to the broker until it succeeds, the generation is fenced, or ctx ends.
func (c *Consumer) retry(ctx context.Context, f func() error) error {
	pauses := c.pauses()
	for {
		err := f()
		if err == nil {
			return nil
		}
		c.cfg.Events.commitFailed(err)
		if pipeline.KindOf(err) == pipeline.KindFenced {
			return err
		}
		if err := pauses.Wait(ctx); err != nil {
			return err
		}
	}
}
