package person

import (
	"strings"

	"github.com/attune-health/attune/schemas"
)

// A contact center's id tells contacts apart for as long as a call lasts, and no longer: some give none, some
// count from 1 every morning, and two telephone systems know nothing of each other. What is one contact is
// therefore told by person, id and time (docs/kpis.md):
//
//	id 7   queued ── answered ── ended ── disposition          one contact
//	id 7                                     queued ── ended   another: it was over
//	id 7   queued      more than CallsApart     queued         another: its end got lost
//	id 7   disposition        disposition                      a correction, or another if of another source
//	none   disposition        disposition                      another: nothing says what it would correct
//
// Each has a key, which is the event id of the touchpoint that it began with, as it arrived.

// CallsApart is after how long without a touchpoint a call that begins is another contact, though no end has
// been heard of. It is part of what figures mean, and hence no setting.
const CallsApart = 4 * schemas.Hour

// KeyOf is the key of a contact. One that was begun by a build without keys is known by its id.
func KeyOf(o *schemas.OpenContact) string {
	if o.ContactKey != "" {
		return o.ContactKey
	}
	return o.ContactID
}

// IsFor says whether a decision is for a contact of that key.
func IsFor(d *schemas.OpenDecision, key string) bool { return ContactOf(d) == key }

// ContactOf is the key of the contact that a decision is for, empty for none.
func ContactOf(d *schemas.OpenDecision) string {
	if d.ContactKey != "" {
		return d.ContactKey
	}
	return d.ContactRef
}

// call is what tells whether a touchpoint is part of a contact: of an open one, or of a part.
type call struct {
	id, key       string
	started, last schemas.Millis
	// over is when it was over first, 0 where it is not.
	over      schemas.Millis
	concluded bool
}

func callOf(o *schemas.OpenContact) call {
	c := call{id: o.ContactID, key: o.ContactKey, started: o.StartedAt, last: o.LastAt, over: o.OverAt, concluded: o.Labelled}
	// A build that kept no time: whatever begins after all that is known of it begins another.
	if c.over == 0 && (o.Ended || o.Labelled) {
		c.over = o.LastAt
	}
	return c
}

func callOfPart(p *schemas.ContactPart) call {
	return call{id: p.ContactID, key: p.ContactKey, started: p.StartedAt, last: p.LastAt, over: overAt(p), concluded: p.ConcludedBy != ""}
}

// hasBeginning says whether something was heard of the contact before it was over.
func (c *call) hasBeginning() bool { return c.over == 0 || c.started < c.over }

// precedes says that o, which started no earlier, is another contact of the same id.
func (c *call) precedes(o *call) bool {
	if !o.hasBeginning() {
		return false
	}
	return c.over != 0 && c.hasBeginning() && o.started > c.over || o.started > c.last+CallsApart
}

// join takes in what another part of the contact says.
func (c *call) join(o call) {
	c.started, c.last, c.concluded = min(c.started, o.started), max(c.last, o.last), c.concluded || o.concluded
	c.over = earlier(c.over, o.over)
}

// begins says whether a step is one that a call begins with. A call with an id is answered once it has been in
// a queue; without one, nothing else may have been sent of it.
func begins(event schemas.CallEvent, id string) bool {
	switch event {
	case schemas.CallEventSelfService, schemas.CallEventQueued:
		return true
	case schemas.CallEventAnswered:
		return id == ""
	}
	return false
}

// takes says whether a touchpoint of the id is part of the contact.
func (c *call) takes(who *Person, t *schemas.Touchpoint) bool {
	at, event := t.OccurredAt, t.Body.Call.Event
	switch {
	// A build without keys held all calls without an id for one.
	case c.id == "" && c.key == "":
		return false
	case begins(event, c.id):
		// A beginning that lies behind an end, and has no other before it, is that of the same call by another clock.
		if c.over != 0 && at > c.over && c.hasBeginning() {
			return false
		}
	case event == schemas.CallEventDisposition:
		return !c.concluded || c.id != "" && isOfSource(who.concludedBy(c), t.EventID)
	// Any other word of an id is about the last call that had it.
	case c.id != "":
		return true
	}
	// What was over when it was first heard of may have begun long before.
	return at <= c.last+CallsApart && (at >= c.started-CallsApart || !c.hasBeginning())
}

// concludedBy is the event id of the disposition of a contact, or empty where no shard knows it.
func (p *Person) concludedBy(c *call) string {
	for i := range p.Shards {
		parts := p.Shards[i].State.ContactParts
		if n := findPart(parts, c.id, c.key); n >= 0 && parts[n].ConcludedBy != "" {
			return parts[n].ConcludedBy
		}
	}
	return ""
}

// isOfSource says whether two events are of one source. It is also true where the first is not known.
func isOfSource(known, event string) bool {
	a, _ := schemas.SplitEventID(known)
	b, _ := schemas.SplitEventID(event)
	return known == "" || a == b
}

// FindContact is the open contact that the call's touchpoint is part of, with the number of its shard, or nil.
// Of several contacts of one id it is the last that had begun by then. Where two shards know one contact each
// by itself, as those of two numbers that were linked since, it is the first shard's.
func (j *Journey) FindContact() (found *schemas.OpenContact, shard int) {
	t := j.Touchpoint
	var best call
	for n, st := range j.Shards {
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			o := &st.Contacts[i]
			if o.ContactID != t.ContactID.V {
				continue
			}
			if c := callOf(o); c.takes(j.Who, t) && (found == nil || best.yieldsTo(&c, t.OccurredAt)) {
				found, shard, best = o, n, c
			}
		}
	}
	return found, shard
}

// FindContactKey is the key of the contact that the call's touchpoint is part of, as figures know it, and
// whether they know one: what decisions need of a contact is forgotten sooner.
func (j *Journey) FindContactKey() (key string, found bool) {
	t := j.Touchpoint
	var best call
	for _, st := range j.Shards {
		for i := range st.ContactParts {
			p := &st.ContactParts[i]
			if p.ContactID != t.ContactID.V {
				continue
			}
			if c := callOfPart(p); c.takes(j.Who, t) && (!found || best.yieldsTo(&c, t.OccurredAt)) {
				found, best = true, c
			}
		}
	}
	return strings.Clone(best.key), found
}

// yieldsTo says that a touchpoint of that time is rather part of o: c is another contact that came before, or
// had not begun.
func (c *call) yieldsTo(o *call, at schemas.Millis) bool {
	if o.started >= c.started {
		return o.started <= at && c.precedes(o)
	}
	return c.started > at && o.precedes(c)
}
