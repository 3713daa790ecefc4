package person

import (
	"strings"

	"github.com/attune-health/attune/schemas"
)

// Kinds of open loops. They are words in stored states and in outputs: a kind may be added, and none may be
// renamed. LoopFailed... are failures that the patient may still get over; the others are owed to the
// patient, or by them.
const (
	LoopFailedForm        = "failed_form"
	LoopFailedLogin       = "failed_login"
	LoopFailedPayment     = "failed_payment"
	LoopFailedSearch      = "failed_search"
	LoopFailedChatbot     = "failed_chatbot"
	LoopFailedVideo       = "failed_video"
	LoopUnansweredMessage = "unanswered_message"
	LoopCallbackOwed      = "callback_owed"
	LoopPendingResult     = "pending_result"
	LoopRefillDue         = "refill_due"
	LoopRefillRequested   = "refill_requested"
	LoopOpenOrder         = "open_order"
	LoopLostAppointment   = "lost_appointment"
	LoopReferralPending   = "referral_pending"
	LoopClaimDenied       = "claim_denied"
	LoopStatement         = "statement"
	LoopAccountLocked     = "account_locked"
)

// ClosingContact closes what a phone contact about the same reason answers. It is a kind of closing, never
// of a loop.
const ClosingContact = "contact"

// FailedLoop is the loop that a failed step opens, or empty. A rage click opens none: it says that
// something annoys, and not what is left undone.
func FailedLoop(k schemas.FailureKind) string {
	switch k {
	case schemas.FailureKindFormError, schemas.FailureKindFormAbandoned:
		return LoopFailedForm
	case schemas.FailureKindLoginFailed:
		return LoopFailedLogin
	case schemas.FailureKindPaymentFailed:
		return LoopFailedPayment
	case schemas.FailureKindSearchEmpty:
		return LoopFailedSearch
	case schemas.FailureKindChatbotFailed, schemas.FailureKindHandoffRefused:
		return LoopFailedChatbot
	case schemas.FailureKindVideoFailed:
		return LoopFailedVideo
	case schemas.FailureKindMessageUnanswered:
		return LoopUnansweredMessage
	}
	return ""
}

// UndoneBy is the kind of loop by whose closing a failed step is undone: an error that the patient got over
// is no failed step any more. A rage click opens no loop, but a form that was sent after it undoes it.
func UndoneBy(k schemas.FailureKind) string {
	switch k {
	case schemas.FailureKindRageClick:
		return LoopFailedForm
	case schemas.FailureKindArticleTwice:
		return LoopFailedSearch
	}
	return FailedLoop(k)
}

// LoopKinds are the open loops that features and rules tell apart; the last stands for all others. Features
// are numbered by their order, which models are trained on: kinds are added before the last only with a new
// feature space.
var LoopKinds = [...]string{"failed_form", "unanswered_message", "failed_login", "failed_payment", "failed_search",
	"failed_chatbot", "failed_video", "pending_result", "refill_due", "refill_requested", "open_order",
	"lost_appointment", "referral_pending", "claim_denied", "statement", "account_locked", "callback_owed", "other"}

// loopKind is the number of a kind in LoopKinds.
func loopKind(name string) int {
	for i := range LoopKinds {
		if LoopKinds[i] == name {
			return i
		}
	}
	return len(LoopKinds) - 1
}

// answeredByContact are the loops that a phone contact about their reason closes. What the health record
// keeps open, such as an order or a result, no conversation closes.
func answeredByContact(kind string) bool {
	switch kind {
	case LoopFailedForm, LoopFailedPayment, LoopFailedSearch, LoopFailedChatbot, LoopUnansweredMessage, LoopCallbackOwed:
		return true
	}
	return false
}

// Closes says whether a closing ends a loop: it is of its kind, the loop began before it, and they are
// about the same. A failed step is about its reason, for the patient may well succeed on another page;
// anything else is about its reference, such as one message, where both name one.
//
//	closing             ends
//	contact, R03        loops about R03 that a conversation answers
//	failed_login        every failed login
//	failed_form, R03    failed forms about R03, or of the same page
//	unanswered_message  the message of that id
func Closes(c *schemas.Closing, l *schemas.ShardLoop) bool {
	switch {
	// It began after this: it is another one, of the same kind.
	case l.Since > c.At:
		return false
	case c.Kind == ClosingContact:
		return c.Reason == l.Reason && answeredByContact(l.Kind)
	case c.Kind != l.Kind:
		return false
	// There is one account to log in to, whatever page it was tried on.
	case l.Kind == LoopFailedLogin || l.Kind == LoopAccountLocked:
		return true
	// Both name what they are about, and that decides; of failed steps only where they name the same.
	case c.Ref != "" && l.Ref != "" && (c.Ref == l.Ref || !strings.HasPrefix(l.Kind, "failed_")):
		return c.Ref == l.Ref
	}
	// Two without a reason are about the same only where one of them names nothing.
	return c.Reason == l.Reason && (c.Reason != "" || c.Ref == "" || l.Ref == "")
}
