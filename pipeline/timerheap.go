package pipeline

// timerHeap is a heap with four children to a node: it is half as deep as one with two, and four items
// lie in one or two cache lines. An item holds its time, so that most comparisons do not touch the
// timer, which is far away in memory when there are millions.
//
//	items   0                          children of i are 4i+1 ... 4i+4
//	        1     2     3     4        the parent of i is (i-1)/4
//	        5 6 7 8  9 ...
type timerHeap struct {
	// channels are those that all timers of the heap wait for.
	channels Channels
	timers   []heapItem
}

// heapItem is a place in the heap; at is its timer's time.
type heapItem struct {
	at    Time
	timer *timer
}

// before is the order in which timers fire: time, kind, key. It is total, so that which of two fires
// first does not depend on when they were set or in which order they were restored.
func (a heapItem) before(b heapItem) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	if a.timer.Kind != b.timer.Kind {
		return a.timer.Kind < b.timer.Kind
	}
	return a.timer.Key < b.timer.Key
}

// push adds a timer.
func (h *timerHeap) push(t *timer) {
	h.timers = append(h.timers, heapItem{})
	h.up(len(h.timers)-1, heapItem{t.At, t})
}

// remove takes the item at i out. The last item takes its place and moves whichever way it has to.
// Timers know their place (timer.pos), so that moving or clearing one needs no search.
func (h *timerHeap) remove(i int) {
	last := len(h.timers) - 1
	item := h.timers[last]
	h.timers[last] = heapItem{}
	h.timers = h.timers[:last]
	if i == last {
		return
	}
	if i > 0 && item.before(h.timers[(i-1)/4]) {
		h.up(i, item)
	} else {
		h.down(i, item)
	}
}

// up puts item into the hole at i, or above.
func (h *timerHeap) up(i int, item heapItem) {
	for i > 0 {
		parent := (i - 1) / 4
		if !item.before(h.timers[parent]) {
			break
		}
		h.put(i, h.timers[parent])
		i = parent
	}
	h.put(i, item)
}

// down puts item into the hole at i, or below.
func (h *timerHeap) down(i int, item heapItem) {
	for {
		first := 4*i + 1
		if first >= len(h.timers) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h.timers)); c++ {
			if h.timers[c].before(h.timers[least]) {
				least = c
			}
		}
		if !h.timers[least].before(item) {
			break
		}
		h.put(i, h.timers[least])
		i = least
	}
	h.put(i, item)
}

// put places item at i, and tells its timer where it is.
func (h *timerHeap) put(i int, item heapItem) {
	h.timers[i] = item
	item.timer.pos = i
}
