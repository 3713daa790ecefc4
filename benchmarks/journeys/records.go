package journeys

import "github.com/attune-health/attune/schemas"

// queues are the lines of the contact center, for callers who speak Spanish and
// for all others. They depend on the region, not on the need.
var queues = [...][4]string{
	{"east", "central", "west", "overflow"},
	{"east-es", "central-es", "west-es", "overflow-es"},
}

// urgentLine is where the voice menu sends who says that it is urgent.
const urgentLine = "triage/urgent"

// spanish is the index of Spanish in languages.
const spanish = 1

func lineOf(t *traits, line uint8) string {
	language := 0
	if t.language == spanish {
		language = 1
	}
	return queues[language][line&3]
}

// link writes p as an identity link.
func (w *writer) link(p *pending) Event {
	w.text = w.text[:0]
	w.identity = schemas.IdentityLink{
		EventID: w.eventID(p.id), OccurredAt: schemas.Millis(p.occurred), Op: schemas.LinkOp(p.event),
		Identifier: w.identifier(schemas.IdentifierKind(p.place), p),
		Subject:    w.identifier(schemas.IdentifierKindMrn, p), Source: "master-index",
	}
	return Event{At: schemas.Millis(p.at), Topic: schemas.TopicIdentityLinks, Key: view(w.identity.Identifier.Value.Reveal()), Kind: KindLink, Link: &w.identity,
		Truth: Truth{Patient: p.patient}}
}

// consent writes p as a consent.
func (w *writer) consent(p *pending) Event {
	w.text = w.text[:0]
	t := traitsOf(w.g.seed, p.patient)
	said := &consentScopes[p.event][p.place]
	c := &w.said
	*c = schemas.Consent{EventID: w.eventID(p.id), OccurredAt: schemas.Millis(p.occurred), Channel: said.channel, Purpose: said.purpose,
		Status: said.status, Adult: schemas.Some(t.adult),
		Identifiers: append(c.Identifiers[:0], w.identifier(schemas.IdentifierKindMrn, p))}
	if t.zoneKnown {
		c.TimeZone = schemas.Some(zones[t.zone].name)
	}
	if t.preferred != 0 {
		c.PreferredChannel = schemas.Some(preferences[t.preferred])
	}
	return Event{At: schemas.Millis(p.at), Topic: schemas.TopicConsents, Key: view(c.Identifiers[0].Value.Reveal()), Kind: KindConsent, Consent: c,
		Truth: Truth{Patient: p.patient}}
}
