package desk

import (
	"context"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// currentWithin is how far behind a desk may be and still call itself current. The ends of topics are looked at every
// probeEvery, so that less than that cannot be told.
const (
	probeEvery    = 500 * time.Millisecond
	currentWithin = 3 * time.Second
	probeTimeout  = 5 * time.Second
	// keepEvery is how exact a desk is that starts again while the broker is away.
	keepEvery = 5 * time.Second
)

// behind knows how far a desk is behind its topics: it asks where they end, and notes when all of that was read. A
// broker that does not answer leaves the desk where it was, and time passes.
type behind struct {
	mu sync.Mutex
	// until: all that was committed then has been read. Zero before the first time.
	until time.Time
	// caught: that was said by the log that this process reads, and not kept by one before.
	caught bool
	// asked and ends are of the question that is not reached yet.
	asked time.Time
	ends  map[pipeline.TopicPartition]int64
}

// Behind is how far a desk is behind its topics.
type Behind struct {
	// Current: it has read everything up to a moment ago.
	Current bool `json:"current"`
	// Ms is the age of the newest state that it certainly has, in milliseconds; -1 where it has never caught up.
	Ms int64 `json:"behind_ms"`
	// AsOf is when that was; nil where it has never caught up.
	AsOf *time.Time `json:"as_of"`
}

// String says it in words, for who looks at readiness.
func (b Behind) String() string {
	if b.AsOf == nil {
		return "knows nothing yet"
	}
	return "shows what was committed until " + b.AsOf.Format(time.RFC3339)
}

func (b *behind) now(at time.Time) Behind {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return Behind{Ms: -1}
	}
	d, asOf := max(0, at.Sub(b.until)), b.until.UTC().Truncate(time.Millisecond)
	return Behind{Current: b.caught && d <= currentWithin, Ms: d.Milliseconds(), AsOf: &asOf}
}

// keptUntil takes up what a process before has reached.
func (b *behind) keptUntil(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = at
}

// hasCaughtUp says whether this process has read once what there was.
func (b *behind) hasCaughtUp() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.caught
}

// reached compares the question under way with where reading is.
func (b *behind) reached(positions map[pipeline.TopicPartition]int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ends == nil {
		return true
	}
	for tp, end := range b.ends {
		if positions[tp] < end {
			return false
		}
	}
	b.until, b.ends, b.caught = b.asked, nil, true
	return true
}

// reachedUntil is how far this process has read; zero where it has not caught up.
func (b *behind) reachedUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.caught {
		return time.Time{}
	}
	return b.until
}

func (b *behind) ask(at time.Time, ends map[pipeline.TopicPartition]int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked, b.ends = at, ends
}

// probe asks and compares until ctx ends, and keeps how far that is for the next start.
func (b *behind) probe(ctx context.Context, cluster pipeline.Cluster, topics []string, s *Store, failed func(error)) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	var kept time.Time
	keep := func(every time.Duration) {
		until := b.reachedUntil()
		if until.Sub(kept) < every {
			return
		}
		if err := s.keepUntil(until); err != nil {
			failed(err)
		}
		kept = until
	}
	defer keep(time.Nanosecond)
	for {
		keep(keepEvery)
		positions, _ := s.Positions(ctx)
		if b.reached(positions) {
			asking, cancel := context.WithTimeout(ctx, probeTimeout)
			at := time.Now()
			ends, err := ends(asking, cluster, topics)
			cancel()
			if err == nil {
				b.ask(at, ends)
				positions, _ := s.Positions(ctx)
				b.reached(positions)
			} else if ctx.Err() == nil {
				failed(err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ends are where partitions end. An empty partition counts as read.
func ends(ctx context.Context, cluster pipeline.Cluster, topics []string) (map[pipeline.TopicPartition]int64, error) {
	var all []pipeline.TopicPartition
	for _, topic := range topics {
		n, err := cluster.PartitionCount(ctx, topic)
		if err != nil {
			return nil, err
		}
		for p := range n {
			all = append(all, pipeline.TopicPartition{Topic: topic, Partition: p})
		}
	}
	ends, err := cluster.EndOffsets(ctx, all)
	if err != nil {
		return nil, err
	}
	starts, err := cluster.StartOffsets(ctx, all)
	for tp, start := range starts {
		if ends[tp] <= start {
			delete(ends, tp)
		}
	}
	return ends, err
}
