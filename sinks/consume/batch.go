package consume

import (
	"context"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Batch is what a backend collects of records until it is delivered. The consumer has a few of them, which go
// round. Add is called by one goroutine for all batches; Deliver by another for each, after the last Add and
// before Reset.
type Batch interface {
	// Add takes one record. Key, value and headers are valid during the call only. A *schemas.RecordError rejects
	// the record. After any other error the consumer pauses and tries the same record again: what was not reached,
	// such as the schema registry, may answer then.
	Add(ctx context.Context, r *pipeline.Record) error
	// Full says whether the batch is to be delivered before its time.
	Full() bool
	// Deliver makes what was added visible to the backend's readers. It tries until it succeeds: an error means that
	// waiting does not help, or that ctx has ended and the next owner of the partitions does it. What it cannot make
	// the backend take, it refuses.
	Deliver(ctx context.Context, refuse Refuse) error
	// Reset makes the batch empty.
	Reset()
}

// Refuse rejects a record of a batch that is being delivered. Batches need not keep records: it is fetched again.
type Refuse func(ctx context.Context, tp pipeline.TopicPartition, offset int64, reason, detail string) error

// batch is a backend's batch with what is committed along with it: records to reject, and the offsets after them.
type batch struct {
	Batch
	rejects   []pipeline.OutRecord // own their memory
	traced    []traced
	offsets   map[pipeline.TopicPartition]int64
	since     time.Time  // when its first record came
	delivered chan error // gets the outcome of the delivery
}

func newBatch(b Batch) *batch {
	return &batch{Batch: b, offsets: map[pipeline.TopicPartition]int64{}, delivered: make(chan error, 1)}
}

func (b *batch) empty() bool { return len(b.offsets) == 0 }

func (b *batch) reset() {
	b.Reset()
	b.rejects = b.rejects[:0]
	b.traced = b.traced[:0]
	clear(b.offsets)
}

// isDue says whether the batch is full or old enough to be delivered.
func (b *batch) isDue(cfg *Config, now time.Time) bool {
	if b.empty() {
		return false
	}
	return b.Full() || now.Sub(b.since) >= cfg.FlushInterval
}

// commits is the offsets as they are committed.
func (b *batch) commits() []pipeline.OffsetCommit {
	out := make([]pipeline.OffsetCommit, 0, len(b.offsets))
	for tp, offset := range b.offsets {
		out = append(out, pipeline.OffsetCommit{TopicPartition: tp, Offset: offset})
	}
	return out
}
