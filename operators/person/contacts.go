package person

import (
	"slices"
	"sort"

	"github.com/attune-health/attune/schemas"
)

// Contacts are what is known of a person's contacts: each the sum of its parts in all shards, judged by
// event times alone (docs/kpis.md). They hold until the next call. A contact is in parts since its
// touchpoints may name different identifiers: the caller's number first, then the record number that they
// typed in.
type Contacts struct {
	// list and parts are used anew for each person.
	list  []Contact
	parts []part
	// index has the place of the newest contact of each id in list, where many are searched.
	index map[string]int
	// sorted: list is in the order of starts and ids.
	sorted bool
	// who is the person that Of was called for last, keptFrom when the last of their shards began to have all.
	who      *Person
	keptFrom schemas.Millis
	// steps is used anew for each fact.
	steps []schemas.StepBefore
}

// part is a part of a contact: of which, in which shard.
type part struct {
	contact, shard int
	part           *schemas.ContactPart
}

// Contact is one contact. It points into the states of shards, and is valid as long as they are.
type Contact struct {
	// ID is the contact center's, empty where it gave none.
	ID string
	// Head is the part whose disposition is in force, or else the earliest. Its key is the contact's.
	Head *schemas.ContactPart
	// Revision is that of what was said last under that key, the highest of its parts.
	Revision int32
	// Emitted is the hash of that. It is 0 where two parts differ, since each was said as somebody else's:
	// then it is said again.
	Emitted int64
	// Started is the earliest start of its parts, Ended the latest end, 0 where it has none.
	Started, Ended schemas.Millis
	// parts is of how many it is, first the place of the first in Contacts.parts.
	parts, first int
	// call is what tells its touchpoints from those of others of its id, older the place of the one before
	// it in list that has the same id.
	call  call
	older int
}

// Of collects the contacts of a person, in the order of shards and starts. A shard has a contact once: its
// parts are looked for among those of the shards before it.
func (c *Contacts) Of(who *Person) []Contact {
	c.who, c.list, c.parts, c.sorted, c.keptFrom = who, c.list[:0], c.parts[:0], true, 0
	for i := range who.Shards {
		c.keptFrom = max(c.keptFrom, keptFrom(who.Shards[i].State))
		parts := who.Shards[i].State.ContactParts
		if len(parts) == 0 {
			continue
		}
		known := len(c.list)
		c.enter(known)
		for n := range parts {
			c.add(i, known, &parts[n])
		}
	}
	for i := range c.list {
		if o := &c.list[i]; o.parts > 1 {
			o.Revision, o.Emitted = c.Said(o, o.Head.ContactKey)
		}
	}
	return c.list
}

// fewContacts is up to how many contacts a search of the list costs less than a map.
const fewContacts = 16

// enter makes the index of the first contacts, where there are many.
func (c *Contacts) enter(known int) {
	if known <= fewContacts {
		return
	}
	if c.index == nil {
		c.index = make(map[string]int, known)
	}
	clear(c.index)
	for i := range c.list {
		o := &c.list[i]
		o.older = -1
		if older, ok := c.index[o.ID]; ok {
			o.older = older
		}
		c.index[o.ID] = i
	}
}

// find is the place of the contact of a part among the first ones, or -1.
func (c *Contacts) find(known int, p *schemas.ContactPart) int {
	if known > fewContacts {
		i, ok := c.index[p.ContactID]
		for ok && i >= 0 && !c.isOf(i, p) {
			i = c.list[i].older
		}
		if !ok {
			return -1
		}
		return i
	}
	for i := range c.list[:known] {
		if c.list[i].ID == p.ContactID && c.isOf(i, p) {
			return i
		}
	}
	return -1
}

// isOf says whether a part with the id of a contact is part of it. Two shards whose persons were linked later
// have each begun the contact by itself, under another key.
func (c *Contacts) isOf(i int, p *schemas.ContactPart) bool {
	o := &c.list[i]
	if o.Head.ContactKey == p.ContactKey || c.hasKey(o, p.ContactKey) {
		return true
	}
	if p.ContactID == "" {
		return false
	}
	a, b := &o.call, callOfPart(p)
	if b.started < a.started {
		a, b = &b, o.call
	}
	return !a.precedes(&b) && !(a.concluded && b.concluded && !isOfSource(o.Head.ConcludedBy, p.ConcludedBy))
}

func (c *Contacts) hasKey(o *Contact, key string) bool {
	found := false
	c.Each(o, func(_ int, p *schemas.ContactPart) { found = found || p.ContactKey == key })
	return found
}

// HasOtherKeys says whether parts of a contact have another key than the contact.
func (c *Contacts) HasOtherKeys(o *Contact) bool {
	if o.parts == 1 {
		return false
	}
	found := false
	c.Each(o, func(_ int, p *schemas.ContactPart) { found = found || p.ContactKey != o.Head.ContactKey })
	return found
}

// Said is what was said last of a contact under a key: the revision, and the hash.
func (c *Contacts) Said(o *Contact, key string) (revision int32, emitted int64) {
	c.Each(o, func(_ int, p *schemas.ContactPart) {
		switch {
		case p.ContactKey != key:
		// Shards that were linked may both have said the contact, each as of its own person.
		case p.Revision > revision:
			revision, emitted = p.Revision, p.Emitted
		case p.Revision == revision && p.Emitted != emitted:
			emitted = 0
		}
	})
	return revision, emitted
}

// add takes a part into its contact, which is among the first ones, or begins one with it.
func (c *Contacts) add(shard, known int, p *schemas.ContactPart) {
	i := c.find(known, p)
	if i < 0 {
		if n := len(c.list); n > 0 && !c.list[n-1].startedBefore(p.StartedAt, p.ContactID) {
			c.sorted = false
		}
		c.parts = append(c.parts, part{len(c.list), shard, p})
		c.list = append(c.list, Contact{
			ID: p.ContactID, Head: p, Revision: p.Revision, Emitted: p.Emitted, Started: p.StartedAt, Ended: p.EndedAt, parts: 1, first: len(c.parts) - 1,
			call: callOfPart(p), older: -1,
		})
		return
	}
	o := &c.list[i]
	c.parts = append(c.parts, part{i, shard, p})
	o.parts++
	if isBefore(o.Head, p) {
		o.Head = p
	}
	// An earlier start may not be in the order of the list.
	c.sorted = c.sorted && p.StartedAt >= o.Started
	o.Started, o.Ended = min(o.Started, p.StartedAt), max(o.Ended, p.EndedAt)
	o.call.join(callOfPart(p))
}

// startedBefore is the order of contacts: by start, those of one time by id.
func (o *Contact) startedBefore(at schemas.Millis, id string) bool {
	return o.Started < at || o.Started == at && o.ID < id
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
		ContactID: o.ID, ContactKey: p.ContactKey, PersonRef: schemas.PersonRef(c.who.Ref), Channel: schemas.ChannelCall, StartedAt: o.Started, EndedAt: o.Ended,
		ConcludedAt: p.ConcludedAt, Concluded: o.Concluded(), Reason: p.Reason, Priority: p.Priority, Queue: p.Queue,
		Queued: p.Queued, Abandoned: p.Abandoned, Answered: p.Answered, WaitMs: p.WaitMs, TalkMs: p.TalkMs,
		SelfContained: c.keptFrom == 0 || c.keptFrom < o.Started-max(lastResort, DigitalWithin), Language: p.Language, Relation: p.Relation,
	}
	if o.parts > 1 {
		c.addParts(f, o)
	}
	c.failed(f, lastResort)
	if f.SelfContained {
		c.listSteps(f, lastResort)
		c.digital(f)
	} else {
		f.Language, f.Relation = "", ""
	}
	c.previous(f, o)
}

// addParts takes in what the other parts say: the last queue, language and relation, and the steps where there is no
// disposition.
// A disposition is one touchpoint's and complete, so that nothing is added to it.
func (c *Contacts) addParts(f *schemas.ContactFact, o *Contact) {
	// Head has been taken already; taking it again changes nothing.
	queueAt, languageAt, relationAt := o.Head.QueueAt, o.Head.LanguageAt, o.Head.RelationAt
	c.Each(o, func(_ int, p *schemas.ContactPart) {
		if isLater(p.QueueAt, p.Queue, queueAt, f.Queue) {
			f.Queue, queueAt = p.Queue, p.QueueAt
		}
		if isLater(p.LanguageAt, p.Language, languageAt, f.Language) {
			f.Language, languageAt = p.Language, p.LanguageAt
		}
		if isLater(p.RelationAt, p.Relation, relationAt, f.Relation) {
			f.Relation, relationAt = p.Relation, p.RelationAt
		}
		if f.Concluded {
			return
		}
		f.Priority, f.WaitMs, f.TalkMs = max(f.Priority, p.Priority), max(f.WaitMs, p.WaitMs), max(f.TalkMs, p.TalkMs)
		f.Queued, f.Abandoned, f.Answered = f.Queued || p.Queued, f.Abandoned || p.Abandoned, f.Answered || p.Answered
	})
}

// Each calls yield with every part of a contact and the number of its shard, in the order of shards. What
// yield changes in a part it has to tell the task, by Journey.Touched.
func (c *Contacts) Each(o *Contact, yield func(shard int, p *schemas.ContactPart)) {
	i, of := o.first, c.parts[o.first].contact
	for left := o.parts; left > 0; i++ {
		if x := &c.parts[i]; x.contact == of {
			yield(x.shard, x.part)
			left--
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

// listSteps lists the failed steps that failed has counted, the newest of them where they are many.
func (c *Contacts) listSteps(f *schemas.ContactFact, within schemas.Millis) {
	if f.FailedSteps == 0 {
		return
	}
	list, of := c.steps[:0], 0
	for i := range c.who.Shards {
		steps := c.who.Shards[i].State.FailedSteps
		to := len(steps)
		for to > 0 && steps[to-1].At > f.StartedAt {
			to--
		}
		from := to
		for from > 0 && to-from < maxStepsBefore && steps[from-1].At > f.StartedAt-within {
			from--
		}
		if from < to {
			of++
		}
		for n := from; n < to; n++ {
			s := &steps[n]
			list = append(list, schemas.StepBefore{At: s.At, Channel: s.Channel, Kind: s.Kind, Page: s.Page, Reason: s.Reason, EventID: s.EventID})
		}
	}
	// Those of one shard are in order.
	if of > 1 {
		slices.SortFunc(list, func(a, b schemas.StepBefore) int { return compareEvents(a.At, a.EventID, b.At, b.EventID) })
	}
	c.steps, f.Steps = list, NewestOf(list, maxStepsBefore)
}

// digital finds the last digital step for the contact's reason: not after its start, and not longer before it than
// DigitalWithin.
func (c *Contacts) digital(f *schemas.ContactFact) {
	if f.Reason == "" {
		return
	}
	for i := range c.who.Shards {
		steps := c.who.Shards[i].State.DigitalSteps
		for n := len(steps) - 1; n >= 0 && steps[n].At >= f.StartedAt-DigitalWithin && steps[n].At > f.DigitalAt; n-- {
			if s := &steps[n]; s.At <= f.StartedAt && s.Reason == f.Reason {
				f.DigitalAt = s.At
			}
		}
	}
}

// previous finds the contact that this one repeats: the last one before it that was concluded with the same
// reason. If two started at one time, the smaller id is the earlier one, as docs/kpis.md says.
func (c *Contacts) previous(f *schemas.ContactFact, o *Contact) {
	if !f.Concluded || f.Reason == "" {
		return
	}
	if c.sorted {
		c.previousOf(f, o)
		return
	}
	for i := range c.list {
		if x := &c.list[i]; repeats(f, o, x) {
			// The time and not the id of the previous contact is told: two of one time are one answer.
			f.Repeat, f.PreviousAt = true, max(f.PreviousAt, x.Started)
		}
	}
}

// previousOf goes back from the contact itself to the first one that it repeats.
func (c *Contacts) previousOf(f *schemas.ContactFact, o *Contact) {
	from := sort.Search(len(c.list), func(i int) bool { return !c.list[i].startedBefore(o.Started, o.ID) })
	for i := from - 1; i >= 0 && c.list[i].Started > o.Started-RepeatWithin; i-- {
		if x := &c.list[i]; repeats(f, o, x) {
			f.Repeat, f.PreviousAt = true, x.Started
			return
		}
	}
}

// repeats says whether a contact with the fact's reason repeats x. No contact repeats itself.
func repeats(f *schemas.ContactFact, o, x *Contact) bool {
	return x.Head.Reason == f.Reason && x.Concluded() && x.Started > o.Started-RepeatWithin && x.startedBefore(o.Started, o.ID)
}
