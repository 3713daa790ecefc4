package pipeline

import (
	"strings"
)

// timerQueue keeps the timers of a task: a heap per set of channels, since each set has its own
// watermark, and an index by kind and key. Across heaps, timers fire in the order of time, kind and
// key.
type timerQueue struct {
	index   []map[string]*timer // by kind
	heaps   []timerHeap
	changed []*timer
	free    []*timer
	buf     []byte
	fresh   bool // a timer was set since the last look for due ones
}

// timer is a set timer, or one that is gone but whose tombstone is not yet written (heap -1).
type timer struct {
	Timer
	heap, pos     int
	dirty, stored bool
}

func newTimerQueue() timerQueue { return timerQueue{} }

// find returns the timer of a kind and key, set or about to be forgotten, or nil.
func (q *timerQueue) find(kind uint8, key string) *timer {
	if int(kind) >= len(q.index) {
		return nil
	}
	return q.index[kind][key]
}

// enter puts a timer into the index.
func (q *timerQueue) enter(e *timer) {
	for int(e.Kind) >= len(q.index) {
		q.index = append(q.index, nil)
	}
	if q.index[e.Kind] == nil {
		q.index[e.Kind] = make(map[string]*timer)
	}
	q.index[e.Kind][e.Key] = e
}

func (q *timerQueue) len() int {
	n := 0
	for i := range q.heaps {
		n += len(q.heaps[i].timers)
	}
	return n
}

// set adds or moves a timer and reports whether that changed anything.
func (q *timerQueue) set(t Timer) bool {
	e := q.find(t.Kind, t.Key)
	switch {
	case e == nil:
		e = q.take()
		t.Key = strings.Clone(t.Key) // the caller's may alias a record
		e.Timer, e.heap = t, -1
		q.enter(e)
	case e.heap >= 0 && e.At == t.At && e.Channels == t.Channels:
		return false
	default:
		q.detach(e)
		e.At, e.Channels = t.At, t.Channels
	}
	q.attach(e)
	q.mark(e)
	q.fresh = true
	return true
}

func (q *timerQueue) clear(kind uint8, key string) bool {
	e := q.find(kind, key)
	if e == nil || e.heap < 0 {
		return false
	}
	q.detach(e)
	q.mark(e)
	return true
}

func (q *timerQueue) at(kind uint8, key string) (Time, bool) {
	if e := q.find(kind, key); e != nil && e.heap >= 0 {
		return e.At, true
	}
	return 0, false
}

// pop takes the first timer that its watermark has reached.
func (q *timerQueue) pop(w *watermarks) (Timer, bool) {
	var first *timer
	for i := range q.heaps {
		h := &q.heaps[i]
		if len(h.timers) == 0 || first != nil && !h.timers[0].before(heapItem{first.At, first}) {
			continue
		}
		if mark, _ := w.minimum(h.channels); mark != MinTime && h.timers[0].at <= mark {
			first = h.timers[0].timer
		}
	}
	if first == nil {
		return Timer{}, false
	}
	q.detach(first)
	q.mark(first)
	return first.Timer, true
}

func (q *timerQueue) take() *timer {
	if n := len(q.free); n > 0 {
		e := q.free[n-1]
		q.free = q.free[:n-1]
		return e
	}
	return new(timer)
}

func (q *timerQueue) mark(e *timer) {
	if !e.dirty {
		e.dirty = true
		q.changed = append(q.changed, e)
	}
}

// changes yields every changed timer once: its key and value in the changelog, nil for gone.
func (q *timerQueue) changes(yield func(key, value []byte)) {
	for i, e := range q.changed {
		q.changed[i] = nil
		e.dirty = false
		q.buf = appendTimerKey(q.buf[:0], e)
		n := len(q.buf)
		if e.heap >= 0 {
			q.buf = appendTimerValue(q.buf, e)
			e.stored = true
			yield(q.buf[:n:n], q.buf[n:])
			continue
		}
		if e.stored {
			yield(q.buf[:n:n], nil)
		}
		delete(q.index[e.Kind], e.Key)
		*e = timer{}
		q.free = append(q.free, e)
	}
	q.changed = q.changed[:0]
}

// forget drops what changed, for a task that keeps no changelog.
func (q *timerQueue) forget() {
	if len(q.changed) > 0 {
		q.changes(func(_, _ []byte) {})
	}
}

// restore takes one changelog record.
func (q *timerQueue) restore(key, value []byte) error {
	t, err := decodeTimer(key, value)
	if err != nil {
		return err
	}
	if e := q.find(t.Kind, t.Key); e != nil {
		q.detach(e)
		delete(q.index[t.Kind], t.Key)
	}
	if value == nil {
		return nil
	}
	e := q.take()
	e.Timer, e.stored = t, true
	q.enter(e)
	q.attach(e)
	return nil
}

func (q *timerQueue) attach(e *timer) {
	for i := range q.heaps {
		if q.heaps[i].channels == e.Channels {
			e.heap = i
			q.heaps[i].push(e)
			return
		}
	}
	e.heap = len(q.heaps)
	q.heaps = append(q.heaps, timerHeap{channels: e.Channels})
	q.heaps[e.heap].push(e)
}

func (q *timerQueue) detach(e *timer) {
	if e.heap >= 0 {
		q.heaps[e.heap].remove(e.pos)
		e.heap = -1
	}
}
