package pipeline

import (
	"fmt"
	"sync/atomic"
)

// LiveTable is a table of the process with the position up to which its topic has been applied. One
// goroutine applies; any number may ask for the position.
type LiveTable struct {
	// Topic is where the table's records come from.
	Topic string
	// Table is the operator's. Tasks read it in their steps, without a lock.
	Table    Table
	position atomic.Int64
	invalid  atomic.Int64
}

// NewLiveTable makes the empty table of a source.
func NewLiveTable(s TableSource) *LiveTable {
	return &LiveTable{Topic: s.Topic, Table: s.New()}
}

// Position is the offset after the last record applied; for a topic of several partitions the sum
// of theirs, which only grows.
func (t *LiveTable) Position() int64 { return t.position.Load() }

// Invalid counts the records that the table could not use.
func (t *LiveTable) Invalid() int64 { return t.invalid.Load() }

// Apply hands one record to the table. The caller keeps every task of the process out of its step
// meanwhile. A record of KindInvalid is counted and passed over.
func (t *LiveTable) Apply(r *Record) error {
	err := t.Table.Apply(r)
	if err == nil {
		return nil
	}
	if KindOf(err) == KindInvalid {
		t.invalid.Add(1)
		return nil
	}
	return fmt.Errorf("apply %s/%d offset %d to table: %w", r.Topic, r.Partition, r.Offset, err)
}

// Advance moves the position on by n offsets.
func (t *LiveTable) Advance(n int64) { t.position.Add(n) }
