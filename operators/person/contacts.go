package person

import (
	"github.com/attune-health/attune/schemas"
)

// Contacts are what is known of a person's contacts: each the sum of its parts in all shards, judged by
// event times alone (docs/kpis.md). They hold until the next call.
type Contacts struct {
	list []Contact
	who  *Person
}

// Contact is one contact.
type Contact struct {
	ID             string
	Head           *schemas.ContactPart // the part whose disposition is in force, or else the earliest
	Revision       int32                // of what was said last, the highest of its parts
	Emitted        int64                // hash of that, 0 where two parts differ: each was somebody else's
	Started, Ended schemas.Millis
	parts          int
}

// Of collects the contacts of a person.
func (c *Contacts) Of(who *Person) []Contact {
	c.who, c.list = who, c.list[:0]
	for i := range who.Shards {
		parts := who.Shards[i].State.ContactParts
		for n := range parts {
			c.add(&parts[n])
		}
	}
	return c.list
}

func (c *Contacts) add(p *schemas.ContactPart) {
	for i := range c.list {
		if o := &c.list[i]; o.ID == p.ContactID {
			o.parts++
			if isBefore(o.Head, p) {
				o.Head = p
			}
			switch {
			case p.Revision > o.Revision:
				o.Revision, o.Emitted = p.Revision, p.Emitted
			case p.Revision == o.Revision && p.Emitted != o.Emitted:
				o.Emitted = 0
			}
			o.Started, o.Ended = min(o.Started, p.StartedAt), max(o.Ended, p.EndedAt)
			return
		}
	}
	c.list = append(c.list, Contact{ID: p.ContactID, Head: p, Revision: p.Revision, Emitted: p.Emitted, Started: p.StartedAt, Ended: p.EndedAt, parts: 1})
}

// isBefore says that b stands for the contact rather than a.
func isBefore(a, b *schemas.ContactPart) bool {
	if a.ConcludedBy != "" || b.ConcludedBy != "" {
		return compareEvents(a.ConcludedAt, a.ConcludedBy, b.ConcludedAt, b.ConcludedBy) < 0
	}
	return b.StartedAt < a.StartedAt
}

// Concluded says whether a disposition has come.
func (o *Contact) Concluded() bool { return o.Head.ConcludedBy != "" }

// Over says whether it has ended or been concluded.
func (o *Contact) Over() bool { return o.Concluded() || o.Ended != 0 }

// OverAt is the event time of its disposition or, without one, of its end.
func (o *Contact) OverAt() schemas.Millis {
	if o.Concluded() {
		return o.Head.ConcludedAt
	}
	return o.Ended
}

// Fact fills in what is known of one of the contacts. Words of f are the state's.
func (c *Contacts) Fact(f *schemas.ContactFact, o *Contact, lastResort schemas.Millis) {
	p := o.Head
	*f = schemas.ContactFact{
		ContactID: o.ID, PersonRef: schemas.PersonRef(c.who.Ref), Channel: schemas.ChannelCall, StartedAt: o.Started, EndedAt: o.Ended,
		ConcludedAt: p.ConcludedAt, Concluded: o.Concluded(), Reason: p.Reason, Priority: p.Priority, Queue: p.Queue,
		Queued: p.Queued, Abandoned: p.Abandoned, Answered: p.Answered, WaitMs: p.WaitMs, TalkMs: p.TalkMs,
	}
	if o.parts > 1 {
		c.addParts(f, o)
	}
	c.failed(f, lastResort)
	c.previous(f, o)
}

// addParts takes in what the other parts say: the last queue, and the steps where there is no
// disposition.
func (c *Contacts) addParts(f *schemas.ContactFact, o *Contact) {
	queueAt := o.Head.QueueAt
	c.each(o.ID, func(_ int, p *schemas.ContactPart) {
		if p.QueueAt > queueAt || p.QueueAt == queueAt && p.Queue > f.Queue {
			f.Queue, queueAt = p.Queue, p.QueueAt
		}
		if f.Concluded {
			return
		}
		f.Priority, f.WaitMs, f.TalkMs = max(f.Priority, p.Priority), max(f.WaitMs, p.WaitMs), max(f.TalkMs, p.TalkMs)
		f.Queued, f.Abandoned, f.Answered = f.Queued || p.Queued, f.Abandoned || p.Abandoned, f.Answered || p.Answered
	})
}

// Each calls yield with every part of a contact and the number of its shard.
func (c *Contacts) Each(o *Contact, yield func(shard int, p *schemas.ContactPart)) {
	c.each(o.ID, yield)
}

func (c *Contacts) each(id string, yield func(shard int, p *schemas.ContactPart)) {
	for i := range c.who.Shards {
		parts := c.who.Shards[i].State.ContactParts
		for n := range parts {
			if parts[n].ContactID == id {
				yield(i, &parts[n])
			}
		}
	}
}

// failed counts the failed steps in the time before the start: the start itself is in it, its other end
// is not.
func (c *Contacts) failed(f *schemas.ContactFact, within schemas.Millis) {
	var last *schemas.CountedStep
	for i := range c.who.Shards {
		steps := c.who.Shards[i].State.FailedSteps
		for n := len(steps) - 1; n >= 0 && steps[n].At > f.StartedAt-within; n-- {
			s := &steps[n]
			if s.At > f.StartedAt {
				continue
			}
			f.FailedSteps++
			if last == nil || stepOrder(last, s) < 0 {
				last = s
			}
		}
	}
	if last == nil {
		return
	}
	f.LastResort, f.LastFailedEvent, f.LastFailedAt = true, last.EventID, last.At
	f.LastFailedChannel, f.LastFailedKind, f.LastFailedReason = last.Channel, last.Kind, last.Reason
}

// previous finds the contact that this one repeats: the last one before it that was concluded with the
// same reason.
func (c *Contacts) previous(f *schemas.ContactFact, o *Contact) {
	if !f.Concluded || f.Reason == "" {
		return
	}
	for i := range c.list {
		x := &c.list[i]
		if x.Head.Reason != f.Reason || !x.Concluded() || x.Started <= o.Started-RepeatWithin || x.Started > o.Started {
			continue
		}
		if x.Started == o.Started && x.ID >= o.ID {
			continue
		}
		f.Repeat, f.PreviousAt = true, max(f.PreviousAt, x.Started)
	}
}
