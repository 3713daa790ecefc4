package decide

import (
	"cmp"
	"encoding/binary"
	"strconv"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// consentFacts are the consents written with each decision, in the order of their names.
// Listed and not made at run time: twelve strings a decision would be allocated otherwise.
var consentFacts = [...]struct{ name, channel, purpose string }{
	{"consent.email.care", "email", "care"}, {"consent.email.outreach", "email", "outreach"}, {"consent.email.service", "email", "service"},
	{"consent.push.care", "push", "care"}, {"consent.push.outreach", "push", "outreach"}, {"consent.push.service", "push", "service"},
	{"consent.sms.care", "sms", "care"}, {"consent.sms.outreach", "sms", "outreach"}, {"consent.sms.service", "sms", "service"},
	{"consent.voice.care", "voice", "care"}, {"consent.voice.outreach", "voice", "outreach"}, {"consent.voice.service", "voice", "service"},
}

var (
	// Values are words and not numbers: they are read in receipts and queries.
	yesNo = [...]string{"no", "yes"}
	// In the order of the state's numbers, adultUnknown first.
	adultWords = [...]string{"unknown", "yes", "no"}
)

// appendInput appends the record of everything that the decision was made from, whose wire form it is
// given. It is DecisionInput's, field by field: the decision is not encoded twice, and nothing of it,
// the persona and the prediction is copied.
func (d *Step) appendInput(dst, decision []byte, j *person.Journey, f *facts) []byte {
	// The order is that of the schema's fields. A test decodes what is written here and encodes it again.
	dst = append(dst, decision...)
	dst = j.Persona.AppendAvro(dst)
	dst = d.Predict.AppendPrediction(dst, j)
	facts := d.policyFacts(j, f)
	// Avro writes an array as blocks, each with its count before it.
	dst = binary.AppendVarint(dst, int64(len(facts)))
	for i := range facts {
		dst = facts[i].AppendAvro(dst)
	}
	// The zero ends the array: its only block is written.
	return append(dst, 0)
}

// policyFacts lists what the rules looked at.
// The list is used again by the next decision.
func (d *Step) policyFacts(j *person.Journey, f *facts) []schemas.PolicyFact {
	s := &j.Person.Policy
	facts := d.policy[:0]
	add := func(name, value string) { facts = append(facts, schemas.PolicyFact{Name: name, Value: value}) }
	// Sorted by name, so that two inputs can be compared line by line.
	add("adult", adultWords[s.Adult])
	add("arm", s.Arm)
	for i := range consentFacts {
		c := &consentFacts[i]
		add(c.name, consentWord(s, c.channel, c.purpose))
	}
	add("deceased", yesNo[b2i(f.deceased)])
	add("do_not_contact", yesNo[b2i(f.doNotContact)])
	add("identity_conflict", yesNo[b2i(f.identityConflict)])
	add("in_contact", yesNo[b2i(f.InContact)])
	add("last_resort", yesNo[b2i(f.state&stateLastResort != 0)])
	add("outreach_7d", strconv.Itoa(d.Judge.Gate.recent())) // at most maxSent: strconv keeps small numbers
	add("outreach_gate", cmp.Or(d.Judge.Gate.closed, "open"))
	add("red_flag", leadingFlag(f).String())
	add("time_zone", cmp.Or(s.TimeZone, "unknown"))
	d.policy = facts
	return facts
}

// consentWord says what consentRule has found. Do-not-contact counts as denied.
func consentWord(s *schemas.PolicyState, channel, purpose string) string {
	switch consentRule(s, channel, purpose) {
	case "":
		return "granted"
	case "consent_unknown":
		return "unknown"
	}
	return "denied"
}

// b2i is the index in yesNo.
func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
