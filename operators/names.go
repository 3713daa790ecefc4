package operators

import (
	"strings"

	"github.com/attune-health/attune/schemas"
)

// names keeps one copy of each of the site's words (pages, reasons, languages) of which there are
// few, so that remembering one costs no memory, and comparing two of the same touches none. Strings of
// a record are gone after the call.
type names map[string]string

const maxNames = 1 << 14

func (n names) keep(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	if len(n) < maxNames {
		n[s] = s
	}
	return s
}

// known is s if it is one of the words, or else a copy: for what may as well be the id of something.
func (n names) known(s string) string {
	if kept, ok := n[s]; ok {
		return kept
	}
	return strings.Clone(s)
}

// keepWords makes the strings of a state that has been decoded, which alias what they were decoded
// from, those that the state had before it was encoded.
func (n names) keepWords(v *schemas.ShardState) {
	v.MovedTo = schemas.PersonRef(strings.Clone(v.MovedTo.Reveal()))
	v.Language = n.keep(v.Language)
	for i := range v.Recent {
		x := &v.Recent[i]
		x.Page, x.Reason = n.page(x.Page), n.keep(x.Reason)
	}
	for i := range v.Failed {
		x := &v.Failed[i]
		x.Page, x.Reason = n.page(x.Page), n.keep(x.Reason)
	}
	for i := range v.Loops {
		x := &v.Loops[i]
		x.Kind, x.Reason, x.Ref = n.keep(x.Kind), n.keep(x.Reason), schemas.Protected(n.known(x.Ref.Reveal()))
	}
	for i := range v.Closings {
		x := &v.Closings[i]
		x.Kind, x.Reason, x.Ref = n.keep(x.Kind), n.keep(x.Reason), schemas.Protected(n.known(x.Ref.Reveal()))
	}
	for i := range v.Needs {
		x := &v.Needs[i]
		x.Code, x.Provenance = n.page(x.Code), n.keep(x.Provenance)
	}
	for i := range v.Reasons {
		v.Reasons[i].Reason = n.keep(v.Reasons[i].Reason)
	}
	for i := range v.Contacts {
		x := &v.Contacts[i]
		x.ContactID, x.Queue = strings.Clone(x.ContactID), n.keep(x.Queue)
	}
	s := &v.Signals
	for i := range s.ReasonWeights {
		s.ReasonWeights[i].Reason = n.keep(s.ReasonWeights[i].Reason)
	}
	for i := range s.Viewed {
		s.Viewed[i].Reason = n.keep(s.Viewed[i].Reason)
	}
	for i := range s.Facts {
		s.Facts[i].Reason = n.keep(s.Facts[i].Reason)
	}
}

func (n names) page(s schemas.Protected) schemas.Protected {
	return schemas.Protected(n.keep(s.Reveal()))
}

// keepPersonWords is keepWords for what is kept of a person.
func (n names) keepPersonWords(v *schemas.PersonState) {
	for i := range v.Shards {
		v.Shards[i] = strings.Clone(v.Shards[i])
	}
	v.MovedTo = schemas.PersonRef(strings.Clone(v.MovedTo.Reveal()))
	p := &v.Policy
	for i := range p.Consents {
		x := &p.Consents[i]
		x.Channel, x.Purpose = n.keep(x.Channel), n.keep(x.Purpose)
	}
	p.TimeZone, p.PreferredChannel, p.Arm = n.keep(p.TimeZone), n.keep(p.PreferredChannel), n.keep(p.Arm)
	for i := range p.Sent {
		x := &p.Sent[i]
		x.Action, x.Channel, x.Purpose = n.keep(x.Action), n.keep(x.Channel), n.keep(x.Purpose)
	}
	o := &p.Open.V
	o.DecisionID, o.ContactRef = strings.Clone(o.DecisionID), strings.Clone(o.ContactRef)
	o.Action, o.Treatment, o.Channel = n.keep(o.Action), n.keep(o.Treatment), n.keep(o.Channel)
	p.Published.V.Top = n.keep(p.Published.V.Top)
	for i := range p.Starts {
		x := &p.Starts[i]
		x.ContactRef, x.PredictionID = strings.Clone(x.ContactRef), strings.Clone(x.PredictionID)
		x.Top, x.Commonest, x.ModelVersion = n.keep(x.Top), n.keep(x.Commonest), n.keep(x.ModelVersion)
	}
}
