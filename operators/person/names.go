package person

import (
	"strings"

	"github.com/attune-health/attune/schemas"
)

// Names keeps one copy of each of the site's words (pages, reasons, languages) of which there are few, so
// that remembering one costs no memory, and comparing two of the same touches none. Strings of a record are
// gone after the call: what is kept of it goes through here, or is cloned. One task has one, since a map
// must not be shared by goroutines.
type Names map[string]string

// maxNames bounds the words: a page that has an id in its address would make a word of each visit, and they
// are never forgotten.
const maxNames = 1 << 14

// Keep returns the one copy of a word, or a copy of its own where there are too many words already. It
// allocates where the word is new.
func (n Names) Keep(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	if len(n) < maxNames {
		n[s] = s
	}
	return s
}

// known is s if it is one of the words, or else a copy, which does not become a word: s may as well be the
// id of something, and ids would use up the bound.
func (n Names) known(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	return strings.Clone(s)
}

// KeepWords makes the strings of a state that has been decoded, which alias what they were decoded from,
// those that the state had before it was encoded. Each string of the schema must be here: one that is
// missed changes when its buffer is used again. A test fills all of them and looks for the buffer.
func (n Names) KeepWords(v *schemas.ShardState) {
	// Pseudonyms are as many as persons, and are no words.
	v.MovedTo = schemas.PersonRef(strings.Clone(v.MovedTo.Reveal()))
	v.Language, v.ActsAs = n.Keep(v.Language), n.Keep(v.ActsAs)
	for i := range v.Recent {
		x := &v.Recent[i]
		x.Page, x.Reason = n.page(x.Page), n.Keep(x.Reason)
	}
	for i := range v.Failed {
		x := &v.Failed[i]
		x.Page, x.Reason = n.page(x.Page), n.Keep(x.Reason)
	}
	for i := range v.Loops {
		x := &v.Loops[i]
		// What a loop is about is a page, which is a word, or the id of a message, which is none.
		x.Kind, x.Reason, x.Ref = n.Keep(x.Kind), n.Keep(x.Reason), schemas.Protected(n.known(x.Ref.Reveal()))
	}
	for i := range v.Closings {
		x := &v.Closings[i]
		x.Kind, x.Reason, x.Ref = n.Keep(x.Kind), n.Keep(x.Reason), schemas.Protected(n.known(x.Ref.Reveal()))
	}
	for i := range v.Needs {
		x := &v.Needs[i]
		x.Code, x.Provenance = n.page(x.Code), n.Keep(x.Provenance)
	}
	for i := range v.Reasons {
		v.Reasons[i].Reason = n.Keep(v.Reasons[i].Reason)
	}
	for i := range v.Contacts {
		x := &v.Contacts[i]
		x.ContactID, x.ContactKey = strings.Clone(x.ContactID), strings.Clone(x.ContactKey)
		x.Queue, x.Menu = n.Keep(x.Queue), n.Keep(x.Menu)
		// Words of the contact center's own system, of which there are a few.
		x.Relation, x.MayKnow, x.Authenticated, x.ActsAs = n.Keep(x.Relation), n.Keep(x.MayKnow), n.Keep(x.Authenticated), n.Keep(x.ActsAs)
	}
	for i := range v.FailedSteps {
		x := &v.FailedSteps[i]
		x.EventID, x.Page, x.Reason = strings.Clone(x.EventID), n.page(x.Page), n.Keep(x.Reason)
	}
	for i := range v.DigitalSteps {
		v.DigitalSteps[i].Reason = n.Keep(v.DigitalSteps[i].Reason)
	}
	for i := range v.ContactParts {
		n.keepPartWords(&v.ContactParts[i])
	}
	s := &v.Signals
	for i := range s.ReasonWeights {
		s.ReasonWeights[i].Reason = n.Keep(s.ReasonWeights[i].Reason)
	}
	for i := range s.Viewed {
		s.Viewed[i].Reason = n.Keep(s.Viewed[i].Reason)
	}
	for i := range s.Facts {
		s.Facts[i].Reason = n.Keep(s.Facts[i].Reason)
	}
	for i := range s.RedFlags {
		s.RedFlags[i].EventID = strings.Clone(s.RedFlags[i].EventID)
		s.RedFlags[i].About = schemas.Protected(strings.Clone(s.RedFlags[i].About.Reveal()))
	}
	for i := range s.History {
		h := &s.History[i]
		for k := range h.Past {
			h.Past[k].Reason = n.Keep(h.Past[k].Reason)
		}
		for k := range h.Counts {
			h.Counts[k].Reason = n.Keep(h.Counts[k].Reason)
		}
		for k := range h.Follows {
			h.Follows[k].Reason, h.Follows[k].Next = n.Keep(h.Follows[k].Reason), n.Keep(h.Follows[k].Next)
		}
	}
}

// keepPartWords is KeepWords for a part of a contact: ids are copied, the rest are words.
func (n Names) keepPartWords(x *schemas.ContactPart) {
	x.ContactID, x.ContactKey, x.ConcludedBy = strings.Clone(x.ContactID), strings.Clone(x.ContactKey), strings.Clone(x.ConcludedBy)
	x.Reason, x.Queue, x.Language, x.Relation = n.Keep(x.Reason), n.Keep(x.Queue), n.Keep(x.Language), n.Keep(x.Relation)
	c := &x.Counted.V
	c.By, c.Reason = strings.Clone(c.By), n.Keep(c.Reason)
}

// page keeps a page as a word. It may say what somebody looked for, so that it stays protected.
func (n Names) page(s schemas.Protected) schemas.Protected {
	return schemas.Protected(n.Keep(s.Reveal()))
}

// KeepPersonWords is KeepWords for what is kept of a person. Lists of numbers need nothing: decoding has
// made them anew.
func (n Names) KeepPersonWords(v *schemas.PersonState) {
	for i := range v.Shards {
		v.Shards[i] = strings.Clone(v.Shards[i])
	}
	v.MovedTo = schemas.PersonRef(strings.Clone(v.MovedTo.Reveal()))
	p := &v.Policy
	for i := range p.Consents {
		x := &p.Consents[i]
		x.Channel, x.Purpose = n.Keep(x.Channel), n.Keep(x.Purpose)
	}
	// There are only a few zones, channels and arms.
	p.TimeZone, p.PreferredChannel, p.Arm = n.Keep(p.TimeZone), n.Keep(p.PreferredChannel), n.Keep(p.Arm)
	for i := range p.Sent {
		x := &p.Sent[i]
		x.Action, x.Channel, x.Purpose = n.Keep(x.Action), n.Keep(x.Channel), n.Keep(x.Purpose)
	}
	// Ids of decisions, predictions and contacts are there once.
	o := &p.Open.V
	o.DecisionID, o.ContactRef, o.ContactKey = strings.Clone(o.DecisionID), strings.Clone(o.ContactRef), strings.Clone(o.ContactKey)
	o.Action, o.Treatment, o.Channel = n.Keep(o.Action), n.Keep(o.Treatment), n.Keep(o.Channel)
	o.Top, o.Withheld = n.Keep(o.Top), n.Keep(o.Withheld)
	// Flags name what raised them, which is there once.
	for i := range p.Flags {
		x := &p.Flags[i]
		x.EventID, x.ContactRef = strings.Clone(x.EventID), strings.Clone(x.ContactRef)
		for k := range x.CarriedBy {
			x.CarriedBy[k] = strings.Clone(x.CarriedBy[k])
		}
	}
	p.Published.V.Top = n.Keep(p.Published.V.Top)
	for i := range p.Starts {
		x := &p.Starts[i]
		// References are there once, names of reasons and models many times.
		x.ContactRef, x.PredictionID = strings.Clone(x.ContactRef), strings.Clone(x.PredictionID)
		x.Top, x.Commonest, x.ModelVersion = n.Keep(x.Top), n.Keep(x.Commonest), n.Keep(x.ModelVersion)
	}
	for i := range p.Moments {
		x := &p.Moments[i]
		x.EventID, x.ModelVersion = strings.Clone(x.EventID), n.Keep(x.ModelVersion)
	}
}
