package kafka

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// clock compares ours with those of the brokers.
type clock struct {
	see atomic.Pointer[func(node int32, ahead time.Duration)]
}

// Clocks calls see for each answer that says when a broker took a batch: with how far its clock is ahead of ours at least,
// below 0 where it is behind, and 0 where both may be the same. It must be safe for concurrent use.
func (c *Cluster) Clocks(see func(node int32, ahead time.Duration)) { c.clock.see.Store(&see) }

// compare places the broker's time between the moments at which a batch was sent and its answer came.
func (c *clock) compare(node int32, sent, appended, got time.Time) {
	if see := c.see.Load(); see != nil {
		(*see)(node, ahead(sent, appended, got))
	}
}

// ahead is how far a broker's clock is ahead of ours at least, where it took a batch after sent and before got.
func ahead(sent, appended, got time.Time) time.Duration {
	// The broker's time has no fractions of a millisecond.
	sent = sent.Truncate(time.Millisecond)
	switch {
	case appended.Before(sent):
		return appended.Sub(sent)
	case appended.After(got):
		return appended.Sub(got)
	}
	return 0
}

// ClocksAhead compares our clock with those of the brokers that lead partitions, by what others write to them until ctx
// ends or each has been heard of, and writes nothing: a record that is the newest now, and was not there at the look
// before, was taken in between. The answer has how far each is ahead of now at least, below 0 where it is behind; a broker
// to which nothing is written is not in it, unless it has a record from our future. The topics must keep the broker's time.
func (c *Cluster) ClocksAhead(ctx context.Context, topics []string, now func() time.Time) (map[int32]time.Duration, error) {
	if c.versions.apis[apiListOffsets][1] < 7 {
		return nil, nil
	}
	var partitions []pipeline.TopicPartition
	leaders, nodes := map[pipeline.TopicPartition]int32{}, map[int32]bool{}
	for _, topic := range topics {
		n, err := c.PartitionCount(ctx, topic)
		if err != nil {
			return nil, err
		}
		for p := range n {
			node, err := c.leader(ctx, topic, p)
			if err != nil {
				return nil, wrap("compare clocks", err)
			}
			tp := pipeline.TopicPartition{Topic: topic, Partition: p}
			partitions, leaders[tp], nodes[node] = append(partitions, tp), node, true
		}
	}
	apart := map[int32]time.Duration{}
	var before map[pipeline.TopicPartition]listed
	var sentBefore time.Time
	for {
		sent := now()
		newest, err := c.listOffsets(ctx, partitions, timestampNewest, readUncommitted)
		if ctx.Err() != nil {
			return apart, nil
		}
		if err != nil {
			return nil, err
		}
		got := now()
		for tp, l := range newest {
			if l.offset < 0 {
				continue
			}
			// A record that was there at the first look may be as old as it likes.
			since := time.UnixMilli(l.time)
			if before != nil && before[tp] != l {
				since = sentBefore
			} else if !since.After(got) {
				continue
			}
			by := ahead(since, time.UnixMilli(l.time), got)
			if known, ok := apart[leaders[tp]]; !ok || by.Abs() > known.Abs() {
				apart[leaders[tp]] = by
			}
		}
		before, sentBefore = newest, sent
		if len(apart) == len(nodes) {
			return apart, nil
		}
		select {
		case <-ctx.Done():
			return apart, nil
		case <-time.After(clockLook):
		}
	}
}

// clockLook is the time between two looks, and how exact a comparison is.
const clockLook = 50 * time.Millisecond
