package journeys

import (
	"strconv"
	"unsafe"

	"github.com/attune-health/attune/schemas"
)

// writer turns pending numbers into records. It owns one record of each type
// and one buffer of text, all used again for the next event.
type writer struct {
	g        *Generator
	run      string // tells runs apart in identifiers of events and calls
	text     []byte
	bytes    []byte
	tp       schemas.Touchpoint
	identity schemas.IdentityLink
	said     schemas.Consent
}

func (w *writer) init(g *Generator, run string) {
	w.g, w.run = g, run
	w.text = make([]byte, 0, 1024)
	w.tp.Identifiers = make([]schemas.Identifier, 0, 4)
	w.said.Identifiers = make([]schemas.Identifier, 0, 1)
}

// since is the text written from a mark on. It aliases the buffer, which is
// large enough for one event and is not touched before the next.
func (w *writer) since(mark int) string {
	return unsafe.String(unsafe.SliceData(w.text[mark:]), len(w.text)-mark)
}

func (w *writer) mark() int { return len(w.text) }

// number writes v in base 36 after a prefix.
func (w *writer) number(prefix string, v uint64) string {
	m := w.mark()
	w.text = append(w.text, prefix...)
	w.text = strconv.AppendUint(w.text, v, 36)
	return w.since(m)
}

// padded writes v in decimal, at least width digits.
func (w *writer) padded(prefix string, v uint64, width int) string {
	m := w.mark()
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

// eventID is unique to the run and the record.
func (w *writer) eventID(id uint64) string {
	m := w.mark()
	w.text = append(w.text, "journeys/"...)
	w.text = append(w.text, w.run...)
	w.text = append(w.text, '-')
	w.text = strconv.AppendUint(w.text, id, 36)
	return w.since(m)
}

func (w *writer) contactID(contact uint64) string {
	m := w.mark()
	w.text = append(w.text, "call-"...)
	w.text = append(w.text, w.run...)
	w.text = append(w.text, '-')
	w.text = strconv.AppendUint(w.text, contact, 36)
	return w.since(m)
}

// identifier writes one identifier of a patient. Phone numbers have area codes
// that are never assigned.
func (w *writer) identifier(kind schemas.IdentifierKind, p *pending) schemas.Identifier {
	patient := uint64(p.patient)
	var value string
	switch kind {
	case schemas.IdentifierKindMrn:
		value = w.padded("MRN-", patient, 8)
	case schemas.IdentifierKindMember:
		value = w.padded("M", (patient*7919+13)%90_000_000, 8)
	case schemas.IdentifierKindPhone:
		value = w.padded("+1", (100+uint64(p.phone))*10_000_000+patient, 10)
	case schemas.IdentifierKindDevice:
		value = w.number("device-", mix(w.g.seed^patient<<20^1))
	case schemas.IdentifierKindCookie:
		value = w.number("visitor-", mix(w.g.seed^patient<<20^uint64(p.cookie)<<2^2))
	case schemas.IdentifierKindContact:
		value = w.contactID(p.contact)
	}
	return schemas.Identifier{Kind: kind, Value: schemas.Protected(value)}
}

// identifiers lists what the source knew, weakest first, as sources do.
func (w *writer) identifiers(into []schemas.Identifier, p *pending) []schemas.Identifier {
	into = into[:0]
	for _, known := range [...]struct {
		bit  uint8
		kind schemas.IdentifierKind
	}{
		{whoContact, schemas.IdentifierKindContact}, {whoCookie, schemas.IdentifierKindCookie}, {whoDevice, schemas.IdentifierKindDevice},
		{whoPhone, schemas.IdentifierKindPhone}, {whoMember, schemas.IdentifierKindMember}, {whoMRN, schemas.IdentifierKindMrn},
	} {
		if p.who&known.bit != 0 {
			into = append(into, w.identifier(known.kind, p))
		}
	}
	return into
}

// touchpoint writes p as a touchpoint.
func (w *writer) touchpoint(p *pending) Event {
	w.text = w.text[:0]
	t := &w.tp
	t.EventID = w.eventID(p.id)
	t.OccurredAt, t.ReceivedAt = schemas.Millis(p.occurred), schemas.Millis(p.received)
	t.Channel = p.channel
	t.Identifiers = w.identifiers(t.Identifiers, p)
	t.ContactID, t.SessionID, t.Language = schemas.Opt[string]{}, schemas.Opt[schemas.Protected]{}, schemas.Opt[string]{}
	if p.channel != schemas.ChannelEhr {
		if traits := traitsOf(w.g.seed, p.patient); traits.states {
			t.Language = schemas.Some(languages[traits.language])
		}
	}
	e := Event{At: schemas.Millis(p.at), Topic: schemas.TouchpointTopic(p.channel), Kind: KindTouchpoint, Touchpoint: t,
		Truth: Truth{Patient: p.patient, Contact: p.contact, Copy: int(p.copy), Sign: p.sign, Near: p.near}}
	if p.urgent != urgentNot {
		e.Truth.Urgent, e.Truth.Silent = p.flag, p.urgent == urgentSilent
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
	return e
}

// key is what sources key by: session, call or patient; one record in ten has
// none.
func (w *writer) key(t *schemas.Touchpoint, p *pending) []byte {
	switch {
	case p.id%10 == 0:
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

// view is the bytes of a string that lies in the buffer.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func reasonCode(n int8) string {
	if n == noNeed {
		return ""
	}
	return reasonCodes[n]
}

func (w *writer) web(t *schemas.Touchpoint, p *pending) {
	t.SessionID = schemas.Some(schemas.Protected(w.number("s", mix(w.g.seed^p.session))))
	t.Body.Kind = schemas.TouchpointBodyWeb
	t.Body.Web = schemas.Web{Event: schemas.WebEvent(p.event), Page: schemas.Protected(contentMap[p.place].name),
		Reason: reasonCode(p.reason), Results: int32(p.results), DwellMs: p.dwell}
}

func (w *writer) app(t *schemas.Touchpoint, p *pending) {
	t.SessionID = schemas.Some(schemas.Protected(w.number("s", mix(w.g.seed^p.session))))
	t.Body.Kind = schemas.TouchpointBodyApp
	t.Body.App = schemas.App{Event: schemas.AppEvent(p.event), Screen: schemas.Protected(contentMap[p.place].name),
		Reason: reasonCode(p.reason), Results: int32(p.results), DwellMs: p.dwell}
	if p.thread != 0 {
		t.Body.App.MessageID = schemas.Some(w.number("m", mix(w.g.seed^p.thread<<1)))
	}
}

func (w *writer) call(t *schemas.Touchpoint, p *pending, truth *Truth) {
	t.ContactID = schemas.Some(w.contactID(p.contact))
	t.Body.Kind = schemas.TouchpointBodyCall
	c := &t.Body.Call
	event := schemas.CallEvent(p.event)
	traits := traitsOf(w.g.seed, p.patient)
	c.Event, c.Priority = event, int32(p.priority)
	c.Queue = lineOf(&traits, p.place)
	if p.urgent == urgentMenu && (event == schemas.CallEventSelfService || event == schemas.CallEventQueued) {
		c.Queue = urgentLine
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
	c.Phantom = p.outcome&callPhantom != 0
	if !ends {
		return
	}
	c.Reason = reasonCode(p.reason)
	c.Queued, c.Answered, c.Abandoned = p.outcome&callQueued != 0, p.outcome&callAnswered != 0, p.outcome&callAbandoned != 0
	if !c.Phantom {
		w.g.judge(p, traits.segment, truth)
	}
}

func (w *writer) ehr(t *schemas.Touchpoint, p *pending) {
	t.Body.Kind = schemas.TouchpointBodyEhr
	f := &t.Body.Ehr
	f.Event, f.Reason, f.DueAt = schemas.EhrEvent(p.event), reasonCode(p.reason), schemas.Millis(p.due)
	switch f.Event {
	case schemas.EhrEventNeedRecorded:
		need := &socialNeeds[p.place]
		f.Code, f.Provenance, f.Status = schemas.Protected(need.code), need.provenance, "active"
	case schemas.EhrEventDeceased:
	default:
		f.Status = factOf(p.place).status
	}
}
