package evidence

import (
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// PresentFor is how long after a step somebody is taken to be still there.
const PresentFor = 5 * schemas.Minute

// Present reports whether the patient is at a web page or in the app: a step not long ago that was not
// the last one, and no phone call since. Who is on the phone looks at no page.
func (e *Evidence) Present() bool {
	return !e.InContact && e.DigitalAt != 0 && !e.DigitalLeft && e.At-e.DigitalAt <= PresentFor && e.CallAt < e.DigitalAt
}

// collectCalls finds the newest word of a call that is over, and whether one was hung up in the queue.
func (e *Evidence) collectCalls(j *person.Journey) {
	for n, st := range j.Shards {
		// Most shards never had a phone contact. Skipping them spares the hot path their states.
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			c := &st.Contacts[i]
			// The contact under way is no earlier call, and one that a late record speaks of from later
			// is not known yet.
			if c == j.Contact && e.InContact || c.LastAt > e.At {
				continue
			}
			e.CallAt = max(e.CallAt, c.LastAt)
			if c.Abandoned && c != j.Contact {
				e.HungUpAt = max(e.HungUpAt, c.LastAt)
			}
		}
	}
}

// collectSigns finds the signs that stand. Of one kind the one that says more counts, then the newer.
// It runs last: stands asks for the contact, the newest digital step and the newest call.
func (e *Evidence) collectSigns(j *person.Journey, signs []schemas.FlagSign) {
	for i := range signs {
		x := &signs[i]
		kind := schemas.Flag(x.Kind)
		// A later build may have written a kind that this one does not know.
		if kind == schemas.FlagNone || kind >= schemas.FlagKinds || !e.stands(j, x) {
			continue
		}
		if best := &e.Signs[kind]; e.Standing&(1<<kind) == 0 || x.Source > best.Source || x.Source == best.Source && x.At > best.At {
			*best = *x
		}
		e.Standing |= 1 << kind
	}
}

// stands reports whether a sign is one of danger now. In a call its age is that at the call's start: a
// sign does not fade while the caller waits.
// A sign that is too old for its source is none, so that no call stays urgent for ever.
func (e *Evidence) stands(j *person.Journey, x *schemas.FlagSign) bool {
	at := e.At
	if e.InContact {
		at = min(at, j.Contact.StartedAt)
	}
	kind, age := schemas.Flag(x.Kind), at-x.At
	switch source := person.SignSource(x.Source); source {
	// Outside a call the laboratory and the clinician act on it. A patient who calls may be told it by
	// accident, or may be ill from what it shows.
	case person.SignRecord:
		return e.InContact && age <= e.flags.CriticalFor
	// What a caller pressed counts in the call, and in the next one where the line was cut.
	case person.SignMenu:
		return e.InContact && age <= e.flags.MenuBefore
	// Without a call a page of emergencies shows its number while it is read. About an urgent page nobody
	// is bothered.
	case person.SignPage:
		return e.wasRead(x, at) && age <= e.flags.pageCounts(kind) && (e.InContact || kind != schemas.FlagUrgent && e.Present())
	case person.SignSearch:
		return age <= e.flags.toldCounts(kind) && (e.InContact || kind != schemas.FlagUrgent && e.Present())
	default: // written to us: somebody has to read it, call or not
		return age <= e.flags.toldCounts(kind)
	}
}

// wasRead reports whether a page was looked at for long enough, and was not one stop of a reader on the
// way to something else. A page without a step after it is what made the caller call, however short the
// look: such pages have a button for it.
// Steps that came after the page do not clear a sign of self-harm: whoever means it may read on.
func (e *Evidence) wasRead(x *schemas.FlagSign, at schemas.Millis) bool {
	if x.LeftAt == 0 || e.InContact && x.LeftAt > at {
		return e.InContact
	}
	return schemas.Millis(x.ReadMs) >= e.flags.ReadFor && (x.StepsAfter < e.flags.MovedOn || schemas.Flag(x.Kind) == schemas.FlagSelfHarm)
}

// pageCounts is how long a page that was read counts for a kind of flag.
func (c *Config) pageCounts(kind schemas.Flag) schemas.Millis {
	switch kind {
	case schemas.FlagUrgent:
		return c.PageBefore
	case schemas.FlagSelfHarm:
		return c.HarmBefore
	}
	return c.PageBeforeGrave
}

// toldCounts is how long something that the patient wrote or searched for counts.
func (c *Config) toldCounts(kind schemas.Flag) schemas.Millis {
	if kind == schemas.FlagSelfHarm {
		return c.HarmBefore
	}
	return c.ToldBefore
}
