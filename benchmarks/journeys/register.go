package journeys

import "github.com/attune-health/attune/schemas"

// register makes a patient known before the first touchpoint arrives: links of what
// is on record, consents, and recorded social needs.
func (g *Generator) register(patient uint32) {
	s, t, at := &g.patients[patient], traitsOf(g.seed, patient), g.now
	s.registered = true
	first := &pending{patient: patient}
	known := at - int64(1+g.dice.below(90))*day
	g.link(first, schemas.LinkOpLink, schemas.IdentifierKindMember, at, known)
	if s.phoneKnown = !t.phoneOpen; s.phoneKnown {
		g.link(first, schemas.LinkOpLink, schemas.IdentifierKindPhone, at, known)
	}
	g.consents(first, t.consent, at, known)
	if t.segment&segmentSocial != 0 {
		fact := pending{patient: patient, channel: schemas.ChannelEhr, event: uint8(schemas.EhrEventNeedRecorded), who: whoMRN,
			place: uint8(t.social), occurred: at - g.dice.of(&ehrDelay), reason: 12}
		g.arrive(&fact, at)
	}
}

// link queues an identity link. It occurred before it arrives.
func (g *Generator) link(of *pending, op schemas.LinkOp, kind schemas.IdentifierKind, at, occurred int64) {
	g.numbers++
	g.queue.push(&pending{kind: itemLink, at: at, occurred: occurred, id: g.numbers, patient: of.patient,
		event: uint8(op), place: uint8(kind), cookie: of.cookie, phone: g.patients[of.patient].phone})
}

// A scope is a channel and a purpose that consent is given for.
type scope struct {
	channel, purpose string
	status           schemas.ConsentStatus
}

// consentScopes are the scopes that each answer gives.
var consentScopes = [...][]scope{
	consentUnknown:  nil,
	consentGranted:  {{"all", "all", schemas.ConsentStatusGranted}},
	consentCareOnly: {{"all", "care", schemas.ConsentStatusGranted}, {"all", "outreach", schemas.ConsentStatusDenied}},
	consentDenied:   {{"all", "all", schemas.ConsentStatusDenied}},
	consentNever:    {{"all", "all", schemas.ConsentStatusDoNotContact}},
}

func (g *Generator) consents(of *pending, answer uint8, at, occurred int64) {
	for i := range consentScopes[answer] {
		g.numbers++
		g.queue.push(&pending{kind: itemConsent, at: at, occurred: occurred, id: g.numbers, patient: of.patient,
			event: answer, place: uint8(i)})
	}
}
