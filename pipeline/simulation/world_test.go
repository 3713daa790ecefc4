package simulation

import (
	"bytes"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"
)

// world is one run: a queue of events in virtual time. Its methods belong to the goroutine that runs
// it, but for park and signal.
type world struct {
	seed     uint64
	rand     *rand.Rand
	settings settings
	began    time.Time
	events   eventQueue
	eventSeq int
	cluster  *cluster
	held     []*request // at a broker, until they can be answered
	checked  int        // cluster.version that held was looked through at
	clients  int
	procs    []*process
	restarts int // to come
	job      job
	fences   map[string]time.Time
	disks    disks
	healed   bool
	drained  bool           // event time was ended by force
	met      map[string]int // what happened, and how often
	healedAt time.Time
	failure  error

	mu       sync.Mutex
	parked   []*request
	arrived  chan struct{}
	unpaused atomic.Bool // a fetcher reads on
	timer    *time.Timer

	trace *bytes.Buffer // nil: not kept
	steps int
}

func newWorld(seed uint64, trace bool) *world {
	w := &world{
		seed: seed, rand: rand.New(rand.NewPCG(seed, 0x51)), began: time.Now(),
		arrived: make(chan struct{}, 1), timer: time.NewTimer(time.Hour),
		fences: make(map[string]time.Time), disks: disks{now: make(map[string]*disk)}, met: make(map[string]int),
	}
	if trace {
		w.trace = new(bytes.Buffer)
	}
	w.settings = drawSettings(w.rand, drawDimensions(seed))
	w.job = w.newJob()
	w.cluster = newCluster(w)
	w.note("%s", w.settings.String())
	return w
}

// event is something that happens at a moment of virtual time.
type event struct {
	at  time.Time
	seq int
	do  func()
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*q = old[:len(old)-1]
	return e
}

// after schedules an event.
func (w *world) after(d time.Duration, do func()) {
	w.eventSeq++
	heap.Push(&w.events, event{time.Now().Add(d), w.eventSeq, do})
}

// run lets things happen until done reports true, something has failed, or limit has passed. It
// reports whether done did.
func (w *world) run(limit time.Duration, done func() bool) bool {
	deadline := time.Now().Add(limit)
	for {
		synctest.Wait()
		w.admit()
		w.release()
		w.watchProcesses()
		switch now := time.Now(); {
		case w.failure != nil:
			return false
		case done():
			return true
		case !now.Before(deadline):
			return false
		case len(w.events) == 0 || w.events[0].at.After(now):
			w.sleep(now, deadline)
		default:
			e := heap.Pop(&w.events).(event)
			w.steps++
			e.do()
		}
	}
}

// sleep waits for the next event, or for a request.
func (w *world) sleep(now, deadline time.Time) {
	next := deadline
	if len(w.events) > 0 && w.events[0].at.Before(next) {
		next = w.events[0].at
	}
	w.timer.Reset(next.Sub(now))
	select {
	case <-w.timer.C:
	case <-w.arrived:
	}
}

// park puts a request before the world. Any goroutine may call it.
func (w *world) park(r *request) {
	w.mu.Lock()
	w.parked = append(w.parked, r)
	w.mu.Unlock()
	w.signal()
}

func (w *world) signal() {
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

// note writes a line of the run's trace.
func (w *world) note(format string, args ...any) {
	if w.trace == nil {
		return
	}
	fmt.Fprintf(w.trace, "%12v ", time.Since(w.began))
	fmt.Fprintf(w.trace, format, args...)
	w.trace.WriteByte('\n')
}

func (w *world) fail(format string, args ...any) {
	if w.failure == nil {
		w.failure = fmt.Errorf(format, args...)
		w.note("FAILURE %v", w.failure)
	}
}

// chance is true once in n times, never for 0.
func (w *world) chance(n int) bool { return n > 0 && w.rand.IntN(n) == 0 }

// between draws a duration, to the nanosecond: two deadlines hardly ever meet.
func (w *world) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.rand.Int64N(int64(high-low)+1))
}
