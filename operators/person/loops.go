package person

import (
	"strings"

	"github.com/attune-health/attune/schemas"
)

// Kinds of open loops.
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

// ClosingContact closes what a phone contact about the same reason answers.
const ClosingContact = "contact"

// FailedLoop is the loop that a failed step opens, or empty.
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

// UndoneBy is the kind of loop by whose closing a failed step is undone: an error that the patient
// got over is no failed step any more.
func UndoneBy(k schemas.FailureKind) string {
	switch k {
	case schemas.FailureKindRageClick:
		return LoopFailedForm
	case schemas.FailureKindArticleTwice:
		return LoopFailedSearch
	}
	return FailedLoop(k)
}

// LoopKinds are the open loops that features and rules tell apart; the last stands for all others.
var LoopKinds = [...]string{"failed_form", "unanswered_message", "failed_login", "failed_payment", "failed_search",
	"failed_chatbot", "failed_video", "pending_result", "refill_due", "refill_requested", "open_order",
	"lost_appointment", "referral_pending", "claim_denied", "statement", "account_locked", "callback_owed", "other"}

func loopKind(name string) int {
	for i := range LoopKinds {
		if LoopKinds[i] == name {
			return i
		}
	}
	return len(LoopKinds) - 1
}

// answeredByContact are the loops that a phone contact about their reason closes.
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
func Closes(c *schemas.Closing, l *schemas.ShardLoop) bool {
	switch {
	case l.Since > c.At:
		return false
	case c.Kind == ClosingContact:
		return c.Reason == l.Reason && answeredByContact(l.Kind)
	case c.Kind != l.Kind:
		return false
	case l.Kind == LoopFailedLogin || l.Kind == LoopAccountLocked:
		return true
	case c.Ref != "" && l.Ref != "" && (c.Ref == l.Ref || !strings.HasPrefix(l.Kind, "failed_")):
		return c.Ref == l.Ref
	}
	return c.Reason == l.Reason && (c.Reason != "" || c.Ref == "" || l.Ref == "")
}
