package observe

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Contacts keeps track of phone contacts. One begins with its first touchpoint and ends with ended,
// abandoned or disposition; its reason may become known later. Touchpoints of one contact may belong to
// different shards (the caller's number first, then the record number they typed in), so it is looked for
// in all of the person's. An id that is missing or used again is no obstacle (person.FindContact).
//
//	first touchpoint     a further one       ended, abandoned     disposition
//	ContactStarted ────► ContactInProgress ─► ContactEnded ──────► ContactDisposition
//
// A disposition may come first of all, from a contact center that sends nothing else. This is what
// decisions are made by, as of their time; figures have parts of their own (person.Contacts), which do not
// depend on the order of arrival.
type Contacts struct {
	// Silence is how long after its last touchpoint a contact is still in progress: an end that got lost
	// must not leave a patient on the phone for ever.
	Silence schemas.Millis
	// Ttl is how long its reason is awaited.
	Ttl schemas.Millis
	// Before is how long before its start a step still concerns it, which may arrive after it.
	Before schemas.Millis
}

// maxContacts is how many are kept of a shard. A number that stands for many people, such as a
// switchboard's, has more within a Ttl.
const maxContacts = 32

// Process finds the contact of the trigger, or the one that is in progress. A digital step during a call is
// part of what the agent should know.
func (c *Contacts) Process(_ *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil || j.Touchpoint.Channel != schemas.ChannelCall {
		// It is known already where a shard has moved in during a call.
		if j.Contact == nil {
			j.Contact = c.InProgress(j)
		}
		if j.Contact != nil {
			j.ContactPhase = person.ContactInProgress
			j.AsOf = max(j.AsOf, pipeline.Time(j.Contact.LastAt))
		}
		return nil
	}
	// Decisions' contact first, and then the part that figures rest on, which takes over its start.
	contact, isNew := c.find(j)
	c.advance(j, contact, isNew)
	j.KeepContactPart(contact)
	return nil
}

// find is the contact that the touchpoint is part of, in whatever shard it is kept, or a new one in the
// touchpoint's own shard. New ones are in the order of their starts.
func (c *Contacts) find(j *person.Journey) (contact *schemas.OpenContact, isNew bool) {
	if o, shard := j.FindContact(); o != nil {
		// advance is about to change it, and it may lie in another shard than the touchpoint.
		j.Touched(shard)
		return o, false
	}
	id, at := j.Touchpoint.ContactID.V, j.Touchpoint.OccurredAt
	key, known := j.FindContactKey()
	if !known {
		key = strings.Clone(j.Touchpoint.EventID)
	}
	// Not known, or not any more: it begins here.
	list := j.Shard.Contacts
	if len(list) == maxContacts {
		list = dropOne(list)
	}
	i := len(list)
	for i > 0 && list[i-1].StartedAt > at {
		i--
	}
	j.Shard.Contacts = slices.Insert(list, i, schemas.OpenContact{ContactID: strings.Clone(id), ContactKey: key, StartedAt: at, LastAt: at})
	j.Shard.Calls++
	return &j.Shard.Contacts[i], true
}

// dropOne drops the oldest contact whose reason has come, or else the oldest of all. If the reason of a
// dropped contact comes after all, it begins a contact of one touchpoint.
func dropOne(list []schemas.OpenContact) []schemas.OpenContact {
	i := slices.IndexFunc(list, func(o schemas.OpenContact) bool { return o.Labelled })
	return slices.Delete(list, max(i, 0), max(i, 0)+1)
}

// advance takes the touchpoint into the contact and says where in it the journey stands. What comes after
// the end is no part of it but the reason: an end that arrives before a transfer has the last word.
func (c *Contacts) advance(j *person.Journey, o *schemas.OpenContact, isNew bool) {
	call := &j.Touchpoint.Body.Call
	at := j.Touchpoint.OccurredAt
	// Touchpoints come in any order: the contact spans all of them.
	o.StartedAt, o.LastAt = min(o.StartedAt, at), max(o.LastAt, at)
	// The queue that was heard of last, for the desk that takes the call. It is cloned, as a record's
	// strings are gone after the step.
	if call.Queue != "" && o.Queue != call.Queue {
		o.Queue = strings.Clone(call.Queue)
	}
	// A call that was once urgent stays so.
	o.Priority = max(o.Priority, call.Priority)
	// Who is on the phone decides what may be said, also by the end of the call.
	keepCaller(o, call)
	wasOver := o.Ended || o.Labelled
	switch call.Event {
	case schemas.CallEventDisposition:
		o.OverAt = first(o.OverAt, at)
		// A second disposition corrects the figures, and is no second label for a model.
		if o.Labelled {
			return
		}
		o.Labelled, o.Ended, o.Abandoned = true, true, o.Abandoned || call.Abandoned
		j.Contact, j.ContactPhase = o, person.ContactDisposition
		return
	case schemas.CallEventEnded, schemas.CallEventAbandoned:
		o.OverAt = first(o.OverAt, at)
		o.Ended, o.Abandoned = true, o.Abandoned || call.Event == schemas.CallEventAbandoned
	case schemas.CallEventTransferred:
		o.Transfers++
	case schemas.CallEventAnswered:
		o.Answered = true
	}
	// Over before this touchpoint: it changes what is kept, and no step takes it for a call that is under
	// way.
	switch {
	case wasOver:
		return
	// It has ended with this touchpoint.
	case o.Ended:
		j.ContactPhase = person.ContactEnded
	case isNew:
		j.ContactPhase = person.ContactStarted
	default:
		j.ContactPhase = person.ContactInProgress
	}
	j.Contact = o
	j.AsOf = max(j.AsOf, pipeline.Time(o.LastAt))
}

// first is the earlier of two times, of which the first may be none yet.
func first(known, at schemas.Millis) schemas.Millis {
	if known == 0 {
		return at
	}
	return min(known, at)
}

// keepCaller keeps what the call says of who calls and why. A later word replaces an earlier one, and
// silence replaces none.
func keepCaller(o *schemas.OpenContact, call *schemas.Call) {
	// Cloned only where it differs: each touchpoint of a call says the same again.
	keep := func(kept *string, said string) {
		if said != "" && said != *kept {
			*kept = strings.Clone(said)
		}
	}
	keep(&o.Relation, call.Relation)
	keep(&o.MayKnow, call.MayKnow)
	keep(&o.Authenticated, call.Authenticated)
	keep(&o.ActsAs, call.ActsAs)
	// In a disposition it is the agent's word, which is the label: a prediction must not be made from it.
	if call.Event != schemas.CallEventDisposition {
		keep(&o.Menu, call.Reason)
	}
}

// InProgress returns the person's contact that is under way, the newest if there are several. A trigger
// of an earlier time reaches it, too: what a slow source says of this morning is news to the agent now.
func (c *Contacts) InProgress(j *person.Journey) (found *schemas.OpenContact) {
	at := schemas.Millis(max(j.At, j.Known))
	for n, st := range j.Shards {
		if !j.MayBeInContact(n) {
			continue
		}
		for i := range st.Contacts {
			o := &st.Contacts[i]
			if o.Ended || o.Labelled || at > o.LastAt+c.Silence || at < o.StartedAt-max(c.Silence, c.Before) {
				continue
			}
			if found == nil || o.StartedAt > found.StartedAt {
				found = o
			}
		}
	}
	return found
}

// Forget drops contacts whose reason will not come any more, and those whose reason has come: the latter
// after a day, for which they are known as abandoned (see Persona.redialled).
func (c *Contacts) Forget(st *schemas.ShardState, now schemas.Millis) {
	st.Contacts = slices.DeleteFunc(st.Contacts, func(o schemas.OpenContact) bool {
		return o.LastAt+c.Ttl < now || o.Labelled && o.LastAt+schemas.Day < now
	})
}
