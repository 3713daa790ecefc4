package runner

import (
	"context"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// firstPark and longestPark bound the pauses between attempts to get what records need from outside: soon
	// enough that a hiccup costs no call, and rare enough that a service that comes back is not asked by every
	// partition at once.
	firstPark   = 100 * time.Millisecond
	longestPark = 5 * time.Second
)

// untilGot calls get until it succeeds, with longer and longer pauses, and tells of the partition that is parked
// meanwhile. A side service that does not answer is no fault of the record, which must not be rejected for it,
// nor of the process, which has other partitions to serve. The only error is the context's.
func (e *Events) untilGot(ctx context.Context, tp pipeline.TopicPartition, get func(context.Context) error) error {
	err := get(ctx)
	if err == nil {
		return nil
	}
	defer e.parked(tp, 0, nil)
	pause := firstPark
	for attempt := 1; ctx.Err() == nil; attempt++ {
		e.parked(tp, attempt, err)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		if err = get(ctx); err == nil {
			return nil
		}
		pause = min(2*pause, longestPark)
	}
	return ctx.Err()
}
