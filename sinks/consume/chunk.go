package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// chunk adds the records of a chunk. The chunk's offset is set last: a batch that an error interrupts commits nothing
// beyond the records that it has.
func (c *Consumer) chunk(ctx context.Context, b *batch, chunk pipeline.Chunk, now time.Time) error {
	if b.empty() {
		b.since = now
	}
	var r pipeline.Record
	for chunk.Next(&r) {
		if isControl(&r) {
			continue
		}
		if r.Value == nil {
			if b.replica != nil {
				b.replica.Erase(&r)
			}
			continue
		}
		if err := c.record(ctx, b, &r); err != nil {
			return err
		}
		c.trace(b, &r, now)
	}
	info := chunk.Info()
	if err := chunk.Err(); err != nil {
		return fmt.Errorf("read %s/%d: %w", info.Topic, info.Partition, err)
	}
	b.offsets[info.TopicPartition] = info.NextOffset
	if b.replica != nil {
		b.replica.Reached(info.TopicPartition, info.NextOffset)
	}
	return nil
}

// record adds one record, or rejects it. It waits while something that the backend needs, such as the schema
// registry, does not answer.
func (c *Consumer) record(ctx context.Context, b *batch, r *pipeline.Record) error {
	if r.Unreadable {
		c.reject(b, r, pipeline.ReasonUnreadable, "")
		return nil
	}
	pauses := c.pauses()
	for {
		err := b.Add(ctx, r)
		if err == nil {
			return nil
		}
		var bad *schemas.RecordError
		if errors.As(err, &bad) {
			c.reject(b, r, string(bad.Code), bad.Detail)
			return nil
		}
		c.cfg.Events.readFailed(err)
		if err := pauses.Wait(ctx); err != nil {
			return err
		}
	}
}

func isControl(r *pipeline.Record) bool {
	return len(r.Headers) == 1 && r.Headers[0].Key == pipeline.WatermarkHeader
}
