package telemetry

import (
	"fmt"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// parkedFor is how long a partition may wait for a side service before the process says that it is not ready: a
// hiccup is nobody's business.
const parkedFor = 10 * time.Second

// parked knows which partitions wait for a side service, and since when.
type parked struct {
	now   func() time.Time
	mu    sync.Mutex
	since map[pipeline.TopicPartition]time.Time
}

func newParked(now func() time.Time) *parked {
	return &parked{now: now, since: map[pipeline.TopicPartition]time.Time{}}
}

func (p *parked) begin(tp pipeline.TopicPartition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.since[tp]; !ok {
		p.since[tp] = p.now()
	}
}

// end returns how long the partition waited.
func (p *parked) end(tp pipeline.TopicPartition) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	since, ok := p.since[tp]
	if !ok {
		return 0
	}
	delete(p.since, tp)
	return p.now().Sub(since)
}

func (p *parked) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.since)
}

// check names one of the partitions that have waited for long.
func (p *parked) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for tp, since := range p.since {
		if waits := p.now().Sub(since); waits >= parkedFor {
			return fmt.Errorf("%d partitions are parked, %s/%d for %v; the log says what they wait for", len(p.since), tp.Topic, tp.Partition, waits.Round(time.Second))
		}
	}
	return nil
}

// waits knows for how long the whole process has waited for the cluster.
type waits struct {
	now   func() time.Time
	mu    sync.Mutex
	since time.Time
	err   error
}

func (w *waits) begin(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.since = w.now()
	}
	w.err = err
}

// end returns how long it waited.
func (w *waits) end() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = nil
	return w.now().Sub(w.since).Round(time.Millisecond)
}

// check says what it waits for. A partition may wait as long before that is somebody's business.
func (w *waits) check() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil && w.now().Sub(w.since) >= parkedFor {
		return fmt.Errorf("waits for the cluster: %w", w.err)
	}
	return nil
}
