package observe

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Contacts keeps track of phone contacts. One begins with its first touchpoint and ends with ended,
// abandoned or disposition; its reason may become known later. Touchpoints of one contact may belong
// to different shards (the caller's number first, then the record number they typed in), so it is
// looked for in all of the person's.
type Contacts struct {
	Silence schemas.Millis // longer, and a contact is no longer in progress
	Ttl     schemas.Millis // how long its reason is awaited
	Before  schemas.Millis // how long before its start a step still concerns it, which may arrive after it
}

const maxContacts = 32

// Process finds the contact of the trigger, or the one that is in progress.
func (c *Contacts) Process(_ *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint == nil || j.Touchpoint.Channel != schemas.ChannelCall {
		if j.Contact == nil {
			j.Contact = c.InProgress(j)
		}
		if j.Contact != nil {
			j.ContactPhase = person.ContactInProgress
			j.AsOf = max(j.AsOf, pipeline.Time(j.Contact.LastAt))
		}
		return nil
	}
	contact, isNew := c.find(j)
	c.advance(j, contact, isNew)
	j.KeepContactPart(contact)
	return nil
}

func (c *Contacts) find(j *person.Journey) (contact *schemas.OpenContact, isNew bool) {
	id := j.Touchpoint.ContactID.V
	for n, st := range j.Shards {
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			if st.Contacts[i].ContactID == id {
				j.Touched(n)
				return &st.Contacts[i], false
			}
		}
	}
	at := j.Touchpoint.OccurredAt
	list := j.Shard.Contacts
	if len(list) == maxContacts {
		list = dropOne(list)
	}
	i := len(list)
	for i > 0 && list[i-1].StartedAt > at {
		i--
	}
	j.Shard.Contacts = slices.Insert(list, i, schemas.OpenContact{ContactID: strings.Clone(id), StartedAt: at, LastAt: at})
	j.Shard.Calls++
	return &j.Shard.Contacts[i], true
}

// dropOne drops the oldest contact of those whose reason has come, or else of all.
func dropOne(list []schemas.OpenContact) []schemas.OpenContact {
	i := slices.IndexFunc(list, func(o schemas.OpenContact) bool { return o.Labelled })
	return slices.Delete(list, max(i, 0), max(i, 0)+1)
}

// advance takes the touchpoint into the contact and says where in it the journey stands. What comes
// after the end is no part of it but the reason.
func (c *Contacts) advance(j *person.Journey, o *schemas.OpenContact, isNew bool) {
	call := &j.Touchpoint.Body.Call
	at := j.Touchpoint.OccurredAt
	o.StartedAt, o.LastAt = min(o.StartedAt, at), max(o.LastAt, at)
	if call.Queue != "" && o.Queue != call.Queue {
		o.Queue = strings.Clone(call.Queue)
	}
	o.Priority = max(o.Priority, call.Priority)
	keepCaller(o, call)
	wasOver := o.Ended || o.Labelled
	switch call.Event {
	case schemas.CallEventDisposition:
		if o.Labelled {
			return
		}
		o.Labelled, o.Ended, o.Abandoned = true, true, o.Abandoned || call.Abandoned
		j.Contact, j.ContactPhase = o, person.ContactDisposition
		return
	case schemas.CallEventEnded, schemas.CallEventAbandoned:
		o.Ended, o.Abandoned = true, o.Abandoned || call.Event == schemas.CallEventAbandoned
	case schemas.CallEventTransferred:
		o.Transfers++
	case schemas.CallEventAnswered:
		o.Answered = true
	}
	switch {
	case wasOver:
		return
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

// keepCaller keeps what the call says of who calls and why. A later word replaces an earlier one, and
// silence replaces none.
func keepCaller(o *schemas.OpenContact, call *schemas.Call) {
	keep := func(kept *string, said string) {
		if said != "" && said != *kept {
			*kept = strings.Clone(said)
		}
	}
	keep(&o.Relation, call.Relation)
	keep(&o.MayKnow, call.MayKnow)
	keep(&o.Authenticated, call.Authenticated)
	if call.Event != schemas.CallEventDisposition { // there it is the agent's word, which is the label
		keep(&o.Menu, call.Reason)
	}
}

// InProgress returns the person's contact that is under way, the newest if there are several. A trigger
// of an earlier time reaches it, too: what a slow source says of this morning is news to the agent now.
func (c *Contacts) InProgress(j *person.Journey) (found *schemas.OpenContact) {
	at := schemas.Millis(j.At)
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

// Forget drops contacts whose reason will not come any more, and those whose reason has come.
func (c *Contacts) Forget(st *schemas.ShardState, now schemas.Millis) {
	st.Contacts = slices.DeleteFunc(st.Contacts, func(o schemas.OpenContact) bool {
		return o.LastAt+c.Ttl < now || o.Labelled && o.LastAt+schemas.Day < now
	})
}
