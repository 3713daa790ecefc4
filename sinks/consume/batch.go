package consume

import (
	"context"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Batch is what a backend collects until it is delivered. The consumer reuses a few of them. One goroutine calls Add
// for all batches; another calls Deliver for each, after the last Add and before Reset.
type Batch interface {
	// Add takes one record. Key, value and headers are valid during the call only. A *schemas.RecordError rejects
	// the record. After any other error the consumer pauses and tries the same record again: what was not reached,
	// such as the schema registry, may answer then.
	Add(ctx context.Context, r *pipeline.Record) error
	// Full says whether the batch should be delivered now, without waiting for FlushInterval.
	Full() bool
	// Deliver makes what was added visible to the backend's readers. It tries until it succeeds. It returns an error
	// only where waiting does not help, or where ctx has ended and the next owner of the partitions will deliver.
	// What the backend will not take, it refuses.
	Deliver(ctx context.Context, refuse Refuse) error
	// Reset empties the batch for its next use.
	Reset()
}

// Replica is a batch of a backend that is a complete copy of what its topics say. It keeps the positions that it has
// reached in the write that they stand for, and gives them to Config.Positions.
type Replica interface {
	Batch
	// Erase takes a tombstone. Its key is valid during the call only.
	Erase(r *pipeline.Record)
	// Reached says that the batch has all records of the partition before next.
	Reached(tp pipeline.TopicPartition, next int64)
}

// Refuse rejects a record of a batch that is being delivered. The record is fetched again, so that batches need not
// keep records for the few that are refused.
type Refuse func(ctx context.Context, tp pipeline.TopicPartition, offset int64, reason, detail string) error

// batch is a backend's batch with what is committed along with it: records to reject, and the offsets after them.
type batch struct {
	Batch
	// The same, where it is a replica's; else nil.
	replica Replica
	// Records to reject, with memory of their own: fetch buffers are gone when they are sent.
	rejects []pipeline.OutRecord
	traced  []traced
	offsets map[pipeline.TopicPartition]int64
	// When its first record came.
	since time.Time
	// Gets the outcome of the delivery, once.
	delivered chan error
}

func newBatch(b Batch) *batch {
	replica, _ := b.(Replica)
	return &batch{Batch: b, replica: replica, offsets: map[pipeline.TopicPartition]int64{}, delivered: make(chan error, 1)}
}

func (b *batch) empty() bool { return len(b.offsets) == 0 }

func (b *batch) reset() {
	b.Reset()
	b.rejects = b.rejects[:0]
	b.traced = b.traced[:0]
	clear(b.offsets)
}

// isDue says whether the batch is full, or old enough to be delivered.
func (b *batch) isDue(cfg *Config, now time.Time) bool {
	if b.empty() {
		return false
	}
	return b.Full() || now.Sub(b.since) >= cfg.FlushInterval
}

// commits is the batch's offsets in the form in which they are committed.
func (b *batch) commits() []pipeline.OffsetCommit {
	out := make([]pipeline.OffsetCommit, 0, len(b.offsets))
	for tp, offset := range b.offsets {
		out = append(out, pipeline.OffsetCommit{TopicPartition: tp, Offset: offset})
	}
	return out
}
