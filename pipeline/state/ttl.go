package state

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// TTL says when the keys of a Map go by themselves: when the watermark over Channels (none: all) has
// passed by After the event time of their last write, rounded up to a thirty-second of After. The event
// time of a write is Setup.EventTime; a late one does not make a key older. A write whose time is not
// known, because no watermark is there yet, and values of before the Map had a TTL, are of the time of the
// first watermark. Whoever wants keys to stay for as long as they are read marks them dirty on reading.
type TTL struct {
	After    time.Duration // in whole milliseconds; 0: keys stay
	Channels pipeline.Channels
}

const (
	// The wheel has 64 lists of a thirty-second of the TTL each.
	// slots is of the wheel; they cover twice the TTL.
	slots = 64
	// overdue is the list of what is due already, or of unknown time.
	overdue = slots
	// unlinked stands for no list.
	unlinked = slots + 1

	// never stands for a time at which nothing is due.
	never = pipeline.MaxTime
)

// lifetimes knows when the entries of a Map in memory are due: lists of entries by the time at which they
// are due, in coarse steps, as a wheel. A write moves its entry to another list, at most once a step; a
// watermark looks at the lists whose time has come.
//
//	reached         reached+width            what is due 64 widths later is in the same list and stays
//	   │ removed       │ slot i    │ slot i+1   │ ...
type lifetimes[V any] struct {
	// after is the TTL and width the step of the wheel, in milliseconds.
	after, width pipeline.Time
	channels     pipeline.Channels
	// during is Setup.EventTime.
	during func(pipeline.Channels) pipeline.Time
	// reached: what was due by then is gone.
	reached pipeline.Time
	// next is the watermark with which something may be due. Below it Expire returns at once.
	next pipeline.Time
	// lives are found by entry.life; the first is of no entry. They refer to each other by number,
	// which is half a pointer, and nothing for the garbage collector to follow.
	lives []life[V]
	// free is the list of lives to be used anew, by next.
	free uint32
	// lists are the first lives of each list, 0 for none.
	lists [slots + 1]uint32
	// generation counts the calls of Expire that removed something.
	generation uint64
}

// life is what is known of one entry.
type life[V any] struct {
	entry *entry[V]
	// at is the event time of the last write, MinTime where it is unknown.
	at pipeline.Time
	// indexed is when it is due according to the copy of the changelog, or never.
	indexed pipeline.Time
	// prev and next are its neighbours in the list slot; prev is 0 for the first.
	prev, next uint32
	slot       uint8
}

// newLifetimes is the wheel of an empty Map.
func newLifetimes[V any](t TTL, during func(pipeline.Channels) pipeline.Time) *lifetimes[V] {
	after := pipeline.Time(t.After.Milliseconds())
	if after <= 0 {
		panic("state: a TTL of " + t.After.String())
	}
	l := &lifetimes[V]{after: after, width: max(1, after/32), channels: t.Channels, during: during}
	l.reached, l.next = pipeline.MinTime, pipeline.MinTime
	l.lives = []life[V]{{slot: unlinked}}
	return l
}

// floor rounds down to a whole width.
func (t *lifetimes[V]) floor(x pipeline.Time) pipeline.Time {
	r := x % t.width
	if r < 0 {
		r += t.width
	}
	return x - r
}

// due is when what was written at a time goes, a whole number of widths. It is rounded up, so that no
// key goes before its time, and so that most writes of a key that is in use change nothing.
func (t *lifetimes[V]) due(at pipeline.Time) pipeline.Time {
	switch {
	case at == pipeline.MinTime:
		return at
	case at > pipeline.MaxTime-t.after-t.width:
		return t.floor(never - 1)
	}
	return t.floor(at + t.after + t.width - 1)
}

// slot is the list of what is due at a time.
func (t *lifetimes[V]) slot(due pipeline.Time) uint8 {
	if due <= t.reached {
		return overdue
	}
	return uint8(uint64(due/t.width) % slots)
}

// marked hears of every write, and of every deletion. A write that is older than the last one does not
// make the key go sooner.
func (t *lifetimes[V]) marked(e *entry[V]) {
	if e.deleted {
		t.unlink(e.life)
		return
	}
	at := t.during(t.channels)
	if l := &t.lives[e.life]; l.slot == unlinked || at > l.at {
		t.set(e, at)
	}
}

// set says when an entry was written.
func (t *lifetimes[V]) set(e *entry[V], at pipeline.Time) {
	if e.life == 0 {
		t.take(e)
	}
	l := &t.lives[e.life]
	l.at = at
	slot := t.slot(t.due(at))
	if slot == l.slot {
		return
	}
	t.unlink(e.life)
	l.slot, l.prev, l.next = slot, 0, t.lists[slot]
	t.lives[l.next].prev = e.life // of the first one it means nothing
	t.lists[slot] = e.life
}

// unlink takes a life out of its list, if it is in one.
func (t *lifetimes[V]) unlink(i uint32) {
	l := &t.lives[i]
	if l.slot == unlinked {
		return
	}
	if l.prev == 0 {
		t.lists[l.slot] = l.next
	} else {
		t.lives[l.prev].next = l.next
	}
	t.lives[l.next].prev = l.prev
	l.slot = unlinked
}

// take gives an entry a life, of unknown time.
func (t *lifetimes[V]) take(e *entry[V]) {
	i := t.free
	if i == 0 {
		i = uint32(len(t.lives))
		t.lives = append(t.lives, life[V]{})
	} else {
		t.free = t.lives[i].next
	}
	t.lives[i] = life[V]{entry: e, at: pipeline.MinTime, indexed: never, slot: unlinked}
	e.life = i
}

// release forgets an entry that leaves the Map's memory. t may be nil.
func (t *lifetimes[V]) release(e *entry[V]) {
	if t == nil || e.life == 0 {
		return
	}
	t.unlink(e.life)
	t.lives[e.life] = life[V]{next: t.free, slot: unlinked}
	t.free, e.life = e.life, 0
}

// isOverdue says whether an entry is to be removed with the next look at it, which will not be where it
// is on disk: what was due by then is behind. t may be nil.
func (t *lifetimes[V]) isOverdue(e *entry[V]) bool {
	return t != nil && t.lives[e.life].slot == overdue && t.lives[e.life].at != pipeline.MinTime
}

// Expiry implements pipeline.ExpiringStore.
func (m *Map[V]) Expiry() (pipeline.Channels, bool) {
	if m.ttl == nil {
		return 0, false
	}
	return m.ttl.channels, true
}

// Expire implements pipeline.ExpiringStore. It looks at the lists between the last watermark and this
// one, each once, however far the watermark has jumped; so its cost is that of what is due, and not of
// what is there. Which keys go follows from what was written and the watermarks, and not from how often
// it is called.
func (m *Map[V]) Expire(watermark pipeline.Time) int {
	t := m.ttl
	if t == nil || watermark == pipeline.MinTime || watermark < t.next && t.lists[overdue] == 0 {
		return 0
	}
	n, to := 0, t.floor(watermark)
	steps := min(slots, (uint64(to)-uint64(min(t.reached, to)))/uint64(t.width))
	last := uint8(uint64(to/t.width) % slots)
	if m.disk != nil && to > t.reached {
		n = m.disk.expire(t.reached, to)
	}
	n += m.sweep(overdue, watermark)
	for i := range uint8(steps) {
		n += m.sweep((last-i)%slots, watermark)
	}
	t.reached = max(t.reached, to)
	if t.next = t.reached + t.width; t.next < t.reached {
		t.next = pipeline.MaxTime
	}
	if n > 0 {
		t.generation++
	}
	return n
}

// sweep removes what is due of a list. What has no time yet has that of the watermark now.
func (m *Map[V]) sweep(slot uint8, watermark pipeline.Time) int {
	t, n := m.ttl, 0
	for i := t.lists[slot]; i != 0; {
		l := &t.lives[i]
		e := l.entry
		i = l.next
		switch {
		case l.at == pipeline.MinTime:
			t.set(e, watermark)
			m.changed.mark(e)
		case t.due(l.at) <= watermark:
			m.Delete(e.key)
			n++
		}
	}
	return n
}

// A value of a Map with a TTL begins with a zero byte and the event time of its last write. Nothing that
// has a schema or a version begins so: both count from 1.
const timed byte = 0

// appendWritten begins a value with the time of its last write.
func appendWritten(b []byte, at pipeline.Time) []byte {
	return binary.AppendVarint(append(b, timed), int64(at))
}

var errWritten = errors.New("value without the time of its last write")

// splitWritten takes the time off the front of a value, MinTime where it has none.
func splitWritten(value []byte) (at pipeline.Time, rest []byte, err error) {
	if len(value) == 0 || value[0] != timed {
		return pipeline.MinTime, value, nil
	}
	v, n := binary.Varint(value[1:])
	if n <= 0 {
		return pipeline.MinTime, nil, errWritten
	}
	return pipeline.Time(v), value[1+n:], nil
}
