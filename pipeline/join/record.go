package join

import (
	"bytes"
	"slices"
	"sort"
	"unsafe"

	"github.com/attune-health/attune/pipeline"
)

// Record is one of a join's inputs. The bytes are copied where they are kept.
type Record struct {
	// Key is what records must have in common, At the event time.
	Key []byte
	At  pipeline.Time
	// ID says, with Key and At, which record it is. Empty: never a duplicate.
	ID []byte
	// Payload is the caller's.
	Payload []byte
}

// Refused says why a record was not taken.
type Refused uint8

// The reasons.
const (
	// TooLate: behind the watermark by more than is allowed.
	TooLate Refused = iota + 1
	// Full: its key has as many records as may be kept.
	Full
	// Duplicate: a record of its id is kept.
	Duplicate
)

// String is the reason as the counter has it.
func (r Refused) String() string {
	switch r {
	case TooLate:
		return "too_late"
	case Full:
		return "full"
	case Duplicate:
		return "duplicate"
	}
	return "unknown"
}

// The counters of joins.
const (
	countRefused     = "join_refused_records"
	countLate        = "join_late_versions"      // came behind the watermark, and were taken
	countUncorrected = "join_uncorrected_probes" // answered, and not kept for corrections: the key is full
)

// item is a record as it is kept.
type item struct {
	at pipeline.Time
	// answers: of a probe, how often it was answered; of a left record, 1 once it was in an output.
	answers int32
	// idBytes is how much at the front of raw is the id; the payload follows.
	idBytes int32
	raw     []byte
}

func (i *item) id() []byte      { return i.raw[:i.idBytes:i.idBytes] }
func (i *item) payload() []byte { return i.raw[i.idBytes:] }

// items of one key and side are in the order of time, those of one time in that of arrival.
type items []item

// from is the index of the first item at or after a time.
func (l items) from(at pipeline.Time) int {
	return sort.Search(len(l), func(i int) bool { return l[i].at >= at })
}

// after is the index of the first item after a time.
func (l items) after(at pipeline.Time) int {
	return sort.Search(len(l), func(i int) bool { return l[i].at > at })
}

// has reports whether a record of an id is kept.
func (l items) has(r *Record) bool {
	if len(r.ID) == 0 {
		return false
	}
	for i := l.from(r.At); i < len(l) && l[i].at == r.At; i++ {
		if bytes.Equal(l[i].id(), r.ID) {
			return true
		}
	}
	return false
}

// view makes a record of an item, for a call.
func (i *item) view(r *Record, key []byte) {
	r.Key, r.At, r.ID, r.Payload = key, i.at, i.id(), i.payload()
}

// shelf has the bytes and lists of records that are gone, for those to come: each record is copied, and
// would otherwise be allocated. It is bounded, so that a burst does not keep its memory for ever.
type shelf struct {
	bytes [][]byte
	lists []items
}

const maxShelf = 4096

// copy takes a, and b after it, into bytes that are free.
func (s *shelf) copy(a, b []byte) []byte {
	if len(a)+len(b) == 0 {
		return nil
	}
	var spare []byte
	if n := len(s.bytes); n > 0 {
		spare, s.bytes = s.bytes[n-1], s.bytes[:n-1]
	}
	return append(append(slices.Grow(spare, len(a)+len(b)), a...), b...)
}

// put takes back the bytes of a record.
func (s *shelf) put(b []byte) {
	if cap(b) > 0 && len(s.bytes) < maxShelf {
		s.bytes = append(s.bytes, b[:0])
	}
}

// insert keeps a record, behind those of its time. It copies what it keeps.
func (s *shelf) insert(l items, r *Record, answers int32) items {
	if n := len(s.lists); l == nil && n > 0 {
		l, s.lists = s.lists[n-1], s.lists[:n-1]
	}
	i := l.after(r.At)
	l = append(l, item{})
	copy(l[i+1:], l[i:])
	l[i] = item{at: r.At, answers: answers, idBytes: int32(len(r.ID)), raw: s.copy(r.ID, r.Payload)}
	return l
}

// removeFirst takes the first n items away.
func (s *shelf) removeFirst(l items, n int) items {
	for i := range l[:n] {
		s.put(l[i].raw)
	}
	rest := copy(l, l[n:])
	clear(l[rest:])
	return l[:rest]
}

// putList keeps an empty list.
func (s *shelf) putList(l items) {
	if cap(l) > 0 && len(s.lists) < maxShelf {
		s.lists = append(s.lists, l[:0])
	}
}

// later and earlier are sums and differences that stop at the ends of time.

func later(t, by pipeline.Time) pipeline.Time {
	if t > pipeline.MaxTime-by {
		return pipeline.MaxTime
	}
	return t + by
}

func earlier(t, by pipeline.Time) pipeline.Time {
	if t < pipeline.MinTime+by {
		return pipeline.MinTime
	}
	return t - by
}

// shift is t + by for a distance of either sign.
func shift(t, by pipeline.Time) pipeline.Time {
	if by < 0 {
		return earlier(t, -by)
	}
	return later(t, by)
}

// both is the union of two sets of channels, each of which may be empty for all.
func both(a, b pipeline.Channels) pipeline.Channels {
	if a == 0 || b == 0 {
		return 0
	}
	return a | b
}

// setEarlier sets a timer unless one of its kind and key fires no later.
func setEarlier(ctx *pipeline.Context, t pipeline.Timer) {
	if at, ok := ctx.TimerAt(t.Kind, t.Key); !ok || at > t.At {
		ctx.SetTimer(t)
	}
}

// aliasKey is a string over b, for lookups only: stores and timers clone the keys that they keep.
func aliasKey(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// keyBytes are the bytes of a timer's key, for reading only.
func keyBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
