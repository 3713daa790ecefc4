package clickhouse

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

// rowSet is rows of one table, kept by column. Generated for each table.
type rowSet interface {
	spec() tableSpec
	rows() int
	reset()
	place(i int) place
	write(w *columnWriter, from, to int)
}

// batch is what is inserted and committed together: rows of all tables, records to reject, and the offsets after them.
type batch struct {
	scratch     *scratch
	touchpoints touchpointsRows
	moves       shardMovesRows
	predictions predictionsRows
	actions     actionsRows
	outcomes    outcomesRows
	aggregates  aggregatesRows
	rejects     []pipeline.OutRecord // own their memory
	traced      []traced
	offsets     map[pipeline.TopicPartition]int64
	since       time.Time  // when its first record came
	inserted    chan error // gets the outcome of the insert
}

func newBatch(log string, shared *codeBook) *batch {
	return &batch{scratch: newScratch(log, shared), offsets: map[pipeline.TopicPartition]int64{}, inserted: make(chan error, 1)}
}

func (b *batch) sets() []rowSet {
	return []rowSet{&b.touchpoints, &b.moves, &b.predictions, &b.actions, &b.outcomes, &b.aggregates}
}

func (b *batch) rows() int {
	n := 0
	for _, s := range b.sets() {
		n += s.rows()
	}
	return n
}

func (b *batch) empty() bool { return len(b.offsets) == 0 }

func (b *batch) reset() {
	for _, s := range b.sets() {
		s.reset()
	}
	b.scratch.reset()
	b.rejects = b.rejects[:0]
	b.traced = b.traced[:0]
	clear(b.offsets)
}

// isDue says whether the batch is full or old enough to be inserted.
func (b *batch) isDue(cfg *Config, now time.Time) bool {
	if b.empty() {
		return false
	}
	return b.rows() >= cfg.BatchRows || b.scratch.size >= cfg.BatchBytes || now.Sub(b.since) >= cfg.FlushInterval
}

// commits is the offsets as they are committed.
func (b *batch) commits() []pipeline.OffsetCommit {
	out := make([]pipeline.OffsetCommit, 0, len(b.offsets))
	for tp, offset := range b.offsets {
		out = append(out, pipeline.OffsetCommit{TopicPartition: tp, Offset: offset})
	}
	return out
}

// ingestedAt is the ingest times of a table's rows, where they are known.
func (b *batch) ingestedAt(s rowSet, from, to int) []int64 {
	switch s {
	case &b.touchpoints:
		return b.touchpoints.ingestedAt[from:to]
	case &b.actions:
		return b.actions.ingestedAt[from:to]
	}
	return nil
}
