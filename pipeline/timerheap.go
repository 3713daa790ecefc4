package pipeline

// timerHeap is a heap with four children to a node. An item holds its time, so that most
// comparisons do not touch the timer.
type timerHeap struct {
	channels Channels
	timers   []heapItem
}

type heapItem struct {
	at    Time
	timer *timer
}

// before is the order in which timers fire: time, kind, key.
func (a heapItem) before(b heapItem) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	if a.timer.Kind != b.timer.Kind {
		return a.timer.Kind < b.timer.Kind
	}
	return a.timer.Key < b.timer.Key
}

func (h *timerHeap) push(t *timer) {
	h.timers = append(h.timers, heapItem{})
	h.up(len(h.timers)-1, heapItem{t.At, t})
}

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

func (h *timerHeap) put(i int, item heapItem) {
	h.timers[i] = item
	item.timer.pos = i
}
