package person

import (
	"github.com/attune-health/attune/schemas"
)

// Contacts are what is known of a person's contacts: each the sum of its parts in all shards, judged by
// event times alone (docs/kpis.md). They hold until the next call. A contact is in parts since its
// touchpoints may name different identifiers: the caller's number first, then the record number that they
// typed in.
type Contacts struct {
	// list is used anew for each person.
	list []Contact
	// who is the person that Of was called for last.
	who *Person
}

// Contact is one contact. It points into the states of shards, and is valid as long as they are.
type Contact struct {
	// ID is the contact center's.
	ID string
	// Head is the part whose disposition is in force, or else the earliest.
	Head *schemas.ContactPart
	// Revision is that of what was said last, the highest of its parts.
	Revision int32
	// Emitted is the hash of that. It is 0 where two parts differ, since each was said as somebody else's:
	// then it is said again.
	Emitted int64
	// Started is the earliest start of its parts, Ended the latest end, 0 where it has none.
	Started, Ended schemas.Millis
	// parts is in how many shards it is.
	parts int
}

// Of collects the contacts of a person, in the order of shards and starts. There are few: a search of the
// list for each part costs less than a map.
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

// add takes a part into its contact, or begins one with it.
func (c *Contacts) add(p *schemas.ContactPart) {
	for i := range c.list {
		if o := &c.list[i]; o.ID == p.ContactID {
			o.parts++
			if isBefore(o.Head, p) {
				o.Head = p
			}
			// Shards that were linked may both have said the contact, each as of its own person.
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

// isBefore says that b stands for the contact rather than a: by a later disposition, or without any by an
// earlier start.
func isBefore(a, b *schemas.ContactPart) bool {
	if a.ConcludedBy != "" || b.ConcludedBy != "" {
		return compareEvents(a.ConcludedAt, a.ConcludedBy, b.ConcludedAt, b.ConcludedBy) < 0
	}
	return b.StartedAt < a.StartedAt
}

// Concluded says whether a disposition has come.
func (o *Contact) Concluded() bool { return o.Head.ConcludedBy != "" }

// Over says whether it has ended or been concluded: before that it counts nowhere.
func (o *Contact) Over() bool { return o.Concluded() || o.Ended != 0 }

// OverAt is the event time of its disposition or, without one, of its end. The hour of a contact in
// aggregates is that of its disposition (docs/kpis.md).
func (o *Contact) OverAt() schemas.Millis {
	if o.Concluded() {
		return o.Head.ConcludedAt
	}
	return o.Ended
}

// Fact fills in what is known of one of the contacts. Words of f are the state's. lastResort is how long
// before the start a failed step counts. Revision and Final are the caller's to say.
func (c *Contacts) Fact(f *schemas.ContactFact, o *Contact, lastResort schemas.Millis) {
	p := o.Head
	// Head's disposition is in force for the whole contact; start and end are over all parts.
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

// addParts takes in what the other parts say: the last queue, and the steps where there is no disposition.
// A disposition is one touchpoint's and complete, so that nothing is added to it.
func (c *Contacts) addParts(f *schemas.ContactFact, o *Contact) {
	// Head has been taken already; taking it again changes nothing.
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

// Each calls yield with every part of a contact and the number of its shard. What yield changes in a part
// it has to tell the task, by Journey.Touched.
func (c *Contacts) Each(o *Contact, yield func(shard int, p *schemas.ContactPart)) {
	c.each(o.ID, yield)
}

// each calls yield with every part of a contact, in the order of shards.
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

// failed counts the failed steps in the time before the start: the start itself is in it, its other end is
// not. It goes through each shard from the newest step, and stops at the first that is too old.
func (c *Contacts) failed(f *schemas.ContactFact, within schemas.Millis) {
	var last *schemas.CountedStep
	for i := range c.who.Shards {
		steps := c.who.Shards[i].State.FailedSteps
		for n := len(steps) - 1; n >= 0 && steps[n].At > f.StartedAt-within; n-- {
			s := &steps[n]
			// It came after the call had begun.
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

// previous finds the contact that this one repeats: the last one before it that was concluded with the same
// reason. If two started at one time, the smaller id is the earlier one, as docs/kpis.md says.
func (c *Contacts) previous(f *schemas.ContactFact, o *Contact) {
	if !f.Concluded || f.Reason == "" {
		return
	}
	for i := range c.list {
		x := &c.list[i]
		if x.Head.Reason != f.Reason || !x.Concluded() || x.Started <= o.Started-RepeatWithin || x.Started > o.Started {
			continue
		}
		// The contact itself is passed over here, too.
		if x.Started == o.Started && x.ID >= o.ID {
			continue
		}
		// The time and not the id of the previous contact is told: two of one time are one answer.
		f.Repeat, f.PreviousAt = true, max(f.PreviousAt, x.Started)
	}
}
