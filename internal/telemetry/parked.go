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
