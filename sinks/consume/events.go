package consume

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Events hears what a consumer does. Any func may be nil. They are called from the consumer's goroutines and must not
// block.
type Events struct {
	// Assigned is called with each new assignment of partitions.
	Assigned func(partitions []pipeline.TopicPartition)
	// Committed is called when offsets were committed.
	Committed func(partitions int)
	// CommitFailed is called when they were not; the records will be read and delivered again.
	CommitFailed func(err error)
	// Rejected is called for each record that goes to touchpoints.rejected.
	Rejected func(partition pipeline.TopicPartition, offset int64, reason string)
	// Lag is called after each fetch.
	Lag func(partition pipeline.TopicPartition, records int64)
	// Traced is called for each record with the header pipeline.TraceHeader, once it is delivered and its offset is
	// committed. parent is the header's value, valid during the call only; from is when the record was read, to is
	// now.
	Traced func(partition pipeline.TopicPartition, offset int64, parent []byte, from, to time.Time)
	// ReadFailed is called when reading or joining the group has failed and will be tried again.
	ReadFailed func(err error)
	// Lost is called when records were lost before they were read: the partition goes on behind them, or is not read
	// until it is assigned anew. It must return at once.
	Lost func(l pipeline.Loss)
}

func (e *Events) assigned(p []pipeline.TopicPartition) {
	if e.Assigned != nil {
		e.Assigned(p)
	}
}

func (e *Events) committed(n int) {
	if e.Committed != nil {
		e.Committed(n)
	}
}

func (e *Events) commitFailed(err error) {
	if e.CommitFailed != nil {
		e.CommitFailed(err)
	}
}

func (e *Events) rejected(tp pipeline.TopicPartition, offset int64, reason string) {
	if e.Rejected != nil {
		e.Rejected(tp, offset, reason)
	}
}

func (e *Events) lag(tp pipeline.TopicPartition, n int64) {
	if e.Lag != nil {
		e.Lag(tp, n)
	}
}

func (e *Events) readFailed(err error) {
	if e.ReadFailed != nil {
		e.ReadFailed(err)
	}
}

// parked tells of a partition that cannot be read for now, less and less often.
func (e *Events) parked(_ pipeline.TopicPartition, attempt int, err error) {
	if err != nil && attempt&(attempt-1) == 0 {
		e.readFailed(err)
	}
}

func (e *Events) lost(l pipeline.Loss) bool {
	if e.Lost != nil {
		e.Lost(l)
	}
	return true
}
