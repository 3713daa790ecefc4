package observe

import (
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// effect is what a touchpoint does to its shard besides counting. Weights are starting values, per
// kind of event: a failure costs the patient about as much effort as one call.
type effect struct {
	event   int32 // number of the event's symbol
	page    schemas.Protected
	reason  string
	ref     schemas.Protected
	effort  float64
	strain  float64
	failure schemas.FailureKind
	derived bool // the failure shows in several touchpoints only: figures do not count it
	opens   string
	due     schemas.Millis
	closes  []string
}

// What an event closes. The lists are shared and never written to.
var (
	closesForm     = []string{person.LoopFailedForm}
	closesLogin    = []string{person.LoopFailedLogin, person.LoopAccountLocked}
	closesPayment  = []string{person.LoopFailedPayment, person.LoopStatement}
	closesBooking  = []string{person.LoopFailedForm, person.LoopOpenOrder, person.LoopLostAppointment, person.LoopFailedSearch}
	closesChatbot  = []string{person.LoopFailedChatbot, person.LoopFailedSearch}
	closesVideo    = []string{person.LoopFailedVideo}
	closesMessage  = []string{person.LoopUnansweredMessage}
	closesCallback = []string{person.LoopCallbackOwed}
	closesContact  = []string{person.ClosingContact, person.LoopCallbackOwed}
	closesOrder    = []string{person.LoopOpenOrder, person.LoopLostAppointment}
	closesResult   = []string{person.LoopPendingResult}
	closesRefill   = []string{person.LoopRefillDue}
	closesRefills  = []string{person.LoopRefillDue, person.LoopRefillRequested}
	closesReferral = []string{person.LoopReferralPending}
)

func (p *Persona) effectOf(j *person.Journey) effect {
	b := &j.Touchpoint.Body
	switch b.Kind {
	case schemas.TouchpointBodyWeb:
		return p.web(j, &b.Web)
	case schemas.TouchpointBodyApp:
		return p.app(j, &b.App)
	case schemas.TouchpointBodyCall:
		return p.call(j, &b.Call)
	case schemas.TouchpointBodyEhr:
		return p.ehr(j, &b.Ehr)
	}
	return effect{}
}

// failed makes e that of a failed step.
func (e *effect) failed(k schemas.FailureKind, effort, strain float64) {
	e.failure, e.effort, e.strain = k, e.effort+effort, e.strain+strain
	e.opens = person.FailedLoop(k)
}

func (p *Persona) web(j *person.Journey, w *schemas.Web) effect {
	e := effect{event: int32(w.Event), page: p.page(w.Page), reason: p.Names.Keep(w.Reason)}
	e.ref = e.page
	switch w.Event {
	case schemas.WebEventSearch:
		if w.Results == 0 {
			e.failed(schemas.FailureKindSearchEmpty, 1, 0.5)
		}
	case schemas.WebEventArticleView:
		if p.viewed(j, e.page, e.event) {
			e.failed(schemas.FailureKindArticleTwice, 1, 0.5)
			e.derived = true
		}
	case schemas.WebEventFormError:
		e.failed(schemas.FailureKindFormError, 1, 1)
	case schemas.WebEventFormAbandon:
		e.failed(schemas.FailureKindFormAbandoned, 1, 0.5+p.afterError(j, e.page))
	case schemas.WebEventExit:
		p.exit(j, &e)
	case schemas.WebEventFormSubmit:
		e.closes = closesForm
	case schemas.WebEventLogin:
		e.closes = closesLogin
	case schemas.WebEventLoginFailed:
		e.failed(schemas.FailureKindLoginFailed, 1, 0.5+p.repeatedLogin(j))
	case schemas.WebEventPaymentFailed:
		e.failed(schemas.FailureKindPaymentFailed, 1, 1)
	case schemas.WebEventPaymentMade:
		e.closes = closesPayment
	case schemas.WebEventRageClick:
		e.failed(schemas.FailureKindRageClick, 0.5, 1)
	case schemas.WebEventDeadClick, schemas.WebEventQuickBack:
		e.effort, e.strain = 0.25, 0.25
	case schemas.WebEventBookingMade:
		e.closes = closesBooking
	case schemas.WebEventMessageSent:
		p.messageSent(j, &e, "")
	}
	return e
}

func (p *Persona) app(j *person.Journey, a *schemas.App) effect {
	e := effect{event: int32(a.Event), page: p.page(a.Screen), reason: p.Names.Keep(a.Reason)}
	e.ref = e.page
	switch a.Event {
	case schemas.AppEventSearch:
		if a.Results == 0 {
			e.failed(schemas.FailureKindSearchEmpty, 1, 0.5)
		}
	case schemas.AppEventFormError:
		e.failed(schemas.FailureKindFormError, 1, 1)
	case schemas.AppEventFormAbandon:
		e.failed(schemas.FailureKindFormAbandoned, 1, 0.5+p.afterError(j, e.page))
	case schemas.AppEventFormSubmit:
		e.closes = closesForm
	case schemas.AppEventLogin:
		e.closes = closesLogin
	case schemas.AppEventLoginFailed:
		e.failed(schemas.FailureKindLoginFailed, 1, 0.5+p.repeatedLogin(j))
	case schemas.AppEventChatbotFailed:
		e.failed(schemas.FailureKindChatbotFailed, 1, 1)
	case schemas.AppEventChatbotHandoffRefused:
		e.failed(schemas.FailureKindHandoffRefused, 1, 1.5)
	case schemas.AppEventChatbotResolved:
		e.closes = closesChatbot
	case schemas.AppEventVideoFailed:
		e.failed(schemas.FailureKindVideoFailed, 1.5, 1.5)
	case schemas.AppEventVideoJoined:
		e.closes = closesVideo
	case schemas.AppEventPaymentFailed:
		e.failed(schemas.FailureKindPaymentFailed, 1, 1)
	case schemas.AppEventRageClick:
		e.failed(schemas.FailureKindRageClick, 0.5, 1)
	case schemas.AppEventBookingMade:
		e.closes = closesBooking
	case schemas.AppEventMessageSent:
		p.messageSent(j, &e, a.MessageID.V)
	case schemas.AppEventMessageAnswered:
		e.ref, e.closes = schemas.Protected(strings.Clone(a.MessageID.V)), closesMessage
	}
	return e
}

func (p *Persona) call(j *person.Journey, c *schemas.Call) effect {
	e := effect{event: int32(c.Event), page: p.page(schemas.Protected(c.Queue)), reason: p.Names.Keep(c.Reason)}
	if j.ContactPhase == person.ContactStarted {
		e.effort = 1
		if p.redialled(j) {
			e.effort, e.strain = 2, 1
		}
	}
	switch c.Event {
	case schemas.CallEventAbandoned:
		e.effort, e.strain = e.effort+1, e.strain+1
	case schemas.CallEventTransferred:
		e.effort, e.strain = e.effort+1.5, e.strain+0.75
	case schemas.CallEventCallbackRequested:
		e.opens = person.LoopCallbackOwed
	case schemas.CallEventAnswered:
		e.closes = closesCallback
	case schemas.CallEventDisposition:
		if j.ContactPhase == person.ContactDisposition && c.Reason != "" {
			j.LearnReason(c.Reason, j.Touchpoint.OccurredAt)
			if c.Answered {
				e.closes = closesContact
			}
		}
	}
	return e
}

func (p *Persona) ehr(j *person.Journey, h *schemas.Ehr) effect {
	e := effect{event: int32(h.Event), page: p.page(h.Code), reason: p.Names.Keep(h.Reason)}
	e.ref = e.page
	switch h.Event {
	case schemas.EhrEventAppointmentBooked:
		e.closes = closesOrder
	case schemas.EhrEventAppointmentCancelled, schemas.EhrEventAppointmentNoShow:
		e.opens = person.LoopLostAppointment
	case schemas.EhrEventOrderPlaced:
		e.opens = person.LoopOpenOrder
	case schemas.EhrEventReferralStatus:
		p.referral(h, &e)
	case schemas.EhrEventResultPending:
		e.opens = person.LoopPendingResult
	case schemas.EhrEventResultFinal:
		e.closes = closesResult
	case schemas.EhrEventRefillDue:
		e.opens, e.due = person.LoopRefillDue, h.DueAt
	case schemas.EhrEventRefillRequested:
		e.opens, e.closes = person.LoopRefillRequested, closesRefill
	case schemas.EhrEventRefillCompleted:
		e.closes = closesRefills
	case schemas.EhrEventStatement:
		e.opens, e.due = person.LoopStatement, h.DueAt
	case schemas.EhrEventClaimDenied:
		e.opens = person.LoopClaimDenied
	case schemas.EhrEventMessageAnswered:
		e.closes = closesMessage
	case schemas.EhrEventAccountLocked:
		e.opens = person.LoopAccountLocked
	case schemas.EhrEventNeedRecorded:
		j.AddNeed(h.Code.Reveal(), h.Provenance)
	case schemas.EhrEventDeceased:
		if at := j.Touchpoint.OccurredAt; j.Shard.DeceasedAt == 0 || at < j.Shard.DeceasedAt {
			j.Shard.DeceasedAt = at
		}
	}
	return e
}

// referral: one that is neither approved nor completed is still owed.
func (p *Persona) referral(h *schemas.Ehr, e *effect) {
	switch h.Status {
	case "approved", "completed", "scheduled":
		e.closes = closesReferral
	default:
		e.opens = person.LoopReferralPending
	}
}

func (p *Persona) messageSent(j *person.Journey, e *effect, id string) {
	e.opens, e.due = person.LoopUnansweredMessage, j.Touchpoint.OccurredAt+p.MessageSLA
	e.ref = ""
	if id != "" {
		e.ref = schemas.Protected(strings.Clone(id))
	}
}

func (p *Persona) page(s schemas.Protected) schemas.Protected {
	return schemas.Protected(p.Names.Keep(s.Reveal()))
}

// viewed says whether the same article was read within a day before.
func (p *Persona) viewed(j *person.Journey, page schemas.Protected, event int32) bool {
	at := j.Touchpoint.OccurredAt
	for i := range j.Shard.Recent {
		r := &j.Shard.Recent[i]
		if r.Channel == schemas.ChannelWeb && r.Event == event && r.Page == page && r.At <= at && at-r.At < schemas.Day {
			return true
		}
	}
	return false
}

// afterError is the additional strain of giving up a form that had just shown an error.
func (p *Persona) afterError(j *person.Journey, page schemas.Protected) float64 {
	at := j.Touchpoint.OccurredAt
	for i := len(j.Shard.Failed) - 1; i >= 0; i-- {
		f := &j.Shard.Failed[i]
		if f.Kind == schemas.FailureKindFormError && f.Page == page && f.At <= at && at-f.At < p.Config.SessionGap {
			return 0.5
		}
	}
	return 0
}

// exit is leaving. After a form error that nothing followed, it is giving up the form.
func (p *Persona) exit(j *person.Journey, e *effect) {
	at := j.Touchpoint.OccurredAt
	for i := len(j.Shard.Recent) - 1; i >= 0; i-- {
		r := &j.Shard.Recent[i]
		if r.At > at || r.Channel != schemas.ChannelWeb {
			continue
		}
		if r.Event == int32(schemas.WebEventFormError) && at-r.At < p.Config.SessionGap {
			e.page, e.ref, e.reason = r.Page, r.Page, r.Reason
			e.failed(schemas.FailureKindFormAbandoned, 0.5, 0.5)
			e.derived = true
		}
		return
	}
}

// repeatedLogin is the additional strain of failing to log in again within a session.
func (p *Persona) repeatedLogin(j *person.Journey) float64 {
	at := j.Touchpoint.OccurredAt
	for i := range j.Shard.Failed {
		f := &j.Shard.Failed[i]
		if f.Kind == schemas.FailureKindLoginFailed && f.At <= at && at-f.At < p.Config.SessionGap {
			return 1
		}
	}
	return 0
}

// redialled says whether the person hung up in a queue within a day before this call.
func (p *Persona) redialled(j *person.Journey) bool {
	at := j.Touchpoint.OccurredAt
	for n, st := range j.Shards {
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			o := &st.Contacts[i]
			if o.Abandoned && o.StartedAt < at && at-o.StartedAt < schemas.Day && o != j.Contact {
				return true
			}
		}
	}
	return false
}
