package clickhouse

import (
	"time"

	"github.com/attune-health/attune/sinks/consume"
)

// Events hears what a sink does. Any func may be nil. They are called from the sink's goroutines and must not block.
type Events struct {
	// Events are those of every consumer.
	consume.Events
	// Inserted is called when ClickHouse has acknowledged rows of one table.
	Inserted func(Insert)
	// InsertFailed is called for each attempt that failed; the rows will be sent again.
	InsertFailed func(table string, attempt int, err error)
	// ViewFailed is called when a materialized view that a site has put on one of our tables fails, at most once a minute for
	// each. The rows are in our table, and not in what the view fills.
	ViewFailed func(table, view string, err error)
	// Refreshed is called when the days of a roll-up were computed.
	Refreshed func(Refreshed)
	// RollupFailed is called when they were not; the next round tries again. An empty view stands for the round itself.
	RollupFailed func(view string, err error)
	// RollupAge is called after each round, whichever sink computed something in it: since when the newest days of the roll-up for
	// which it is longest were not computed.
	RollupAge func(view string, age time.Duration)
	// Noted is called with what whoever runs the sink should know, once for each text.
	Noted func(text string)
}

// Insert tells of rows that ClickHouse has acknowledged.
type Insert struct {
	Table string
	Rows  int
	// Bytes of memory that the whole batch took, all tables together.
	Bytes    int
	Attempts int
	// Took is how long the attempt that succeeded lasted, At when it ended.
	Took time.Duration
	At   time.Time
	// IngestedAt is when INGEST took in the record of each row, Unix milliseconds, 0 where unknown; empty for tables
	// that do not have it. At minus this is the latency from touchpoint to ClickHouse. Valid during the call only.
	IngestedAt []int64
}

func (e *Events) inserted(i Insert) {
	if e.Inserted != nil {
		e.Inserted(i)
	}
}

func (e *Events) viewFailed(table, view string, err error) {
	if e.ViewFailed != nil {
		e.ViewFailed(table, view, err)
	}
}

func (e *Events) refreshed(r Refreshed) {
	if e.Refreshed != nil {
		e.Refreshed(r)
	}
}

func (e *Events) rollupFailed(view string, err error) {
	if e.RollupFailed != nil {
		e.RollupFailed(view, err)
	}
}

func (e *Events) rollupAge(view string, age time.Duration) {
	if e.RollupAge != nil {
		e.RollupAge(view, age)
	}
}

func (e *Events) insertFailed(table string, attempt int, err error) {
	if e.InsertFailed != nil {
		e.InsertFailed(table, attempt, err)
	}
}
