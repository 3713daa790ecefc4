package pipeline

import (
	"strings"
)

// timerQueue keeps the timers of a task: a heap per set of channels, since each set has its own
// watermark, and an index by kind and key. Across heaps, timers fire in the order of time, kind and
// key. A processor uses few sets of channels, so that looking at the top of each heap is cheap.
type timerQueue struct {
	// index is by kind, which is small.
	index []map[string]*timer
	heaps []timerHeap
	// changed are the timers whose changelog records are due, in the order in which they changed; each
	// is in it once.
	changed []*timer
	// free are timers to be used anew: most live for a window, and allocating each would show.
	free []*timer
	// buf is for keys and values of the changelog.
	buf []byte
	// fresh: a timer was set since the last look for due ones. Without it each step would have to look.
	fresh bool
}

// timer is a set timer, or one that is gone but whose tombstone is not yet written (heap -1).
type timer struct {
	Timer
	// heap is the index of its heap, pos its place in it.
	heap, pos int
	// dirty: it is in changed. stored: the changelog has it, so that its end must be written there. One
	// that was set and has fired between two commits leaves no trace.
	dirty, stored bool
}

// newTimerQueue is an empty queue.
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

// len is how many timers are set.
func (q *timerQueue) len() int {
	n := 0
	for i := range q.heaps {
		n += len(q.heaps[i].timers)
	}
	return n
}

// set adds or moves a timer and reports whether that changed anything. To set one again as it is costs
// nothing and is not written: operators may do so for each record.
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

// clear removes a timer and reports whether it was set.
func (q *timerQueue) clear(kind uint8, key string) bool {
	e := q.find(kind, key)
	if e == nil || e.heap < 0 {
		return false
	}
	q.detach(e)
	q.mark(e)
	return true
}

// at is when a timer is to fire, false where it is not set.
func (q *timerQueue) at(kind uint8, key string) (Time, bool) {
	if e := q.find(kind, key); e != nil && e.heap >= 0 {
		return e.At, true
	}
	return 0, false
}

// pop takes the first timer that its watermark has reached, false where there is none. It leaves the
// queue before its handler runs, so that the handler may set it again. Without a watermark nothing
// fires: MinTime says that a source has not spoken.
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

// take is a timer to fill in.
func (q *timerQueue) take() *timer {
	if n := len(q.free); n > 0 {
		e := q.free[n-1]
		q.free = q.free[:n-1]
		return e
	}
	return new(timer)
}

// mark notes that a timer's changelog record is due. Set, moved and cleared between two commits, it is
// written once.
func (q *timerQueue) mark(e *timer) {
	if !e.dirty {
		e.dirty = true
		q.changed = append(q.changed, e)
	}
}

// changes yields every changed timer once: its key and value in the changelog, nil for gone. Timers
// that are gone are forgotten here, and not before, since their tombstones are still to be written.
// What it yields is valid during the call only.
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

// forget drops what changed, for a task that keeps no changelog. Otherwise timers that have fired would
// pile up.
func (q *timerQueue) forget() {
	if len(q.changed) > 0 {
		q.changes(func(_, _ []byte) {})
	}
}

// restore takes one changelog record. A timer that is there already is replaced: a changelog that is
// not compacted yet holds its earlier times too.
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

// attach puts a timer into the heap of its channels, a new one where none waits for that set.
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

// detach takes a timer out of its heap, if it is in one.
func (q *timerQueue) detach(e *timer) {
	if e.heap >= 0 {
		q.heaps[e.heap].remove(e.pos)
		e.heap = -1
	}
}
