package decide

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// flagOrder is the order of precedence of red flags: first where minutes decide, last where a clinician
// is needed but nobody says that the patient feels worse.
var flagOrder = [...]schemas.Flag{
	schemas.FlagEmergency, schemas.FlagSelfHarm, schemas.FlagPoison, schemas.FlagUrgent, schemas.FlagCriticalResult,
}

// flagKept is how long after a contact a flag waits on the nurses' worklist for somebody to say what became of it.
// After that the list would hold nothing but old entries, and the new ones would be overlooked.
const flagKept = schemas.Day

// raiseFlags notes the red flags that the evidence shows, and finds those that are open. Rules alone
// raise a flag, and an outcome alone ends one that was raised in a contact: evidence that leaves its
// window, a correction or a model never do.
// It changes the state even where nothing is decided anew.
func (d *Step) raiseFlags(j *person.Journey, f *facts) {
	s := &j.Person.Policy
	// Standing is what the evidence shows now; s.Flags is what was raised and is not answered.
	for kind := range schemas.FlagKinds {
		if f.Standing&(1<<kind) != 0 {
			d.raise(s, kind, &f.Signs[kind], contactKey(j, f))
		}
	}
	// In place: the list belongs to the state, and is empty for nearly everybody.
	kept := s.Flags[:0]
	for i := range s.Flags {
		o := s.Flags[i]
		if !d.keepsFlag(&o, j, f) {
			continue
		}
		if o.AnsweredAt == 0 {
			d.carryInto(&o, contactKey(j, f))
			f.flags |= 1 << o.Kind
			// Only an accepted flag is settled: a rejected one leaves the call as it was.
		} else if o.Accepted && f.InContact && o.ContactRef == person.KeyOf(j.Contact) {
			f.settled = true
		}
		kept = append(kept, o)
	}
	// Cleared, so that the dropped ones hold no strings.
	clear(s.Flags[len(kept):])
	s.Flags = kept
}

// raise opens a flag of a kind, unless it is open or the very sign has been answered.
// The sign's strings alias the fold, so that they are cloned.
func (d *Step) raise(s *schemas.PolicyState, kind schemas.Flag, x *schemas.FlagSign, contact string) {
	o := flagOf(s, kind)
	switch {
	case o == nil:
		s.Flags = append(s.Flags, schemas.OpenFlag{})
		o = &s.Flags[len(s.Flags)-1]
	case o.AnsweredAt == 0:
		d.carryInto(o, contact)
		return
	// What was answered stays answered: neither the same page again nor one that was read before the
	// answer raises it anew.
	case o.EventID == x.EventID || x.At <= o.AnsweredAt:
		return
	}
	*o = schemas.OpenFlag{Kind: int32(kind), Source: x.Source, EventID: strings.Clone(x.EventID), At: x.At, RaisedAt: d.now, ContactRef: strings.Clone(contact)}
}

// carryInto takes an open flag into the contact under way: from there on it is that one's.
func (d *Step) carryInto(o *schemas.OpenFlag, contact string) {
	// The worklist counts from here: the time since the page was read says nothing of how long an agent has known.
	if contact != "" && o.ContactRef != contact {
		o.ContactRef, o.RaisedAt = strings.Clone(contact), d.now
	}
}

// flagOf is the flag of a kind, open or answered, or nil. There is one of each kind at most.
func flagOf(s *schemas.PolicyState, kind schemas.Flag) *schemas.OpenFlag {
	for i := range s.Flags {
		if s.Flags[i].Kind == int32(kind) {
			return &s.Flags[i]
		}
	}
	return nil
}

// keepsFlag reports whether a flag is still of interest. One that no contact has seen goes with its
// evidence: a banner on a page that was left is of no use.
func (d *Step) keepsFlag(o *schemas.OpenFlag, j *person.Journey, f *facts) bool {
	switch {
	// Answered flags are kept for as long as their touchpoints may be: without them the next fold would
	// raise them again.
	case o.AnsweredAt != 0:
		return d.now-o.AnsweredAt < outreachKept
	// Nobody was told but whoever sits before the page, and the page is still the best place to say it.
	case o.ContactRef == "":
		return f.Standing&(1<<o.Kind) != 0
	}
	return d.now-o.RaisedAt < flagKept || f.InContact && f.Standing&(1<<o.Kind) != 0 || isUnderWay(j, o.ContactRef)
}

// answerFlags closes the flags that a decision carried, where the outcome says what became of it. That
// a decision was shown, ignored or has expired says nothing of the kind.
func answerFlags(s *schemas.PolicyState, o *schemas.ActionOutcome) {
	// Only these three are somebody's answer.
	switch o.Outcome {
	case schemas.OutcomeAccepted, schemas.OutcomeRejected, schemas.OutcomeOverridden:
	default:
		return
	}
	for i := range s.Flags {
		x := &s.Flags[i]
		if x.AnsweredAt == 0 && slices.Contains(x.CarriedBy, o.DecisionID) {
			// 0 means that a flag is open, so that an outcome without a time must not write it.
			x.AnsweredAt, x.Accepted = max(o.OccurredAt, 1), o.Outcome == schemas.OutcomeAccepted
		}
	}
}

// maxCarriers bounds the decisions that are remembered to have carried a flag: an agent may answer one
// that was superseded a moment ago.
const maxCarriers = 8

// carryFlags notes which decision carries the open flags, so that its outcome answers them.
func carryFlags(s *schemas.PolicyState, decision string) {
	for i := range s.Flags {
		x := &s.Flags[i]
		if x.AnsweredAt != 0 {
			continue
		}
		// The oldest goes: nobody has that one on the screen any more.
		if len(x.CarriedBy) == maxCarriers {
			x.CarriedBy = slices.Delete(x.CarriedBy, 0, 1)
		}
		x.CarriedBy = append(x.CarriedBy, decision)
	}
}

// mergeFlags takes the flags of a person who has become this one. Of two of a kind the open one stays.
// A merge must not lose a danger that one of the two records shows.
func mergeFlags(dst, src *schemas.PolicyState) {
	for _, x := range src.Flags {
		o := flagOf(dst, schemas.Flag(x.Kind))
		switch {
		case o == nil:
			dst.Flags = append(dst.Flags, x)
		// Of two answered ones the newer answer counts.
		case o.AnsweredAt != 0 && (x.AnsweredAt == 0 || x.AnsweredAt > o.AnsweredAt):
			*o = x
		}
	}
}

// appendFlags lists the open red flags, the gravest first, each with the touchpoint that showed it.
func appendFlags(dst []schemas.RedFlag, s *schemas.PolicyState, f *facts) []schemas.RedFlag {
	for _, kind := range flagOrder {
		if o := flagOf(s, kind); o != nil && f.flags&(1<<kind) != 0 {
			dst = append(dst, schemas.RedFlag{Kind: kind.String(), Source: person.SignSource(o.Source).String(), EventID: o.EventID, At: o.At})
		}
	}
	return dst
}
