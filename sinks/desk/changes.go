package desk

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// changes is what records change, until it is written in one go: each key once, however often it has changed.
type changes struct {
	store    *Store
	batch    *pebble.Batch
	contacts map[string]*contact
	values   map[string]change
	// told are the webhooks that have something new in their queues.
	told []string
}

// change is what becomes of a key: its value, nil where it is deleted. One that must not replace a greater value of the
// store is merged with it, which needs no look at the store.
type change struct {
	value []byte
	merge bool
}

// write applies records and positions together. It tells whoever waits for what has changed.
func (s *Store) write(do []func(*changes) error, positions map[pipeline.TopicPartition]int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &changes{store: s, batch: s.db.NewBatch(), contacts: map[string]*contact{}, values: map[string]change{}}
	defer func() { _ = c.batch.Close() }()
	for _, f := range do {
		if err := f(c); err != nil {
			return err
		}
	}
	for tp, offset := range positions {
		c.set(positionKey(tp), binary.BigEndian.AppendUint64(nil, uint64(offset)))
	}
	if err := c.flush(); err != nil {
		return err
	}
	s.unsynced.Store(true)
	s.reached(positions)
	s.hub.tell(c.contacts)
	for _, name := range c.told {
		select {
		case s.queues[name].changed <- struct{}{}:
		default: // it has been told and has not looked yet
		}
	}
	return nil
}

// flush writes what has been changed so far.
func (c *changes) flush() error {
	for ref, v := range c.contacts {
		if err := c.keep(ref, v); err != nil {
			return err
		}
	}
	for k, v := range c.values {
		switch {
		case v.merge:
			put(c.batch.MergeDeferred(len(k), len(v.value)), k, v.value)
		case v.value != nil:
			put(c.batch.SetDeferred(len(k), len(v.value)), k, v.value)
		default:
			put(c.batch.DeleteDeferred(len(k)), k, nil)
		}
	}
	// Content and position are lost together, if at all: no need to wait for the disk.
	if err := c.batch.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("write the desk's store: %w", err)
	}
	return nil
}

func put(op *pebble.DeferredBatchOp, k string, v []byte) {
	copy(op.Key, k)
	copy(op.Value, v)
	_ = op.Finish() // an error comes out at Commit
}

// keep notes how a contact is now.
func (c *changes) keep(ref string, v *contact) error {
	k, live := key(keyContact, ref), key(keyLive, ref)
	if v.empty() {
		c.delete(k)
		c.delete(live)
		return nil
	}
	if err := c.tellContact(ref, v); err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.set(k, text)
	if v.live() {
		c.set(live, []byte{})
	} else {
		c.delete(live)
	}
	return nil
}

// tellContact tells webhooks that a call stands otherwise than it did.
func (c *changes) tellContact(ref string, v *contact) error {
	now := v.call()
	if now.Status == statusUnknown || now.Status == v.was.Status && now.Queue == v.was.Queue {
		return nil
	}
	v.was = now
	return c.tell(&hooked{Type: hookContact, Ref: ref, Status: now.Status, Queue: now.Queue, At: now.Seen})
}

func (c *changes) set(k, v []byte) { c.values[string(k)] = change{value: v} }

func (c *changes) delete(k []byte) { c.values[string(k)] = change{} }

// greatest sets a value, unless the key has a greater one.
func (c *changes) greatest(k, v []byte) {
	old, ok := c.values[string(k)]
	if !ok || string(old.value) < string(v) {
		c.values[string(k)] = change{v, !ok || old.merge}
	}
}

func (c *changes) get(k []byte) ([]byte, error) {
	now, changed := c.values[string(k)]
	if changed && !now.merge {
		return now.value, nil
	}
	v, err := c.store.get(k)
	if changed && string(v) < string(now.value) {
		v = now.value
	}
	return v, err
}

func (c *changes) contact(ref string) (*contact, error) {
	v := c.contacts[ref]
	if v == nil {
		v = &contact{}
		if _, err := c.store.load(key(keyContact, ref), v); err != nil {
			return nil, err
		}
		v.was = v.call()
		c.contacts[ref] = v
	}
	return v, nil
}

// due notes for retention that something was heard of a key in an hour of the broker.
func (c *changes) due(at int64, k []byte) {
	due := append(binary.BigEndian.AppendUint64([]byte{keyDue}, uint64(at/hour)), k...)
	if _, noted := c.store.recent.get(string(due)); !noted {
		c.store.recent.put(string(due), "")
		c.set(due, []byte{})
	}
}

// erased says whether a person was forgotten at a time of the broker or later.
func (c *changes) erased(ref string, at int64) bool {
	until, ok := c.store.erased[ref]
	return ok && at <= until
}

// action is what a decision does. One that is read again has its place already.
func (b *batch) action(v *schemas.NextBestAction, at Place) func(*changes) error {
	e := entry{Place: at, ID: strings.Clone(v.DecisionID), Key: strings.Clone(v.ContactKey), Person: strings.Clone(v.PersonRef.Reveal())}
	ref, value := strings.Clone(v.ContactRef.V), v.AppendAvro(at.append(nil))
	b.hears(ref)
	return func(c *changes) error {
		if c.erased(e.Person, at.At) {
			return nil
		}
		k := key(keyDecision, e.ID)
		if old, err := c.get(k); err != nil || old != nil {
			return err
		}
		c.set(k, value)
		c.due(at.At, k)
		c.set(personKey(e.Person, at), []byte(e.ID))
		if err := c.tell(&hooked{Type: hookDecision, Ref: e.ID, At: at.At}); err != nil {
			return err
		}
		if ref == "" {
			return nil
		}
		call, err := c.touch(ref, e.Person, at.At)
		if err != nil {
			return err
		}
		call.Decisions = add(call.Decisions, e, maxDecisions)
		return nil
	}
}

// personKey orders the decisions of a person by their places.
func personKey(who string, at Place) []byte { return at.append(key(keyPerson, who, "")) }

// touch is a contact that something was heard of.
func (c *changes) touch(ref, who string, at int64) (*contact, error) {
	v, err := c.contact(ref)
	if err != nil {
		return nil, err
	}
	v.Updated = max(v.Updated, at)
	c.greatest(key(keyCalls, who, ref), binary.BigEndian.AppendUint64(nil, uint64(at)))
	c.due(at, key(keyContact, ref))
	return v, nil
}

// prediction is what the forecast of a contact does; nil where it is of none.
func (b *batch) prediction(v *schemas.Prediction, at Place) func(*changes) error {
	if !v.ContactRef.OK {
		return nil
	}
	who, ref, value := strings.Clone(v.PersonRef.Reveal()), strings.Clone(v.ContactRef.V), v.AppendAvro(at.append(nil))
	b.hears(ref)
	return func(c *changes) error {
		if c.erased(who, at.At) {
			return nil
		}
		c.greatest(key(keyForecast, ref), value)
		_, err := c.touch(ref, who, at.At)
		return err
	}
}

func persona(v *schemas.Persona, at Place) func(*changes) error {
	who, value := strings.Clone(v.PersonRef.Reveal()), v.AppendAvro(at.append(nil))
	return func(c *changes) error {
		if !c.erased(who, at.At) {
			c.greatest(key(keyPersona, who), value)
		}
		return nil
	}
}

// identified is what a touchpoint does. All else in the topic is between tasks.
func (b *batch) identified(v *schemas.Identified, at Place) func(*changes) error {
	if v.Payload.Kind != schemas.IdentifiedPayloadTouchpoint {
		return nil
	}
	t := &v.Payload.Touchpoint
	who, shard, epoch := strings.Clone(v.PersonRef.Reveal()), strings.Clone(v.Shard), v.Epoch
	var k, value []byte
	if told(t) {
		kept := kept(t)
		k, value = stepKey(shard, t), kept.AppendAvro(at.append(nil))
	}
	ref, step := onCall(t)
	step.Person, step.Epoch, step.Seen = who, epoch, at.At
	b.hears(ref)
	return func(c *changes) error {
		if err := c.owner(shard, who, epoch); err != nil || c.erased(who, at.At) {
			return err
		}
		if k != nil {
			c.greatest(k, value)
			c.due(at.At, key(keyStep, shard, ""))
		}
		if ref == "" {
			return nil
		}
		call, err := c.touch(ref, who, at.At)
		if err == nil {
			call.take(step)
		}
		return err
	}
}

// onCall is a touchpoint as a step of the call that it belongs to, if it belongs to one.
func onCall(t *schemas.Touchpoint) (ref string, s step) {
	if t.Channel != schemas.ChannelCall || !t.ContactID.OK {
		return "", step{}
	}
	b := &t.Body.Call
	return strings.Clone(t.ContactID.V), step{At: t.OccurredAt, Event: b.Event, Queue: strings.Clone(b.Queue), Reason: strings.Clone(b.Reason), ID: strings.Clone(t.EventID)}
}

// stepKey orders the steps of a shard by event time.
func stepKey(shard string, t *schemas.Touchpoint) []byte {
	return append(binary.BigEndian.AppendUint64(key(keyStep, shard, ""), uint64(t.OccurredAt)), t.EventID...)
}

// kept is what is kept of a touchpoint: what a journey shows. It names no page: what somebody read can be the most
// private of all.
func kept(t *schemas.Touchpoint) schemas.Touchpoint {
	s := schemas.Touchpoint{EventID: t.EventID, OccurredAt: t.OccurredAt, Channel: t.Channel, ContactID: t.ContactID, Body: schemas.TouchpointBody{Kind: t.Body.Kind}}
	switch b := &t.Body; b.Kind {
	case schemas.TouchpointBodyWeb:
		s.Body.Web.Event, s.Body.Web.Reason = b.Web.Event, b.Web.Reason
	case schemas.TouchpointBodyApp:
		s.Body.App.Event, s.Body.App.Reason = b.App.Event, b.App.Reason
	case schemas.TouchpointBodyCall:
		s.Body.Call.Event, s.Body.Call.Reason, s.Body.Call.Queue = b.Call.Event, b.Call.Reason, b.Call.Queue
	case schemas.TouchpointBodyEhr:
		s.Body.Ehr.Event, s.Body.Ehr.Reason = b.Ehr.Event, b.Ehr.Reason
	}
	return s
}

// owner says whose a shard is. A later epoch wins; of equal ones the greater ref, so that all desks agree.
func (c *changes) owner(shard, who string, epoch int32) error {
	k := key(keyOwner, shard)
	old, known := c.store.recent.get(string(k))
	if !known {
		stored, err := c.get(k)
		if err != nil {
			return err
		}
		old = string(stored)
	}
	value := append(binary.BigEndian.AppendUint32(nil, uint32(epoch)), who...)
	if old < string(value) {
		if len(old) > 4 {
			c.delete(key(keyShard, old[4:], shard))
		}
		old = string(value)
		c.set(k, value)
		c.set(key(keyShard, who, shard), []byte{})
	}
	c.store.recent.put(string(k), old)
	return nil
}

// disown takes a shard from its owner: the identifier is nobody's any more.
func (c *changes) disown(shard string) error {
	k := key(keyOwner, shard)
	old, err := c.get(k)
	if err != nil || len(old) <= 4 {
		return err
	}
	c.delete(key(keyShard, string(old[4:]), shard))
	c.delete(k)
	c.store.recent.put(string(k), "")
	return nil
}
