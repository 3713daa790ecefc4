package world

import "github.com/attune-health/attune/schemas"

// itemKind is what a pending item is.
type itemKind uint8

const (
	itemTouch itemKind = iota
	itemLink
	itemConsent
)

// pending is a record to come, in numbers only. It is written when it is due, so that waiting costs little.
type pending struct {
	// Arrival, event time, and when the source took it in.
	at, occurred, received int64
	// When a fact falls due, or 0.
	due int64
	// Numbers within the patient: of the record, the session, the contact, the hidden cookie or 0.
	id, session, contact, cookie uint32
	patient                      uint32
	// Milliseconds of the call, and on the page before a step.
	wait, talk, menu, dwell int32
	// 1 + index into the watch's moments, or 0.
	moment  uint32
	best    bet
	results int16
	kind    itemKind
	// 0 is the first delivery.
	copy    uint8
	channel schemas.Channel
	// Of the enum of the channel; for links the operation; for consents the answer.
	event uint8
	// Place of the site; of facts the number; of calls the line; for links the identifier's kind.
	place    uint8
	reason   int8
	priority uint8
	agent    uint8
	proxy    uint8
	// Bits: which identifiers the source knew, and what became of a call.
	who, outcome uint8
	// The danger of an urgent call, and the one that this touchpoint shows.
	flag, sign schemas.Flag
	urgent     bool
	silent     bool
	menuUrgent bool
	near       bool
	// The phone is shared with the neighbour.
	shared bool
}

// bet is what the posterior named at a contact's start, and how likely it was.
type bet struct {
	p      float32
	reason int8
}

// Which identifiers a source knew.
const (
	whoMRN = 1 << iota
	whoMember
	whoPhone
	whoDevice
	whoCookie
	whoContact
)

// What became of a call.
const (
	callQueued = 1 << iota
	callAnswered
	callAbandoned
)

// queue holds what is to come, in order of arrival; equal times keep the order in which they were put in.
// The heap moves 24-byte entries, and the items stay in place.
type queue struct {
	heap  []entry
	items []pending
	free  []uint32
	order uint64
}

type entry struct {
	at    int64
	order uint64
	item  uint32
}

func (a entry) before(b entry) bool {
	return a.at < b.at || a.at == b.at && a.order < b.order
}

// earliest is when the first item is due, and whether there is one.
func (q *queue) earliest() (int64, bool) {
	if len(q.heap) == 0 {
		return 0, false
	}
	return q.heap[0].at, true
}

func (q *queue) push(p *pending) {
	var slot uint32
	if n := len(q.free); n > 0 {
		slot, q.free = q.free[n-1], q.free[:n-1]
		q.items[slot] = *p
	} else {
		slot = uint32(len(q.items))
		q.items = append(q.items, *p)
	}
	q.order++
	e := entry{at: p.at, order: q.order, item: slot}
	q.heap = append(q.heap, e)
	i := len(q.heap) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(q.heap[parent]) {
			break
		}
		q.heap[i] = q.heap[parent]
		i = parent
	}
	q.heap[i] = e
}

// pop copies the earliest item into p.
func (q *queue) pop(p *pending) {
	top := q.heap[0]
	*p = q.items[top.item]
	q.free = append(q.free, top.item)
	last := len(q.heap) - 1
	e := q.heap[last]
	q.heap = q.heap[:last]
	if last > 0 {
		q.sink(e)
	}
}

// sink puts e at the top and lets it sink to its place.
func (q *queue) sink(e entry) {
	i, n := 0, len(q.heap)
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, n); c++ {
			if q.heap[c].before(q.heap[least]) {
				least = c
			}
		}
		if !q.heap[least].before(e) {
			break
		}
		q.heap[i] = q.heap[least]
		i = least
	}
	q.heap[i] = e
}
