package main

import (
	"context"
	"sync"
	"time"

	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

const (
	// lookInterval is how often a group's offsets are read: the resolution of times without progress.
	lookInterval = 200 * time.Millisecond
	// lookPatience bounds one reading: brokers are down at times.
	lookPatience = 1500 * time.Millisecond
	// patience is how long a fault may take to be over.
	patience = time.Minute
)

// watch follows the committed offsets of a group, to tell for how long it did not move.
type watch struct {
	group  string
	topics []string
	busy   []string                                         // of topics: there is always something to read in each of their partitions
	back   func(tp pipeline.TopicPartition, from, to int64) // hears of offsets that went back

	mu         sync.Mutex
	partitions map[pipeline.TopicPartition]*progress
	looked     time.Time // last successful reading
}

// progress is how far a partition has come.
type progress struct {
	committed int64
	busy      bool
	rested    bool          // nothing was left to do when last looked at
	moved     bool          // since the last call of healed
	since     time.Time     // of the last movement, or of the last look that found nothing to do
	longest   time.Duration // without movement, since the last call of begin
}

func newWatch(group string, topics, busy []string, back func(pipeline.TopicPartition, int64, int64)) *watch {
	return &watch{group: group, topics: topics, busy: busy, back: back, partitions: map[pipeline.TopicPartition]*progress{}}
}

// run looks until ctx ends.
func (w *watch) run(ctx context.Context, cluster *kafka.Cluster) {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		attempt, cancel := context.WithTimeout(ctx, lookPatience)
		lags, err := cluster.Lag(attempt, w.group, w.topics...)
		cancel()
		if err != nil {
			lags = nil // nobody is seen to move
		}
		w.look(time.Now(), lags)
	}
}

// look takes what was read of the group; nothing where it could not be.
func (w *watch) look(now time.Time, lags []kafka.PartitionLag) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if lags != nil {
		w.looked = now
	}
	for i := range lags {
		l := &lags[i]
		p := w.partitions[l.TopicPartition]
		if p == nil {
			p = &progress{committed: -1, since: now}
			for _, topic := range w.busy {
				p.busy = p.busy || topic == l.Topic
			}
			w.partitions[l.TopicPartition] = p
		}
		if l.Committed >= 0 && l.Committed < p.committed {
			w.back(l.TopicPartition, p.committed, l.Committed)
		}
		p.rested = !p.busy && l.Lag() == 0
		if l.Committed != p.committed || p.rested {
			p.longest = max(p.longest, now.Sub(p.since))
			p.moved = p.moved || l.Committed != p.committed
			p.committed, p.since = l.Committed, now
		}
	}
}

// begin forgets what was before a fault.
func (w *watch) begin(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.partitions {
		p.since, p.longest = now, 0
	}
}

// healed says that a fault is over: from now on everything should move again.
func (w *watch) healed(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked = time.Time{}
	for _, p := range w.partitions {
		p.moved, p.rested = false, false
	}
}

// moves reports whether every partition has moved, or rested, since healed, and the longest time in
// which one did not, since begin.
func (w *watch) moves(now time.Time) (all bool, longest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all = len(w.partitions) > 0 && !w.looked.IsZero()
	for _, p := range w.partitions {
		if !p.moved && !p.rested {
			all = false
			longest = max(longest, now.Sub(p.since))
		}
		longest = max(longest, p.longest)
	}
	return all, longest
}

// await waits until all move. False: they did not, within a minute.
func (w *watch) await(ctx context.Context) (longest time.Duration, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := process.Poll(ctx, lookInterval/4, func() (all bool, _ error) {
		all, longest = w.moves(time.Now())
		return all, nil
	})
	return longest, err == nil
}
