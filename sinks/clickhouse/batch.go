package clickhouse

import (
	"context"
	"fmt"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/sinks/consume"
)

// rowSet is rows of one table, kept by column. Implementations are generated for each table.
type rowSet interface {
	spec() tableSpec
	rows() int
	reset()
	place(i int) place
	write(w *columnWriter, from, to int)
}

// batch is rows of all tables that are inserted together. It implements consume.Batch.
type batch struct {
	filler *filler
	insert *inserter

	scratch     *scratch
	touchpoints touchpointsRows
	moves       shardMovesRows
	predictions predictionsRows
	actions     actionsRows
	outcomes    outcomesRows
	aggregates  aggregatesRows
	facts       contactFactsRows
	audits      accessAuditRows

	// Topic of the last record, as text and as a code: records come in runs of one topic.
	topic string
	code  any
	add   addFunc
}

func newBatch(f *filler, in *inserter, log string) *batch {
	return &batch{filler: f, insert: in, scratch: newScratch(log, f.codes)}
}

// Add turns a record into rows.
func (b *batch) Add(ctx context.Context, r *pipeline.Record) error {
	if r.Topic != b.topic || b.add == nil {
		b.topic, b.code, b.add = r.Topic, b.scratch.code(r.Topic), b.filler.add[r.Topic]
		if b.add == nil {
			return fmt.Errorf("records of topic %s, which was not asked for", r.Topic)
		}
	}
	return b.add(ctx, b, r, place{topic: b.code, partition: r.Partition, offset: r.Offset})
}

// Full says whether there are enough rows, or enough bytes of them, for an insert that is worth its overhead.
func (b *batch) Full() bool {
	return b.rows() >= b.filler.cfg.BatchRows || b.scratch.size >= b.filler.cfg.BatchBytes
}

// Deliver inserts the rows. Rows that the server refuses for their content are rejected.
func (b *batch) Deliver(ctx context.Context, refuse consume.Refuse) error {
	return b.insert.insertAll(ctx, b, refuse)
}

func (b *batch) sets() []rowSet {
	return []rowSet{&b.touchpoints, &b.moves, &b.predictions, &b.actions, &b.outcomes, &b.aggregates, &b.facts, &b.audits}
}

func (b *batch) rows() int {
	n := 0
	for _, s := range b.sets() {
		n += s.rows()
	}
	return n
}

// Reset implements consume.Batch. Memory is kept for the next round.
func (b *batch) Reset() {
	for _, s := range b.sets() {
		s.reset()
	}
	b.scratch.reset()
}

// ingestedAt is the ingest times of a table's rows, nil for a table that does not have them.
func (b *batch) ingestedAt(s rowSet, from, to int) []int64 {
	switch s {
	case &b.touchpoints:
		return b.touchpoints.ingestedAt[from:to]
	case &b.actions:
		return b.actions.ingestedAt[from:to]
	}
	return nil
}
