package desk

import "sync"

// hub tells streams that a contact has changed. It keeps nothing for them: a stream that is told reads the store, so
// that one which is slow costs one flag.
type hub struct {
	mu       sync.Mutex
	waiting  map[string]map[*waiter]bool
	watching map[*waiter]bool
}

// waiter is a stream that waits. changed holds one word.
type waiter struct{ changed chan struct{} }

func (w *waiter) tell() {
	select {
	case w.changed <- struct{}{}:
	default: // it has been told and has not looked yet
	}
}

// wait registers a stream for one contact, or for all where ref is empty; the returned func ends that.
func (h *hub) wait(ref string) (w *waiter, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w = &waiter{changed: make(chan struct{}, 1)}
	if ref == "" {
		if h.watching == nil {
			h.watching = map[*waiter]bool{}
		}
		h.watching[w] = true
		return w, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.watching, w)
		}
	}
	if h.waiting == nil {
		h.waiting = map[string]map[*waiter]bool{}
	}
	if h.waiting[ref] == nil {
		h.waiting[ref] = map[*waiter]bool{}
	}
	h.waiting[ref][w] = true
	return w, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(h.waiting[ref], w); len(h.waiting[ref]) == 0 {
			delete(h.waiting, ref)
		}
	}
}

// awaits says whether somebody waits for a contact.
func (h *hub) awaits(ref string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.waiting[ref] != nil
}

func (h *hub) tell(contacts map[string]*contact) {
	if len(contacts) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for ref := range contacts {
		for w := range h.waiting[ref] {
			w.tell()
		}
	}
	for w := range h.watching {
		w.tell()
	}
}
