package runner

import (
	"cmp"
	"sync"
	"time"
)

// backlog keeps account of the work that the workers have taken on. What a source's task writes to the
// topic that carries its watermarks comes back as work, urgent work above all: too much of it, and a
// call waits behind the page views that were taken in before it. So the worker measures what a record
// that came back costs, counts how many are on their way, and takes from sources that are not urgent
// only while what is under way will be done within Config.MaxBacklog: an age, and not a number,
// since what a record costs differs from one topology to another.
//
// The account is the process's own: that others take in as much for us as we do for them is the
// balancer's doing. Where they do not, records that never come are forgotten after a while in which
// none came.
type backlog struct {
	mu sync.Mutex
	// workers is how many share what comes back.
	workers int
	// records were taken in, and have not come back yet.
	records int
	// cost is that of one that came back, smoothed.
	cost time.Duration
	// heard is when one was taken in or came back.
	heard time.Time
}

// firstCost is what a record is taken to cost before one has come back.
const firstCost = 100 * time.Microsecond

// smoothing is the weight of what was known of the cost against one slice's measure.
const smoothing = 7

// age is how long what is under way will take.
func (b *backlog) age() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Duration(b.records) * cmp.Or(b.cost, firstCost) / time.Duration(max(1, b.workers))
}

// took counts n records of a source whose output comes back.
func (b *backlog) took(n int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records, b.heard = b.records+n, now
}

// cameBack counts n records that came back and took so long together.
func (b *backlog) cameBack(n int, took time.Duration, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = max(0, b.records-n)
	b.cost = (smoothing*b.cost + took/time.Duration(max(1, n))) / (smoothing + 1)
	b.heard = now
}

// forget drops what does not come back.
func (b *backlog) forget(now time.Time, after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.records > 0 && now.Sub(b.heard) > after {
		b.records = 0
	}
}

// share says how many workers have tasks that records come back to.
func (b *backlog) share(workers []*worker) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.workers = 0
	for _, w := range workers {
		if w.count(func(t *workerTask) bool { return t.source.Carried }) > 0 {
			b.workers++
		}
	}
}
