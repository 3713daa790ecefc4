package observe

import (
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// effect is what a touchpoint does to its shard besides counting. Weights are starting values, per kind of
// event: a failure costs the patient about as much effort as one call. Effort is what a patient has put in,
// strain how it felt: giving up a form is both, a rage click mostly the latter.
//
//	failed      event     reason, page       what the brief and figures name
//	opened      loop      reason, ref, due   until something closes it
//	closed      closing   reason, ref        what was opened before, in any shard
//	counted     activity, recent steps       always
type effect struct {
	// event is the number of the event's symbol in its channel's enum.
	event int32
	// page is where it happened: a page, a screen, a queue, a code of the health record.
	page schemas.Protected
	// reason is what it was about, a code of the taxonomy, empty where the source did not say.
	reason string
	// ref is what a loop is about, mostly the page; of a message its id.
	ref schemas.Protected
	// found is how many results a search had, and one.
	found int32
	// effort is added to the patient's effort, strain to what frustration is made of.
	effort float64
	strain float64
	// failure makes it a failed step.
	failure schemas.FailureKind
	// derived: the failure shows in several touchpoints only. Which of them had arrived decides it, so that
	// figures, which must not depend on that, do not count it.
	derived bool
	// opens is the kind of loop that begins, empty for none.
	opens string
	// due is by when the loop should be closed, 0 for no time.
	due schemas.Millis
	// closes are the kinds of loops that end.
	closes []string
}

// What an event closes. The lists are shared and never written to.
var (
	// A form that was sent ends those that failed, about the same reason or page.
	closesForm = []string{person.LoopFailedForm}
	// Logging in ends a lock, too: the account could not be locked any more.
	closesLogin = []string{person.LoopFailedLogin, person.LoopAccountLocked}
	// A payment settles the statement that asked for it.
	closesPayment = []string{person.LoopFailedPayment, person.LoopStatement}
	// A booking is what orders, lost appointments and searches for one were about.
	closesBooking = []string{person.LoopFailedForm, person.LoopOpenOrder, person.LoopLostAppointment, person.LoopFailedSearch}
	// A chatbot that has helped has found what the search did not.
	closesChatbot  = []string{person.LoopFailedChatbot, person.LoopFailedSearch}
	closesVideo    = []string{person.LoopFailedVideo}
	closesMessage  = []string{person.LoopUnansweredMessage}
	closesCallback = []string{person.LoopCallbackOwed}
	// A conversation answers what it was about, and is the call that was owed.
	closesContact = []string{person.ClosingContact, person.LoopCallbackOwed}
	closesOrder   = []string{person.LoopOpenOrder, person.LoopLostAppointment}
	closesResult  = []string{person.LoopPendingResult}
	// A refill that was requested is no longer due, and is now waited for.
	closesRefill  = []string{person.LoopRefillDue}
	closesRefills = []string{person.LoopRefillDue, person.LoopRefillRequested}
	// Approved, completed or scheduled: there is nothing left to ask for.
	closesReferral = []string{person.LoopReferralPending}
)

// effectOf is the effect of the journey's touchpoint. It may look back at what had arrived by then, and
// changes nothing but where a fact is kept as such: needs, reasons and deaths.
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
	// A touchpoint of a later schema counts, and does nothing else.
	return effect{}
}

// failed makes e that of a failed step: it costs effort and strain, and opens the loop of its kind.
func (e *effect) failed(k schemas.FailureKind, effort, strain float64) {
	e.failure, e.effort, e.strain = k, e.effort+effort, e.strain+strain
	e.opens = person.FailedLoop(k)
}

// web says what an event of the web does. Most events do nothing but count: what is not listed says neither
// that the patient got what they wanted nor that they did not.
func (p *Persona) web(j *person.Journey, w *schemas.Web) effect {
	// Loops are about the page, except where a case says otherwise.
	e := effect{event: int32(w.Event), page: p.page(w.Page), reason: p.Names.Keep(w.Reason), found: w.Results + 1}
	e.ref = e.page
	switch w.Event {
	case schemas.WebEventSearch:
		// -1 is no search (docs/kpis.md).
		if w.Results == 0 {
			e.failed(schemas.FailureKindSearchEmpty, 1, 0.5)
		}
	case schemas.WebEventArticleView:
		// Reading the same article twice in a day: it did not answer the question.
		if p.viewed(j, e.page, e.event) {
			e.failed(schemas.FailureKindArticleTwice, 1, 0.5)
			e.derived = true
		}
	case schemas.WebEventFormError:
		e.failed(schemas.FailureKindFormError, 1, 1)
	case schemas.WebEventFormAbandon:
		// Giving up weighs more where an error was the cause.
		e.failed(schemas.FailureKindFormAbandoned, 1, 0.5+p.afterError(j, e.page))
	// It may be giving up the form that was shown before.
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
	// It opens no loop: it says that something annoys, and not what.
	case schemas.WebEventRageClick:
		e.failed(schemas.FailureKindRageClick, 0.5, 1)
	// They annoy, and nothing was left undone.
	case schemas.WebEventDeadClick, schemas.WebEventQuickBack:
		e.effort, e.strain = 0.25, 0.25
	// A booking settles what the patient had come for, by whatever form or search they tried it first.
	case schemas.WebEventBookingMade:
		e.closes = closesBooking
	case schemas.WebEventMessageSent:
		p.messageSent(j, &e, "")
	}
	return e
}

// app is web for the app, which has a chatbot and video visits besides.
func (p *Persona) app(j *person.Journey, a *schemas.App) effect {
	// As on the web, with screens for pages.
	e := effect{event: int32(a.Event), page: p.page(a.Screen), reason: p.Names.Keep(a.Reason), found: a.Results + 1}
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
		// Not being let through to a person weighs more than a chatbot that does not understand.
		e.failed(schemas.FailureKindHandoffRefused, 1, 1.5)
	case schemas.AppEventChatbotResolved:
		e.closes = closesChatbot
	case schemas.AppEventVideoFailed:
		// A visit with a clinician was lost, which is more than a page.
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
		// The answer names its message, which may have been sent from another device.
		e.ref, e.closes = schemas.Protected(strings.Clone(a.MessageID.V)), closesMessage
	}
	return e
}

// call says what an event of a phone contact does. Calling costs effort by itself, once in a contact, and
// twice as much where the patient had hung up in a queue before.
func (p *Persona) call(j *person.Journey, c *schemas.Call) effect {
	// Loops of a call are about its reason only: a queue is no reference.
	e := effect{event: int32(c.Event), page: p.page(schemas.Protected(c.Queue)), reason: p.Names.Keep(c.Reason)}
	if j.ContactPhase == person.ContactStarted {
		e.effort = 1
		if p.redialled(j) {
			e.effort, e.strain = 2, 1
		}
	}
	switch c.Event {
	// Waiting for nothing, on top of having called.
	case schemas.CallEventAbandoned:
		e.effort, e.strain = e.effort+1, e.strain+1
	// The story has to be told again.
	case schemas.CallEventTransferred:
		e.effort, e.strain = e.effort+1.5, e.strain+0.75
	// It is owed until somebody calls, or the patient does and gets an answer.
	case schemas.CallEventCallbackRequested:
		e.opens = person.LoopCallbackOwed
	// Somebody has spoken to the patient; of what, the disposition says.
	case schemas.CallEventAnswered:
		e.closes = closesCallback
	// Only the first disposition of a contact tells its reason. It closes what the conversation has
	// answered: hanging up answers nothing.
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

// ehr says what a fact of the health record does. None costs effort: the patient did nothing. Facts open
// what the patient waits for or has to do, and close what is done.
func (p *Persona) ehr(j *person.Journey, h *schemas.Ehr) effect {
	// The code says which order, result or referral it is.
	e := effect{event: int32(h.Event), page: p.page(h.Code), reason: p.Names.Keep(h.Reason)}
	e.ref = e.page
	// Records come in any order: the newest word holds.
	if at := j.Touchpoint.OccurredAt; h.ActsAs != "" && at >= j.Shard.ActsAsAt {
		j.Shard.ActsAs, j.Shard.ActsAsAt = p.Names.Keep(h.ActsAs), at
	}
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
	// Due dates are what the health record says; without one a loop is never overdue.
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
	// A need is no loop: it does not end.
	case schemas.EhrEventNeedRecorded:
		j.AddNeed(h.Code.Reveal(), h.Provenance)
	// The earliest time that was ever said stands.
	case schemas.EhrEventDeceased:
		if at := j.Touchpoint.OccurredAt; j.Shard.DeceasedAt == 0 || at < j.Shard.DeceasedAt {
			j.Shard.DeceasedAt = at
		}
	}
	return e
}

// referral: one that is neither approved nor completed is still owed. A status that is not known counts as
// owed, since a patient who waits is the one who calls.
func (p *Persona) referral(h *schemas.Ehr, e *effect) {
	switch h.Status {
	case "approved", "completed", "scheduled":
		e.closes = closesReferral
	default:
		e.opens = person.LoopReferralPending
	}
}

// messageSent opens a loop until the message is answered. A message without an id is closed by any answer
// about its reason.
func (p *Persona) messageSent(j *person.Journey, e *effect, id string) {
	e.opens, e.due = person.LoopUnansweredMessage, j.Touchpoint.OccurredAt+p.MessageSLA
	e.ref = ""
	if id != "" {
		e.ref = schemas.Protected(strings.Clone(id))
	}
}

// page keeps a page as one of the task's words: a record's strings are gone after the step.
func (p *Persona) page(s schemas.Protected) schemas.Protected {
	return schemas.Protected(p.Names.Keep(s.Reveal()))
}

// viewed says whether the same article was read within a day before, of the shard's last steps. An article
// that has dropped out of them was not read lately.
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

// afterError is the additional strain of giving up a form that had just shown an error, within a session's
// gap.
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

// exit is leaving. After a form error that nothing followed, it is giving up the form: most sites send no
// event for that. The failure is about the form, and not about the page that was left.
//
//	form_error ─► exit                the form was given up
//	form_error ─► any page ─► exit    the patient went on, and may have succeeded elsewhere
func (p *Persona) exit(j *person.Journey, e *effect) {
	at := j.Touchpoint.OccurredAt
	for i := len(j.Shard.Recent) - 1; i >= 0; i-- {
		// From the newest backward, to the last step on the web before this one.
		r := &j.Shard.Recent[i]
		// What came later in event time was not before it, though it has arrived.
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

// repeatedLogin is the additional strain of failing to log in again within a session's gap. A typing error
// is nothing; the second time the password is lost.
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

// redialled says whether the person hung up in a queue within a day before this call, by any of their
// identifiers.
func (p *Persona) redialled(j *person.Journey) bool {
	at := j.Touchpoint.OccurredAt
	for n, st := range j.Shards {
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			o := &st.Contacts[i]
			// The call itself is a contact, too, and may have been abandoned by what arrived before.
			if o.Abandoned && o.StartedAt < at && at-o.StartedAt < schemas.Day && o != j.Contact {
				return true
			}
		}
	}
	return false
}
