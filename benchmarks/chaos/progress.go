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
	// lookPatience bounds one look: at times brokers are down.
	lookPatience = 1500 * time.Millisecond
	// patience is how long a fault may take to be over.
	patience = time.Minute
)

// watch follows the committed offsets of a group, to find out for how long it did not move.
type watch struct {
	group  string
	topics []string
	// Topics that always have something to read in each of their partitions.
	busy []string
	// Called for offsets that went back.
	back func(tp pipeline.TopicPartition, from, to int64)

	mu         sync.Mutex
	partitions map[pipeline.TopicPartition]*progress
	// Last successful reading.
	looked time.Time
}

// progress is how far a partition has come.
type progress struct {
	committed int64
	busy      bool
	// Nothing was left to do when last looked at.
	rested bool
	// Since the last call of healed.
	moved bool
	// Of the last movement, or of the last look that found nothing to do.
	since time.Time
	// Without movement, since the last call of begin.
	longest time.Duration
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

// look takes in what was read of the group; nothing if it could not be read.
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

// begin forgets everything before a fault.
func (w *watch) begin(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.partitions {
		p.since, p.longest = now, 0
	}
}

// healed notes that a fault is over: from now on everything should move again.
func (w *watch) healed(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked = time.Time{}
	for _, p := range w.partitions {
		p.moved, p.rested = false, false
	}
}

// moves says whether every partition has moved, or had nothing to do, since healed; and the longest
// time, since begin, in which one did not.
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

// await waits until all partitions move. ok is false if they did not within a minute.
func (w *watch) await(ctx context.Context) (longest time.Duration, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := process.Poll(ctx, lookInterval/4, func() (all bool, _ error) {
		all, longest = w.moves(time.Now())
		return all, nil
	})
	return longest, err == nil
}
