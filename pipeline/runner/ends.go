package runner

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// ends is the last look at where partitions end, shared by the workers of the process: what lag and
// idleness are judged by, and how far a copy of a changelog may claim to go. One goroutine looks, once
// every LagInterval, so that no worker waits for the cluster to know; the workers read what it found
// without a lock.
type ends struct{ seen atomic.Pointer[endsSeen] }

// endsSeen is one look. It is never changed once it is stored.
type endsSeen struct {
	// at is the processing time before the cluster was asked. What has come since may be missing from
	// offsets, what was there before is not.
	at pipeline.Time
	// offsets are the read-uncommitted ends. A stable end would hide what an open transaction has
	// written, and a source with records on their way would look silent.
	offsets map[pipeline.TopicPartition]int64
}

// caughtUp returns when the source was last seen to hold nothing beyond position, MinTime where it does
// or nothing is known. The idle clock of the source moves only on such a word (I1): that no record has
// come to us says nothing while records may wait in the broker.
func (e *ends) caughtUp(source pipeline.TopicPartition, position int64) pipeline.Time {
	seen := e.seen.Load()
	if seen == nil {
		return pipeline.MinTime
	}
	if end, ok := seen.offsets[source]; !ok || position < end {
		return pipeline.MinTime
	}
	return seen.at
}

// forget drops the last look, once nothing runs that it belongs to. The next generation may have other
// partitions, and a stale end must not let a source of it become idle.
func (e *ends) forget() { e.seen.Store(nil) }

// position is what a copy of a changelog may hold once the commit that is being sealed stands: all
// that was there at the last look belongs to earlier commits.
func (e *ends) position(changelog pipeline.TopicPartition) pipeline.CopyPosition {
	if seen := e.seen.Load(); seen != nil {
		if end, ok := seen.offsets[changelog]; ok {
			return pipeline.CopyPosition{Offset: end, At: seen.at}
		}
	}
	return pipeline.CopyPosition{}
}

// lag is how far position is behind the end that was last seen; false where none was. It is 0 where we
// have read beyond what was there at the last look.
func (e *ends) lag(source pipeline.TopicPartition, position int64) (int64, bool) {
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
func (e *ends) watch(ctx context.Context, cfg *Config, partitions []pipeline.TopicPartition) {
	ticker := time.NewTicker(cfg.LagInterval)
	defer ticker.Stop()
	for {
		at := pipeline.Time(cfg.Now().UnixMilli())
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
