package world

import (
	"strconv"
	"unsafe"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// writer turns pending numbers into records. It owns one record of each type and one buffer of text, all
// reused for the next event.
type writer struct {
	g *Generator
	// Tells runs apart in identifiers of events and calls.
	run      string
	text     []byte
	tp       schemas.Touchpoint
	identity schemas.IdentityLink
	said     schemas.Consent
	moment   *Moment
}

func (w *writer) init(g *Generator, run string) {
	w.g, w.run = g, run
	w.text = make([]byte, 0, 1024)
	w.tp.Identifiers = make([]schemas.Identifier, 0, 4)
	w.said.Identifiers = make([]schemas.Identifier, 0, 1)
}

// since is the text written since a mark. It aliases the buffer, which is large enough for one event and is
// not touched before the next.
func (w *writer) since(mark int) string {
	return unsafe.String(unsafe.SliceData(w.text[mark:]), len(w.text)-mark)
}

// number writes v in base 36 after a prefix.
func (w *writer) number(prefix string, v uint64) string {
	m := len(w.text)
	w.text = append(w.text, prefix...)
	w.text = strconv.AppendUint(w.text, v, 36)
	return w.since(m)
}

// padded writes v in decimal, at least width digits.
func (w *writer) padded(prefix string, v uint64, width int) string {
	m := len(w.text)
	w.text = append(w.text, prefix...)
	digits := 1
	for x := v; x >= 10; x /= 10 {
		digits++
	}
	for ; digits < width; digits++ {
		w.text = append(w.text, '0')
	}
	w.text = strconv.AppendUint(w.text, v, 10)
	return w.since(m)
}

// id is unique to the run, the patient and the number, and tells neither of the last two: mix is one-to-one.
func (w *writer) id(prefix string, patient, number uint32) string {
	m := len(w.text)
	w.text = append(w.text, prefix...)
	w.text = append(w.text, w.run...)
	w.text = append(w.text, '-')
	w.text = strconv.AppendUint(w.text, mix(w.g.seed^(uint64(patient)<<32|uint64(number))), 36)
	return w.since(m)
}

// identifier writes one identifier of a patient. Phone numbers have area codes that are never assigned.
func (w *writer) identifier(kind schemas.IdentifierKind, p *pending) schemas.Identifier {
	patient := uint64(p.patient)
	var value string
	switch kind {
	case schemas.IdentifierKindMrn:
		value = w.padded("MRN-", patient, 8)
	case schemas.IdentifierKindMember:
		value = w.padded("M", (patient*7919+13)%90_000_000, 8)
	case schemas.IdentifierKindPhone:
		area := uint64(100)
		if p.shared {
			area, patient = 101, patient/2
		}
		value = w.padded("+1", area*10_000_000+patient, 10)
	case schemas.IdentifierKindDevice:
		value = w.number("device-", mix(w.g.seed^mix(patient<<32|uint64(p.cookie)))|1)
	case schemas.IdentifierKindCookie:
		value = w.number("visitor-", mix(w.g.seed^mix(patient<<32|uint64(p.cookie)))&^1)
	case schemas.IdentifierKindContact:
		value = w.id("call-", p.patient, p.contact)
	}
	return schemas.Identifier{Kind: kind, Value: schemas.Protected(value)}
}

// kinds are the identifiers that a source may know, weakest first, as sources list them.
var kinds = [...]struct {
	bit  uint8
	kind schemas.IdentifierKind
}{
	{whoContact, schemas.IdentifierKindContact}, {whoCookie, schemas.IdentifierKindCookie}, {whoDevice, schemas.IdentifierKindDevice},
	{whoPhone, schemas.IdentifierKindPhone}, {whoMember, schemas.IdentifierKindMember}, {whoMRN, schemas.IdentifierKindMrn},
}

// touchpoint writes p as a touchpoint.
func (w *writer) touchpoint(p *pending) journeys.Event {
	w.text = w.text[:0]
	t := &w.tp
	t.EventID = w.id("world/", p.patient, p.id)
	t.OccurredAt, t.ReceivedAt, t.Channel = schemas.Millis(p.occurred), schemas.Millis(p.received), p.channel
	t.Identifiers = t.Identifiers[:0]
	for _, known := range kinds {
		if p.who&known.bit != 0 {
			t.Identifiers = append(t.Identifiers, w.identifier(known.kind, p))
		}
	}
	t.ContactID, t.SessionID, t.Language = schemas.Opt[string]{}, schemas.Opt[schemas.Protected]{}, schemas.Opt[string]{}
	language := ""
	if p.channel != schemas.ChannelEhr && p.patient < nobodyFrom {
		if traits := traitsOf(w.g.seed, p.patient); traits.states {
			language = languages[traits.language].tag
			t.Language = schemas.Some(language)
		}
	}
	e := journeys.Event{At: schemas.Millis(p.at), Topic: schemas.TouchpointTopic(p.channel), Kind: journeys.KindTouchpoint, Touchpoint: t,
		Truth: journeys.Truth{Patient: p.patient, Copy: int(p.copy), Sign: p.sign, Near: p.near}}
	if p.contact != 0 {
		e.Truth.Contact = uint64(p.patient)<<32 | uint64(p.contact)
	}
	if p.urgent {
		e.Truth.Urgent, e.Truth.Silent = p.flag, p.silent
	}
	t.Body = schemas.TouchpointBody{}
	switch p.channel {
	case schemas.ChannelWeb:
		w.web(t, p)
	case schemas.ChannelApp:
		w.app(t, p)
	case schemas.ChannelCall:
		w.call(t, p, &e.Truth)
	default:
		w.ehr(t, p)
	}
	e.Key = w.key(t, p)
	w.moment = nil
	if p.moment > 0 {
		w.moment = w.g.watch.take(p.moment, t, p)
	}
	return e
}

// key is what sources key by: session, call or patient. One record in ten has none.
func (w *writer) key(t *schemas.Touchpoint, p *pending) []byte {
	switch {
	case (p.id+p.patient)%10 == 0:
		return nil
	case t.SessionID.OK:
		return view(t.SessionID.V.Reveal())
	case t.ContactID.OK:
		return view(t.ContactID.V)
	case len(t.Identifiers) > 0:
		return view(t.Identifiers[0].Value.Reveal())
	}
	return nil
}

// view is the bytes of a string in the buffer.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// codes are the reasons of the taxonomy.
var codes = journeys.Reasons()

func code(reason int8) string {
	if reason == noReason {
		return ""
	}
	return codes[reason]
}

func (w *writer) web(t *schemas.Touchpoint, p *pending) {
	t.SessionID = schemas.Some(schemas.Protected(w.id("s", p.patient, p.session)))
	t.Body.Kind = schemas.TouchpointBodyWeb
	t.Body.Web = schemas.Web{Event: schemas.WebEvent(p.event), Page: schemas.Protected(journeys.PlaceName(p.place)),
		Reason: journeys.PlaceReason(p.place), Results: int32(p.results), DwellMs: p.dwell}
}

func (w *writer) app(t *schemas.Touchpoint, p *pending) {
	t.SessionID = schemas.Some(schemas.Protected(w.id("s", p.patient, p.session)))
	t.Body.Kind = schemas.TouchpointBodyApp
	t.Body.App = schemas.App{Event: schemas.AppEvent(p.event), Screen: schemas.Protected(journeys.PlaceName(p.place)),
		Reason: journeys.PlaceReason(p.place), Results: int32(p.results), DwellMs: p.dwell}
	switch t.Body.App.Event {
	case schemas.AppEventMessageSent, schemas.AppEventMessageRead:
		t.Body.App.MessageID = schemas.Some(w.id("m", p.patient, p.session))
	}
}

// lines are those of the contact center, for callers who speak Spanish and for all others.
var lines = [...][4]string{
	{"east", "central", "west", "overflow"},
	{"east-es", "central-es", "west-es", "overflow-es"},
}

// urgentLine is where the voice menu sends who says that it is urgent.
const urgentLine = "triage/urgent"

func (w *writer) call(t *schemas.Touchpoint, p *pending, truth *journeys.Truth) {
	t.ContactID = schemas.Some(w.id("call-", p.patient, p.contact))
	t.Body.Kind = schemas.TouchpointBodyCall
	c, event := &t.Body.Call, schemas.CallEvent(p.event)
	c.Event, c.Priority = event, int32(p.priority)
	language := 0
	if p.patient < nobodyFrom && traitsOf(w.g.seed, p.patient).language == spanish {
		language = 1
	}
	c.Queue = lines[language][p.place&3]
	if p.menuUrgent && (event == schemas.CallEventSelfService || event == schemas.CallEventQueued) {
		c.Queue = urgentLine
	}
	// The number of a parent is linked as one; a caregiver calls from anywhere, and the agent notes it.
	if p.proxy == caregiver {
		c.Relation, c.MayKnow = proxies[caregiver].relation, proxies[caregiver].mayKnow
	}
	ends := event == schemas.CallEventDisposition
	if ends || event == schemas.CallEventSelfService {
		c.SelfServiceMs = int64(p.menu)
	}
	if ends || event == schemas.CallEventAnswered || event == schemas.CallEventAbandoned {
		c.WaitMs = int64(p.wait)
	}
	if ends || event == schemas.CallEventEnded {
		c.TalkMs = int64(p.talk)
	}
	if p.outcome&callAnswered != 0 && event >= schemas.CallEventAnswered {
		c.Agent = schemas.Some(schemas.Protected(w.padded("agent-", uint64(p.agent), 3)))
	}
	if !ends {
		return
	}
	c.Reason = code(p.reason)
	c.Queued, c.Answered, c.Abandoned = p.outcome&callQueued != 0, p.outcome&callAnswered != 0, p.outcome&callAbandoned != 0
	truth.Disposition = true
	if p.best.p > 0 {
		truth.Best, truth.P = code(p.best.reason), float64(p.best.p)
	}
}

func (w *writer) ehr(t *schemas.Touchpoint, p *pending) {
	t.Body.Kind = schemas.TouchpointBodyEhr
	f := &t.Body.Ehr
	f.Event, f.Reason, f.DueAt, f.Status = schemas.EhrEvent(p.event), code(p.reason), schemas.Millis(p.due), facts[p.place].status
	if f.Event == schemas.EhrEventNeedRecorded {
		need := &socialNeeds[p.results]
		f.Code, f.Provenance = schemas.Protected(need.code), need.provenance
	}
}

// link writes p as an identity link.
func (w *writer) link(p *pending) journeys.Event {
	w.text, w.moment = w.text[:0], nil
	w.identity = schemas.IdentityLink{
		EventID: w.id("world/", p.patient, p.id), OccurredAt: schemas.Millis(p.occurred), Op: schemas.LinkOp(p.event),
		Identifier: w.identifier(schemas.IdentifierKind(p.place), p),
		Subject:    w.identifier(schemas.IdentifierKindMrn, p), Source: "master-index",
	}
	// A child has no telephone of its own: the number is the parent's.
	if l := &w.identity; l.Op == schemas.LinkOpLink && l.Identifier.Kind == schemas.IdentifierKindPhone && p.patient < nobodyFrom && traitsOf(w.g.seed, p.patient).proxy == parent {
		l.Relation, l.MayKnow = proxies[parent].relation, proxies[parent].mayKnow
	}
	return journeys.Event{At: schemas.Millis(p.at), Topic: schemas.TopicIdentityLinks, Key: view(w.identity.Identifier.Value.Reveal()), Kind: journeys.KindLink,
		Link: &w.identity, Truth: journeys.Truth{Patient: p.patient}}
}

// A scope is a channel and a purpose that consent is given for.
type scope struct {
	channel, purpose string
	status           schemas.ConsentStatus
}

// consentScopes are the scopes that each answer gives: unknown, granted, care only, denied, do not contact.
var consentScopes = [...][]scope{
	nil,
	{{"all", "all", schemas.ConsentStatusGranted}},
	{{"all", "care", schemas.ConsentStatusGranted}, {"all", "outreach", schemas.ConsentStatusDenied}},
	{{"all", "all", schemas.ConsentStatusDenied}},
	{{"all", "all", schemas.ConsentStatusDoNotContact}},
}

// consentPerMille is how often each answer is given.
var consentPerMille = [...]int{80, 620, 150, 140, 10}

// consent writes p as a consent.
func (w *writer) consent(p *pending) journeys.Event {
	w.text, w.moment = w.text[:0], nil
	t := traitsOf(w.g.seed, p.patient)
	said := &consentScopes[p.event][p.place]
	c := &w.said
	*c = schemas.Consent{EventID: w.id("world/", p.patient, p.id), OccurredAt: schemas.Millis(p.occurred), Channel: said.channel, Purpose: said.purpose,
		Status: said.status, Adult: schemas.Some(t.adult()),
		Identifiers: append(c.Identifiers[:0], w.identifier(schemas.IdentifierKindMrn, p))}
	if t.zoneKnown {
		c.TimeZone = schemas.Some(zones[t.zone].name)
	}
	if t.preferred != 0 {
		c.PreferredChannel = schemas.Some(preferences[t.preferred])
	}
	return journeys.Event{At: schemas.Millis(p.at), Topic: schemas.TopicConsents, Key: view(c.Identifiers[0].Value.Reveal()), Kind: journeys.KindConsent, Consent: c,
		Truth: journeys.Truth{Patient: p.patient}}
}
