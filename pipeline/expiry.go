package pipeline

// countExpired is the counter of keys that were removed by their TTL; its reason is the store's name.
const countExpired = "expired"

// expiringStore is a store that removes keys, the channels that it waits for, and its name for the
// counter. They are kept beside the list of all stores: most tasks have none, and then a step pays
// nothing.
type expiringStore struct {
	ExpiringStore
	channels Channels
	name     string
}

// findExpiring looks once, when the task is built, which of the declared stores remove keys.
func (t *Task) findExpiring() {
	for _, s := range t.setup.stores {
		if e, ok := s.(ExpiringStore); ok {
			if ch, ok := e.Expiry(); ok {
				t.expiring = append(t.expiring, expiringStore{e, ch, s.Name()})
			}
		}
	}
}

// expire removes the keys whose time has come. It runs at the end of each step over records and
// watermarks, at the same places in a replay, so that the same keys are there. Each key is counted by
// itself, since nothing is dropped without a word (I7).
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

// during is Setup.EventTime. What a timer writes is of the timer's time, and not of the watermark,
// which may be far ahead after an outage.
func (t *Task) during(ch Channels) Time {
	if t.eventTime != MinTime {
		return t.eventTime
	}
	mark, _ := t.marks.minimum(ch)
	return mark
}
