package pipeline

import ()

// countExpired is the counter of keys that were removed by their TTL; its reason is the store's name.
const countExpired = "expired"

// expiringStore is a store that removes keys, and the channels that it waits for.
type expiringStore struct {
	ExpiringStore
	channels Channels
	name     string
}

// findExpiring looks which of the declared stores remove keys.
func (t *Task) findExpiring() {
	for _, s := range t.setup.stores {
		if e, ok := s.(ExpiringStore); ok {
			if ch, ok := e.Expiry(); ok {
				t.expiring = append(t.expiring, expiringStore{e, ch, s.Name()})
			}
		}
	}
}

// expire removes the keys whose time has come.
func (t *Task) expire() {
	for i := range t.expiring {
		s := &t.expiring[i]
		mark, _ := t.marks.minimum(s.channels)
		n := s.Expire(mark)
		if n > 0 {
			t.touched = true
		}
		for range n {
			t.ctx.Count(countExpired, s.name)
		}
	}
}

// during is Setup.EventTime.
func (t *Task) during(ch Channels) Time {
	if t.eventTime != MinTime {
		return t.eventTime
	}
	mark, _ := t.marks.minimum(ch)
	return mark
}
