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
}

// Insert tells of rows that ClickHouse has acknowledged.
type Insert struct {
	Table    string
	Rows     int
	Bytes    int // of memory that the whole batch took, all tables together
	Attempts int
	Took     time.Duration // of the attempt that succeeded
	At       time.Time     // when it succeeded
	// IngestedAt is when INGEST took each row's record in, Unix milliseconds, 0 where unknown; empty for tables that do not
	// say. At minus this is touchpoint-to-ClickHouse latency. Valid during the call only.
	IngestedAt []int64
}

func (e *Events) inserted(i Insert) {
	if e.Inserted != nil {
		e.Inserted(i)
	}
}

func (e *Events) insertFailed(table string, attempt int, err error) {
	if e.InsertFailed != nil {
		e.InsertFailed(table, attempt, err)
	}
}
