package desk

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/attune-health/attune/schemas"
)

// erase forgets a person as of a time of the broker. What was said before and is read later stays away.
func (c *changes) erase(ref string, at int64) error {
	if c.erased(ref, at) {
		return nil
	}
	// What this batch has changed must be seen by the scans.
	if err := c.settle(); err != nil {
		return err
	}
	mark := key(keyErased, ref)
	c.set(mark, binary.BigEndian.AppendUint64(nil, uint64(at)))
	c.due(at, mark)
	c.store.erased[ref] = at
	if err := c.erasePersona(ref, at); err != nil {
		return err
	}
	if err := c.eraseDecisions(ref, at); err != nil {
		return err
	}
	if err := c.eraseContacts(ref, at); err != nil {
		return err
	}
	return c.eraseJourney(ref, at)
}

// settle writes what has been changed so far, without positions.
func (c *changes) settle() error {
	if err := c.flush(); err != nil {
		return err
	}
	if err := c.batch.Close(); err != nil {
		return err
	}
	c.batch = c.store.db.NewBatch()
	clear(c.values)
	return nil
}

func (c *changes) erasePersona(ref string, at int64) error {
	k := key(keyPersona, ref)
	v, err := c.get(k)
	if err != nil || v == nil {
		return err
	}
	place, _, err := placeOf(v)
	if err == nil && place.At <= at {
		c.delete(k)
	}
	return err
}

func (c *changes) eraseDecisions(ref string, at int64) error {
	return c.store.decisions(ref, func(e entry) (bool, error) {
		if e.Place.At <= at {
			c.delete(key(keyDecision, e.ID))
			c.delete(personKey(ref, e.Place))
		}
		return true, nil
	})
}

func (c *changes) eraseContacts(ref string, at int64) error {
	prefix := key(keyCalls, ref, "")
	return c.store.scan(prefix, func(k, newest []byte) (bool, error) {
		call := string(k[len(prefix):])
		v, err := c.contact(call)
		if err != nil {
			return false, err
		}
		for _, e := range v.Decisions {
			if e.Person == ref && e.Place.At <= at {
				c.delete(key(keyDecision, e.ID))
			}
		}
		v.forget(ref, at)
		if int64(binary.BigEndian.Uint64(newest)) <= at {
			c.delete(bytes.Clone(k))
		}
		forecast := key(keyForecast, call)
		var p schemas.Prediction
		if place, ok, err := c.store.record(forecast, &p); err != nil {
			return false, err
		} else if ok && p.PersonRef.Reveal() == ref && place.At <= at {
			c.delete(forecast)
		}
		return true, nil
	})
}

// eraseJourney drops the steps of every shard that is the person's now. A shard that has moved on is another's.
func (c *changes) eraseJourney(ref string, at int64) error {
	prefix := key(keyShard, ref, "")
	return c.store.scan(prefix, func(k, _ []byte) (bool, error) {
		return true, c.store.scan(key(keyStep, string(k[len(prefix):]), ""), func(k, v []byte) (bool, error) {
			if place, _, err := placeOf(v); err == nil && place.At <= at {
				c.delete(bytes.Clone(k))
			}
			return true, nil
		})
	})
}

// sweepBatch is how many keys retention looks at in one go: a batch of records waits no longer for it.
const sweepBatch = 2000

// Sweep drops what was last heard of before a time of the broker.
func (s *Store) Sweep(ctx context.Context, before time.Time) error {
	for ctx.Err() == nil {
		n, err := s.sweep(before.UnixMilli())
		if err != nil || n < sweepBatch {
			return err
		}
	}
	return nil
}

func (s *Store) sweep(before int64) (n int, err error) {
	err = s.write([]func(*changes) error{func(c *changes) error {
		c.store.recent.forget()
		return s.scan([]byte{keyDue}, func(k, _ []byte) (bool, error) {
			if (int64(binary.BigEndian.Uint64(k[1:]))+1)*hour > before || n == sweepBatch {
				return false, nil
			}
			n++
			c.delete(bytes.Clone(k))
			return true, c.expire(bytes.Clone(k[9:]), before)
		})
	}}, nil)
	return n, err
}

// expire drops what a key stands for, unless it was heard of since.
func (c *changes) expire(k []byte, before int64) error {
	switch k[0] {
	case keyContact:
		return c.expireContact(string(k[1:]), before)
	case keyDecision:
		return c.expireDecision(k)
	case keyStep:
		return c.expireSteps(k, before)
	case keyDead:
		c.delete(k)
	case keyErased:
		if ref := string(k[1:]); c.store.erased[ref] < before {
			delete(c.store.erased, ref)
			c.delete(k)
		}
	}
	return nil
}

// expireSteps drops the old steps of a shard.
func (c *changes) expireSteps(prefix []byte, before int64) error {
	return c.store.scan(prefix, func(k, v []byte) (bool, error) {
		place, _, err := placeOf(v)
		if err == nil && place.At < before {
			c.delete(bytes.Clone(k))
		}
		return true, err
	})
}

func (c *changes) expireContact(ref string, before int64) error {
	v, err := c.contact(ref)
	if err != nil || v.Updated >= before {
		return err
	}
	for _, s := range v.Steps {
		c.delete(key(keyCalls, s.Person, ref))
	}
	for _, e := range v.Decisions {
		c.delete(key(keyCalls, e.Person, ref))
	}
	c.delete(key(keyForecast, ref))
	*v = contact{}
	return nil
}

func (c *changes) expireDecision(k []byte) error {
	var d schemas.NextBestAction
	at, ok, err := c.store.record(k, &d)
	if err != nil || !ok {
		return err
	}
	is := func(e entry) bool { return e.ID == d.DecisionID }
	c.delete(personKey(d.PersonRef.Reveal(), at))
	if d.ContactRef.OK {
		v, err := c.contact(d.ContactRef.V)
		if err != nil {
			return err
		}
		v.Decisions = slices.DeleteFunc(v.Decisions, is)
	}
	c.delete(k)
	return nil
}
