package desk

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// changes is what records change, until it is written in one go. What it has read or changed is in maps, since the
// batch is not read.
type changes struct {
	store    *Store
	batch    *pebble.Batch
	contacts map[string]*contact
	persons  map[string]*person
	// By key: values that were written, nil for what was deleted.
	values map[string][]byte
}

// write applies records and positions together. It tells whoever waits for what has changed.
func (s *Store) write(do []func(*changes) error, positions map[pipeline.TopicPartition]int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &changes{store: s, batch: s.db.NewBatch(), contacts: map[string]*contact{}, persons: map[string]*person{}, values: map[string][]byte{}}
	defer func() { _ = c.batch.Close() }()
	for _, f := range do {
		if err := f(c); err != nil {
			return err
		}
	}
	if err := c.flush(); err != nil {
		return err
	}
	for tp, offset := range positions {
		if err := c.batch.Set(positionKey(tp), binary.BigEndian.AppendUint64(nil, uint64(offset)), nil); err != nil {
			return err
		}
	}
	// Content and position are lost together, if at all: no need to wait for the disk.
	if err := c.batch.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("write the desk's store: %w", err)
	}
	s.unsynced.Store(true)
	s.reached(positions)
	s.hub.tell(c.contacts)
	return nil
}

// flush puts contacts and persons into the batch.
func (c *changes) flush() error {
	for ref, v := range c.contacts {
		live := key(keyLive, ref)
		if v.empty() {
			c.delete(key(keyContact, ref))
			c.delete(live)
			continue
		}
		if err := c.json(key(keyContact, ref), v); err != nil {
			return err
		}
		if v.live() {
			c.set(live, []byte{})
		} else {
			c.delete(live)
		}
	}
	for ref, v := range c.persons {
		if len(v.Decisions) == 0 {
			c.delete(key(keyPerson, ref))
		} else if err := c.json(key(keyPerson, ref), v); err != nil {
			return err
		}
	}
	return nil
}

func (c *changes) json(k []byte, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		c.set(k, text)
	}
	return err
}

func (c *changes) set(k, v []byte) {
	c.values[string(k)] = v
	_ = c.batch.Set(k, v, nil) // an error comes out at Commit
}

func (c *changes) delete(k []byte) {
	c.values[string(k)] = nil
	_ = c.batch.Delete(k, nil)
}

func (c *changes) get(k []byte) ([]byte, error) {
	if v, ok := c.values[string(k)]; ok {
		return v, nil
	}
	return c.store.get(k)
}

// newer says whether a value is of an earlier place than at, or missing.
func (c *changes) newer(k []byte, at Place) (bool, error) {
	old, err := c.get(k)
	if err != nil || old == nil {
		return err == nil, err
	}
	was, _, err := placeOf(old)
	return err == nil && was.Compare(at) < 0, err
}

func (c *changes) contact(ref string) (*contact, error) {
	v := c.contacts[ref]
	if v == nil {
		v = &contact{}
		if _, err := c.store.load(key(keyContact, ref), v); err != nil {
			return nil, err
		}
		c.contacts[ref] = v
	}
	return v, nil
}

func (c *changes) person(ref string) (*person, error) {
	v := c.persons[ref]
	if v == nil {
		v = &person{}
		if _, err := c.store.load(key(keyPerson, ref), v); err != nil {
			return nil, err
		}
		c.persons[ref] = v
	}
	return v, nil
}

// due notes a key for retention.
func (c *changes) due(at int64, k []byte) {
	c.set(append(binary.BigEndian.AppendUint64([]byte{keyDue}, uint64(at)), k...), []byte{})
}

// erased says whether a person was forgotten at a time of the broker or later.
func (c *changes) erased(ref string, at int64) (bool, error) {
	v, err := c.get(key(keyErased, ref))
	return err == nil && len(v) == 8 && at <= int64(binary.BigEndian.Uint64(v)), err
}

// action takes a decision. One that is read again has its place already.
func (c *changes) action(v *schemas.NextBestAction, at Place) error {
	who := v.PersonRef.Reveal()
	if gone, err := c.erased(who, at.At); err != nil || gone {
		return err
	}
	k := key(keyDecision, v.DecisionID)
	old, err := c.get(k)
	if err != nil || old != nil {
		return err
	}
	c.set(k, v.AppendAvro(at.append(nil)))
	c.due(at.At, k)
	e := entry{Place: at, ID: v.DecisionID, Key: v.ContactKey, Person: who}
	p, err := c.person(who)
	if err != nil {
		return err
	}
	p.Decisions = add(p.Decisions, e, maxPersonDecisions)
	if !v.ContactRef.OK {
		return nil
	}
	call, err := c.touch(v.ContactRef.V, who, at.At)
	if err != nil {
		return err
	}
	call.Decisions = add(call.Decisions, e, maxDecisions)
	return nil
}

// touch is a contact that something was heard of.
func (c *changes) touch(ref, who string, at int64) (*contact, error) {
	v, err := c.contact(ref)
	if err != nil {
		return nil, err
	}
	v.Updated = max(v.Updated, at)
	calls := key(keyCalls, who, ref)
	old, err := c.get(calls)
	if err != nil {
		return nil, err
	}
	if value := binary.BigEndian.AppendUint64(nil, uint64(at)); string(old) < string(value) {
		c.set(calls, value)
	}
	c.due(at, key(keyContact, ref))
	return v, nil
}

// prediction takes what is expected of a contact.
func (c *changes) prediction(v *schemas.Prediction, at Place) error {
	if !v.ContactRef.OK {
		return nil
	}
	if gone, err := c.erased(v.PersonRef.Reveal(), at.At); err != nil || gone {
		return err
	}
	if _, err := c.touch(v.ContactRef.V, v.PersonRef.Reveal(), at.At); err != nil {
		return err
	}
	k := key(keyForecast, v.ContactRef.V)
	newer, err := c.newer(k, at)
	if err == nil && newer {
		c.set(k, v.AppendAvro(at.append(nil)))
	}
	return err
}

func (c *changes) persona(v *schemas.Persona, at Place) error {
	ref := v.PersonRef.Reveal()
	if gone, err := c.erased(ref, at.At); err != nil || gone {
		return err
	}
	k := key(keyPersona, ref)
	if newer, err := c.newer(k, at); err != nil || !newer {
		return err
	}
	c.set(k, v.AppendAvro(at.append(nil)))
	return nil
}

// identified takes touchpoints. All else in the topic is between tasks.
func (c *changes) identified(v *schemas.Identified, at Place) error {
	if v.Payload.Kind != schemas.IdentifiedPayloadTouchpoint {
		return nil
	}
	who, t := v.PersonRef.Reveal(), &v.Payload.Touchpoint
	if err := c.owner(v.Shard, who, v.Epoch); err != nil {
		return err
	}
	if gone, err := c.erased(who, at.At); err != nil || gone {
		return err
	}
	k := stepKey(v.Shard, t)
	old, err := c.get(k)
	if err != nil {
		return err
	}
	if old == nil {
		c.set(k, t.AppendAvro(at.append(nil)))
		c.due(at.At, k)
	}
	if t.Channel != schemas.ChannelCall || !t.ContactID.OK {
		return nil
	}
	call, err := c.touch(t.ContactID.V, who, at.At)
	if err != nil {
		return err
	}
	call.take(step{At: t.OccurredAt, Event: t.Body.Call.Event, Queue: t.Body.Call.Queue, Reason: t.Body.Call.Reason, ID: t.EventID, Person: who, Epoch: v.Epoch, Seen: at.At})
	return nil
}

// stepKey orders the steps of a shard by event time.
func stepKey(shard string, t *schemas.Touchpoint) []byte {
	return append(binary.BigEndian.AppendUint64(key(keyStep, shard, ""), uint64(t.OccurredAt)), t.EventID...)
}

// owner says whose a shard is. A later epoch wins; of equal ones the greater ref, so that all desks agree.
func (c *changes) owner(shard, who string, epoch int32) error {
	k := key(keyOwner, shard)
	old, err := c.get(k)
	if err != nil {
		return err
	}
	value := append(binary.BigEndian.AppendUint32(nil, uint32(epoch)), who...)
	if string(old) >= string(value) {
		return nil
	}
	if len(old) > 4 {
		c.delete(key(keyShard, string(old[4:]), shard))
	}
	c.set(k, value)
	c.set(key(keyShard, who, shard), []byte{})
	return nil
}

// disown takes a shard from its owner: the identifier is nobody's any more.
func (c *changes) disown(shard string) error {
	old, err := c.get(key(keyOwner, shard))
	if err != nil || len(old) <= 4 {
		return err
	}
	c.delete(key(keyShard, string(old[4:]), shard))
	c.delete(key(keyOwner, shard))
	return nil
}
