package desk

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
)

// What a webhook may hear of.
const (
	hookDecision = "decision"
	hookContact  = "contact"
)

var hookEvents = []string{hookDecision, hookContact}

// queue is what waits for one webhook, in the store: in the same write as what it tells of, so that neither a restart nor
// a kill loses any of it. Store.mu guards it.
type queue struct {
	events []string
	// begun: the desk had caught up once. Nobody is told of what was before.
	begun bool
	// changed holds one word.
	changed chan struct{}
}

// hooked is one event that waits. What it tells is looked up when it is sent.
type hooked struct {
	Type string `json:"type"`
	// Ref is the decision's id, or the contact's.
	Ref string `json:"ref"`
	// Status and Queue are those of the call then.
	Status string `json:"status,omitempty"`
	Queue  string `json:"queue,omitempty"`
	// At is the broker's time of what it tells.
	At int64 `json:"at"`
	// Failed says of a dead letter why.
	Failed string `json:"failed,omitempty"`
}

// id is the same for the same event, at every desk and each time that it is sent.
func (h *hooked) id() string {
	if h.Type == hookDecision {
		return "decision-" + digest(h.Ref)
	}
	return "contact-" + digest(h.Ref, h.Status, h.Queue, strconv.FormatInt(h.At, 10))
}

func queueKey(kind byte, name string, n uint64) []byte {
	return binary.BigEndian.AppendUint64(key(kind, name, ""), n)
}

// openQueues takes up the queues of webhooks. Those of webhooks that are no more configured go.
func (s *Store) openQueues(events map[string][]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues = map[string]*queue{}
	for name, list := range events {
		begun, err := s.get(key(keyHook, name))
		if err != nil {
			return err
		}
		s.queues[name] = &queue{events: list, begun: begun != nil, changed: make(chan struct{}, 1)}
	}
	for _, kind := range []byte{keyHook, keyQueue, keyDead} {
		if err := s.tidyQueues(kind); err != nil {
			return err
		}
	}
	return nil
}

// tidyQueues drops what is of no webhook any more, and goes on counting behind what is.
func (s *Store) tidyQueues(kind byte) error {
	return s.scan([]byte{kind}, func(k, _ []byte) (bool, error) {
		name := string(k[1:])
		if kind != keyHook {
			name = string(k[1 : len(k)-9])
			s.queued = max(s.queued, binary.BigEndian.Uint64(k[len(k)-8:]))
		}
		if s.queues[name] != nil {
			return true, nil
		}
		return true, s.db.Delete(slices.Clone(k), pebble.NoSync)
	})
}

// beginQueue lets a webhook hear of what comes from now on.
func (s *Store) beginQueue(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[name].begun = true
	return s.db.Set(key(keyHook, name), []byte{1}, pebble.Sync)
}

// tell queues an event for every webhook that hears of its kind.
func (c *changes) tell(h *hooked) error {
	for name, q := range c.store.queues {
		if q.begun && slices.Contains(q.events, h.Type) {
			if err := c.enqueue(name, h); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *changes) enqueue(name string, h *hooked) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	c.store.queued++
	c.set(queueKey(keyQueue, name, c.store.queued), text)
	c.told = append(c.told, name)
	return nil
}

// next is the event that has waited longest for a webhook.
func (s *Store) next(name string) (k []byte, h *hooked, err error) {
	err = s.scan(key(keyQueue, name, ""), func(at, v []byte) (bool, error) {
		k, h = slices.Clone(at), &hooked{}
		return false, json.Unmarshal(v, h)
	})
	return k, h, err
}

// done takes an event out of its queue; one that failed for good becomes a dead letter.
func (s *Store) done(name string, k []byte, h *hooked, failed string) error {
	return s.write([]func(*changes) error{func(c *changes) error {
		c.delete(k)
		if failed == "" {
			return nil
		}
		dead := *h
		dead.Failed = failed
		text, err := json.Marshal(&dead)
		letter := queueKey(keyDead, name, binary.BigEndian.Uint64(k[len(k)-8:]))
		c.set(letter, text)
		c.due(h.At, letter)
		return err
	}}, nil)
}

// replay queues the dead letters of a webhook again, at most a batch of them.
func (s *Store) replay(name string) (n int, err error) {
	return n, s.write([]func(*changes) error{func(c *changes) error {
		return s.scan(key(keyDead, name, ""), func(k, v []byte) (bool, error) {
			var h hooked
			if err := json.Unmarshal(v, &h); err != nil {
				return false, err
			}
			h.Failed = ""
			c.delete(slices.Clone(k))
			n++
			return n < sweepBatch, c.enqueue(name, &h)
		})
	}}, nil)
}

// maxCounted bounds what is counted of a queue.
const maxCounted = 10_000

// count is how many keys begin with a prefix, maxCounted at most.
func (s *Store) count(prefix []byte) (n int, err error) {
	err = s.scan(prefix, func(_, _ []byte) (bool, error) {
		n++
		return n < maxCounted, nil
	})
	return n, err
}
