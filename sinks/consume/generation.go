package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// generation works on one assignment until it is revoked or ctx ends. Then it hands over: the batch at hand is
// closed, and everything under way is delivered and committed within this generation, for HandOver at most. What does
// not make it is read again by the next owner.
func (c *Consumer) generation(ctx context.Context, g pipeline.Generation) (err error) {
	defer g.End()
	c.cfg.Events.assigned(g.Assigned())
	reading, stop := context.WithCancel(ctx)
	defer stop()
	delivering, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	watched := make(chan struct{})
	// Ends reading when the generation does, and delivering when HandOver is over.
	go func() {
		defer close(watched)
		select {
		case <-g.Done():
			stop()
		case <-reading.Done():
		}
		timer := time.NewTimer(c.cfg.HandOver)
		defer timer.Stop()
		select {
		case <-timer.C:
			giveUp()
		case <-delivering.Done():
		}
	}()
	full := make(chan *batch, c.cfg.MaxInFlight)
	delivered := make(chan error, 1)
	go func() { delivered <- c.deliverAll(delivering, g, full, stop) }()
	err = c.read(reading, g.Assigned(), full)
	close(full)
	stop()
	deliverErr := <-delivered
	giveUp()
	<-watched
	if reading.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	if errors.Is(deliverErr, context.Canceled) {
		// Handed over unfinished: the next owner reads it again.
		deliverErr = nil
	}
	return errors.Join(err, deliverErr)
}

// deliverAll delivers batches concurrently, so that the backend works on one while the next is encoded, and commits
// them in their order. After an error it stops reading, which would be in vain, and only gives batches back: a later
// offset must not be committed past records that were not delivered.
func (c *Consumer) deliverAll(ctx context.Context, g pipeline.Generation, full <-chan *batch, stopReading func()) (err error) {
	// Batches being delivered, in order.
	under := make(chan *batch, c.cfg.MaxInFlight+1)
	go func() {
		defer close(under)
		var failed error
		for b := range full {
			under <- b
			deliver := func() error {
				return b.Deliver(ctx, func(ctx context.Context, tp pipeline.TopicPartition, offset int64, reason, detail string) error {
					return c.refuse(ctx, b, tp, offset, reason, detail)
				})
			}
			if b.replica == nil {
				go func() { b.delivered <- deliver() }()
				continue
			}
			// What a replica writes depends on what it has written, and its positions must not pass a batch that failed.
			if failed == nil {
				failed = deliver()
			}
			b.delivered <- failed
		}
	}()
	for b := range under {
		deliverErr := <-b.delivered
		if err == nil {
			err = deliverErr
		}
		if err == nil {
			err = c.commit(ctx, g, b)
		}
		if err != nil {
			stopReading()
		}
		b.reset()
		c.free <- b
	}
	return err
}

// read polls and fills until its context ends.
func (c *Consumer) read(ctx context.Context, assigned []pipeline.TopicPartition, full chan<- *batch) (err error) {
	positions, err := c.positions(ctx, assigned)
	if err != nil {
		return err
	}
	fetcher := c.cluster.NewFetcher(pipeline.FetcherConfig{Lost: c.cfg.Events.lost, Parked: c.cfg.Events.parked, Resume: c.cfg.ResumeAfterLoss})
	defer func() { err = errors.Join(err, fetcher.Close()) }()
	fetcher.Assign(positions)
	pauses := c.pauses()
	for {
		var b *batch
		select {
		case b = <-c.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		pollAgain, err := c.fill(ctx, fetcher, b)
		// Even after an error the batch is worth delivering: it has whole chunks with their offsets, and perhaps
		// records without one, which are delivered again.
		full <- b
		if err == nil {
			pauses.Reset()
			continue
		}
		if !pollAgain || ctx.Err() != nil {
			return err
		}
		c.cfg.Events.readFailed(err)
		if err := pauses.Wait(ctx); err != nil {
			return err
		}
	}
}

// fill polls until the batch is due or something fails. After an error of Poll polling may be tried again. After an
// error of a chunk it may not: the fetcher is already past the chunk, whose records would be left out.
func (c *Consumer) fill(ctx context.Context, fetcher pipeline.Fetcher, b *batch) (pollAgain bool, err error) {
	for !b.isDue(&c.cfg, time.Now()) {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		chunks, pollErr := c.poll(ctx, fetcher, b)
		for _, chunk := range chunks {
			if err == nil {
				err = c.chunk(ctx, b, chunk, time.Now())
				info := chunk.Info()
				c.cfg.Events.lag(info.TopicPartition, info.HighWatermark-info.NextOffset)
			}
			chunk.Release()
		}
		if err != nil {
			return false, err
		}
		if pollErr != nil {
			return pipeline.KindOf(pollErr) == pipeline.KindTransient, pollErr
		}
	}
	return true, nil
}

// poll waits for records, but no longer than the batch may wait.
func (c *Consumer) poll(ctx context.Context, fetcher pipeline.Fetcher, b *batch) ([]pipeline.Chunk, error) {
	if b.empty() {
		return fetcher.Poll(ctx)
	}
	until, cancel := context.WithDeadline(ctx, b.since.Add(c.cfg.FlushInterval))
	defer cancel()
	chunks, err := fetcher.Poll(until)
	if err != nil && until.Err() != nil && ctx.Err() == nil {
		// The batch is due.
		err = nil
	}
	return chunks, err
}

// positions are where reading goes on; a partition without one is read from its beginning.
func (c *Consumer) positions(ctx context.Context, assigned []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	reached, err := c.reached(ctx, assigned)
	if err != nil {
		return nil, err
	}
	positions := make(map[pipeline.TopicPartition]int64, len(assigned))
	var fresh []pipeline.TopicPartition
	for _, tp := range assigned {
		again := c.cfg.FromStart && !c.begun[tp]
		if offset, ok := reached[tp]; ok && !again {
			positions[tp] = offset
		} else {
			fresh = append(fresh, tp)
		}
	}
	if len(fresh) == 0 {
		return positions, nil
	}
	starts, err := c.cluster.StartOffsets(ctx, fresh)
	if err != nil {
		return nil, fmt.Errorf("read start offsets: %w", err)
	}
	for tp, offset := range starts {
		positions[tp] = offset
	}
	return positions, nil
}

// reached are the positions that the group has committed, or that the backend keeps.
func (c *Consumer) reached(ctx context.Context, assigned []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	if c.cfg.Positions != nil {
		reached, err := c.cfg.Positions(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the backend's positions: %w", err)
		}
		return reached, nil
	}
	committed, err := c.cluster.Committed(ctx, c.cfg.Group, assigned)
	if err != nil {
		return nil, fmt.Errorf("read committed offsets: %w", err)
	}
	reached := make(map[pipeline.TopicPartition]int64, len(committed))
	for tp, commit := range committed {
		reached[tp] = commit.Offset
	}
	return reached, nil
}

// HasRead says whether a group has committed that it has read records of a topic.
func HasRead(ctx context.Context, cluster pipeline.Cluster, group, topic string) (bool, error) {
	n, err := cluster.PartitionCount(ctx, topic)
	if err != nil {
		return false, fmt.Errorf("look up topic %s: %w", topic, err)
	}
	tps := make([]pipeline.TopicPartition, n)
	for i := range tps {
		tps[i] = pipeline.TopicPartition{Topic: topic, Partition: int32(i)}
	}
	committed, err := cluster.Committed(ctx, group, tps)
	if err != nil {
		return false, fmt.Errorf("read committed offsets: %w", err)
	}
	for _, c := range committed {
		if c.Offset > 0 {
			return true, nil
		}
	}
	return false, nil
}
