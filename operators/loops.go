package operators

import (
	"strings"

	"github.com/attune-health/attune/schemas"
)

// Kinds of open loops.
const (
	loopFailedForm        = "failed_form"
	loopFailedLogin       = "failed_login"
	loopFailedPayment     = "failed_payment"
	loopFailedSearch      = "failed_search"
	loopFailedChatbot     = "failed_chatbot"
	loopFailedVideo       = "failed_video"
	loopUnansweredMessage = "unanswered_message"
	loopCallbackOwed      = "callback_owed"
	loopPendingResult     = "pending_result"
	loopRefillDue         = "refill_due"
	loopRefillRequested   = "refill_requested"
	loopOpenOrder         = "open_order"
	loopLostAppointment   = "lost_appointment"
	loopReferralPending   = "referral_pending"
	loopClaimDenied       = "claim_denied"
	loopStatement         = "statement"
	loopAccountLocked     = "account_locked"
)

// closingContact closes what a phone contact about the same reason answers.
const closingContact = "contact"

// failedLoop is the loop that a failed step opens, or empty.
func failedLoop(k schemas.FailureKind) string {
	switch k {
	case schemas.FailureKindFormError, schemas.FailureKindFormAbandoned:
		return loopFailedForm
	case schemas.FailureKindLoginFailed:
		return loopFailedLogin
	case schemas.FailureKindPaymentFailed:
		return loopFailedPayment
	case schemas.FailureKindSearchEmpty:
		return loopFailedSearch
	case schemas.FailureKindChatbotFailed, schemas.FailureKindHandoffRefused:
		return loopFailedChatbot
	case schemas.FailureKindVideoFailed:
		return loopFailedVideo
	case schemas.FailureKindMessageUnanswered:
		return loopUnansweredMessage
	}
	return ""
}

// undoneBy is the kind of loop by whose closing a failed step is undone: an error that the patient
// got over is no failed step any more.
func undoneBy(k schemas.FailureKind) string {
	switch k {
	case schemas.FailureKindRageClick:
		return loopFailedForm
	case schemas.FailureKindArticleTwice:
		return loopFailedSearch
	}
	return failedLoop(k)
}

// loopKinds are the open loops that features and rules tell apart; the last stands for all others.
var loopKinds = [...]string{"failed_form", "unanswered_message", "failed_login", "failed_payment", "failed_search",
	"failed_chatbot", "failed_video", "pending_result", "refill_due", "refill_requested", "open_order",
	"lost_appointment", "referral_pending", "claim_denied", "statement", "account_locked", "callback_owed", "other"}

func loopKind(name string) int {
	for i := range loopKinds {
		if loopKinds[i] == name {
			return i
		}
	}
	return len(loopKinds) - 1
}

// answeredByContact are the loops that a phone contact about their reason closes.
func answeredByContact(kind string) bool {
	switch kind {
	case loopFailedForm, loopFailedPayment, loopFailedSearch, loopFailedChatbot, loopUnansweredMessage, loopCallbackOwed:
		return true
	}
	return false
}

// closes says whether a closing ends a loop: it is of its kind, the loop began before it, and they are
// about the same. A failed step is about its reason, for the patient may well succeed on another page;
// anything else is about its reference, such as one message, where both name one.
func closes(c *schemas.Closing, l *schemas.ShardLoop) bool {
	switch {
	case l.Since > c.At:
		return false
	case c.Kind == closingContact:
		return c.Reason == l.Reason && answeredByContact(l.Kind)
	case c.Kind != l.Kind:
		return false
	case l.Kind == loopFailedLogin || l.Kind == loopAccountLocked:
		return true
	case c.Ref != "" && l.Ref != "" && (c.Ref == l.Ref || !strings.HasPrefix(l.Kind, "failed_")):
		return c.Ref == l.Ref
	}
	return c.Reason == l.Reason && (c.Reason != "" || c.Ref == "" || l.Ref == "")
}
