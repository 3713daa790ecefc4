package pipeline

import (
	"context"
	"sync/atomic"
	"time"
)

// ends is the last look at where the source partitions end: what lag and idleness are judged by.
type ends struct{ seen atomic.Pointer[endsSeen] }

type endsSeen struct {
	at      Time // processing time before the cluster was asked
	offsets map[TopicPartition]int64
}

// caughtUp returns when the source was last seen to hold nothing beyond position, MinTime where it
// does or nothing is known.
func (e *ends) caughtUp(source TopicPartition, position int64) Time {
	seen := e.seen.Load()
	if seen == nil {
		return MinTime
	}
	if end, ok := seen.offsets[source]; !ok || position < end {
		return MinTime
	}
	return seen.at
}

// forget drops the last look, once nothing runs that it belongs to.
func (e *ends) forget() { e.seen.Store(nil) }

// position is what a copy of a changelog may hold once the commit that is being sealed stands: all
// that was there at the last look belongs to earlier commits.
func (e *ends) position(changelog TopicPartition) CopyPosition {
	if seen := e.seen.Load(); seen != nil {
		if end, ok := seen.offsets[changelog]; ok {
			return CopyPosition{end, seen.at}
		}
	}
	return CopyPosition{}
}

func (e *ends) lag(source TopicPartition, position int64) (int64, bool) {
	seen := e.seen.Load()
	if seen == nil {
		return 0, false
	}
	end, ok := seen.offsets[source]
	return max(0, end-position), ok
}

// watch looks at the ends of partitions until ctx ends. While the cluster does not answer, the last
// look stands, and grows old: no source becomes idle by it. It stands after the end of ctx as well: the
// workers' last commits are sealed then.
func (e *ends) watch(ctx context.Context, cfg *RunnerConfig, partitions []TopicPartition) {
	ticker := time.NewTicker(cfg.LagInterval)
	defer ticker.Stop()
	for {
		at := Time(cfg.Now().UnixMilli())
		if offsets, err := cfg.Cluster.EndOffsets(ctx, partitions); err == nil {
			e.seen.Store(&endsSeen{at, offsets})
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
