package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// contact is a phone contact as docs/kpis.md defines it: touchpoints of one person that have one id, or none,
// and that no end and no long silence parts. It is computed from what was sent, and not as operators do it.
type contact struct {
	id string
	// steps are in order of event time.
	steps []step
	// began: its first record in attune.identified was not one of its end.
	began bool
	// moved: its records have more than one owner or partition. Each owner may have seen a start, or none has.
	moved bool
	// disposition is the last one, by event time, and reasons those of all.
	disposition *variant
	reasons     map[string]bool
	// predicted counts predictions at its start, said facts that are in force.
	predicted, said int
}

// step is a touchpoint of a contact.
type step struct {
	eventID string
	v       *variant
	f       *fate
}

// arrival is when a call's touchpoint came first to attune.identified, and what is known of its way.
type arrival struct {
	order     int
	partition int32
	person    schemas.PersonRef
	moved     bool
}

// meet notes a touchpoint of a call.
func (c *checker) meet(t *schemas.Touchpoint, person schemas.PersonRef, partition int32) {
	if t.Body.Kind != schemas.TouchpointBodyCall {
		return
	}
	if c.arrivals == nil {
		c.arrivals = map[string]*arrival{}
	}
	known := c.arrivals[t.EventID]
	if known == nil {
		c.arrivals[clone(t.EventID)] = &arrival{order: len(c.arrivals), partition: partition, person: clone(person)}
		return
	}
	known.moved = known.moved || known.partition != partition || known.person != person
}

// findContacts parts what was accepted of calls into contacts. owner says whose a shard is in the end.
func (c *checker) findContacts(owner map[string]schemas.PersonRef) {
	type group struct {
		person schemas.PersonRef
		id     string
	}
	groups := map[group][]step{}
	c.accepted(func(p *Produced, v *variant, f *fate) {
		if !v.isCall || !f.identifiedSomewhere {
			return
		}
		g := group{f.person, v.contactID}
		if moved, ok := owner[f.shard]; ok {
			g.person = moved
		}
		groups[g] = append(groups[g], step{p.EventID, v, f})
	})
	c.contactOf, c.contactsOfID = map[string]*contact{}, map[string][]*contact{}
	for g, steps := range groups {
		slices.SortFunc(steps, func(a, b step) int {
			return cmp.Or(cmp.Compare(a.v.occurredAt, b.v.occurredAt), strings.Compare(a.eventID, b.eventID))
		})
		from := 0
		for i := range steps {
			if i > from && beginsAnother(steps[from:i], &steps[i]) {
				c.keepContact(g.id, steps[from:i])
				from = i
			}
		}
		c.keepContact(g.id, steps[from:])
	}
}

// beginsAnother says whether a touchpoint begins another contact than that of the earlier ones.
func beginsAnother(earlier []step, s *step) bool {
	const apart = 4 * 3600 * 1000
	var over, concluded *step
	for i := range earlier {
		if isOver(&earlier[i]) && over == nil {
			over = &earlier[i]
		}
		if earlier[i].v.call.Event == schemas.CallEventDisposition {
			concluded = &earlier[i]
		}
	}
	silent := s.v.occurredAt-earlier[len(earlier)-1].v.occurredAt > apart
	switch e := s.v.call.Event; {
	case e == schemas.CallEventSelfService, e == schemas.CallEventQueued, e == schemas.CallEventAnswered && s.v.contactID == "":
		// An end that nothing came before has its beginning behind it: two clocks.
		return silent || over != nil && over.v.occurredAt < s.v.occurredAt && earlier[0].v.occurredAt < over.v.occurredAt
	case e == schemas.CallEventDisposition:
		return concluded != nil && (s.v.contactID == "" || sourceOf(concluded.eventID) != sourceOf(s.eventID))
	}
	return silent && s.v.contactID == ""
}

func isOver(s *step) bool {
	e := s.v.call.Event
	return e == schemas.CallEventEnded || e == schemas.CallEventAbandoned || e == schemas.CallEventDisposition
}

func sourceOf(eventID string) string {
	source, _ := schemas.SplitEventID(eventID)
	return source
}

func (c *checker) keepContact(id string, steps []step) {
	k := &contact{id: id, steps: steps, reasons: map[string]bool{}}
	var first *arrival
	for i := range steps {
		s := &steps[i]
		c.contactOf[s.eventID] = k
		if a := c.arrivals[s.eventID]; a != nil {
			k.moved = k.moved || a.moved || first != nil && (a.partition != first.partition || a.person != first.person)
			if first == nil || a.order < first.order {
				first, k.began = a, !isOver(s)
			}
		}
		if s.v.call.Event == schemas.CallEventDisposition {
			k.disposition = s.v
			if s.v.call.Reason != "" {
				k.reasons[s.v.call.Reason] = true
			}
		}
	}
	c.contacts = append(c.contacts, k)
	c.contactsOfID[id] = append(c.contactsOfID[id], k)
}

// contactBy finds a contact by its key, which is the event id of one of its touchpoints. A contact that was
// begun by a build without keys is known by its id.
func (c *checker) contactBy(key, id string) *contact {
	if k := c.contactOf[key]; k != nil {
		return k
	}
	if same := c.contactsOfID[id]; id != "" && len(same) == 1 {
		return same[0]
	}
	return nil
}

// name is how a contact is called in a report.
func (k *contact) name() string { return contactName(k.steps[0].eventID, k.id) }

func contactName(key, id string) string {
	if id == "" {
		return "contact of event " + key
	}
	return "contact " + id
}
