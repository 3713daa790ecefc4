package decide

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// PolicyState.Adult.
const (
	// Unknown is 0, so that a state that has heard nothing of the age allows no outreach.
	adultUnknown = 0
	adultYes     = 1
	adultNo      = 2
)

// keepConsent folds what a patient has said into the state. Consents come in any order: for each
// channel and purpose the newest word counts, and of two at the same time the one that allows less.
func keepConsent(s *schemas.PolicyState, c *schemas.Consent) {
	keepContactFacts(s, c)
	switch all := c.Channel == "all" && c.Purpose == "all"; {
	// A status of a later version of the schema: it cannot be read, and so allows and forbids nothing.
	case c.Status == schemas.ConsentStatusUnknown:
		return
	case c.Status == schemas.ConsentStatusDoNotContact:
		// At the same time as a yes the no stands.
		if c.OccurredAt >= s.DoNotContactAt {
			s.DoNotContact, s.DoNotContactAt = true, c.OccurredAt
		}
	// Only a yes to everything lifts do-not-contact: a yes to text messages is no yes to calls.
	case all && c.Status == schemas.ConsentStatusGranted && c.OccurredAt > s.DoNotContactAt:
		s.DoNotContact, s.DoNotContactAt = false, c.OccurredAt
	}
	// A name that is not known may be one of tomorrow. A yes to it is no yes to anything else, a no to it
	// may be meant for all.
	channel, purpose := known(c.Channel, consentChannels[:]), known(c.Purpose, consentPurposes[:])
	if channel == "" || purpose == "" {
		if c.Status == schemas.ConsentStatusGranted {
			return // a yes to nobody knows what
		}
		channel, purpose = cmp.Or(channel, "all"), cmp.Or(purpose, "all") // a no: to everything
	}
	// One entry for each channel and purpose: the list stays a dozen long.
	for i := range s.Consents {
		e := &s.Consents[i]
		if e.Channel != channel || e.Purpose != purpose {
			continue
		}
		// A greater status allows less: the order is that of the schema's symbols.
		if c.OccurredAt > e.At || c.OccurredAt == e.At && c.Status > e.Status {
			e.Status, e.At = c.Status, c.OccurredAt
		}
		return
	}
	s.Consents = append(s.Consents, schemas.ConsentEntry{Channel: channel, Purpose: purpose, Status: c.Status, At: c.OccurredAt})
}

var (
	// Both lists are matched by name. What is not listed is a name of a later version.
	consentChannels = [...]string{"all", "sms", "push", "email", "voice"}
	consentPurposes = [...]string{"all", "care", "service", "outreach"}
)

// known is the listed name that s is, or empty.
// It returns the list's string, which does not alias a record.
func known(s string, list []string) string {
	for _, name := range list {
		if name == s {
			return name
		}
	}
	return ""
}

// keepContactFacts keeps the newest zone, age and preference; an older word fills what is unknown.
// All three share one time in the state.
func keepContactFacts(s *schemas.PolicyState, c *schemas.Consent) {
	// Consents come in any order, from several systems.
	newer := c.OccurredAt >= s.FactsAt
	s.FactsAt = max(s.FactsAt, c.OccurredAt)
	if c.TimeZone.OK && (newer || s.TimeZone == "") {
		// Cloned, since the consent aliases a record that the engine takes back.
		s.TimeZone = strings.Clone(c.TimeZone.V)
	}
	if c.Adult.OK && (newer || s.Adult == adultUnknown) {
		s.Adult = adultNo
		if c.Adult.V {
			s.Adult = adultYes
		}
	}
	if c.PreferredChannel.OK && (newer || s.PreferredChannel == "") {
		s.PreferredChannel = strings.Clone(c.PreferredChannel.V)
	}
}

// consentRule names why a channel must not be used for a purpose, or is empty: somebody must have
// allowed it, and everyone who denied it must have been overruled later by a word that is at least
// as specific. A general yes does not undo a particular no.
func consentRule(s *schemas.PolicyState, channel, purpose string) string {
	if s.DoNotContact {
		return "do_not_contact"
	}
	// Silence is no yes: somebody must have allowed it.
	granted := false
	for i := range s.Consents {
		e := &s.Consents[i]
		if !applies(e, channel, purpose) {
			continue
		}
		// A yes somewhere is not enough: every no must have been taken back by somebody.
		if e.Status == schemas.ConsentStatusGranted {
			granted = true
		} else if !overruled(s, e, channel, purpose) {
			return "consent_denied"
		}
	}
	if !granted {
		return "consent_unknown"
	}
	return ""
}

// applies reports whether a word covers a channel and a purpose.
func applies(e *schemas.ConsentEntry, channel, purpose string) bool {
	return (e.Channel == channel || e.Channel == "all") && (e.Purpose == purpose || e.Purpose == "all")
}

// overruled reports whether a later yes takes a no back. The yes must be as narrow as the no, or narrower.
func overruled(s *schemas.PolicyState, denied *schemas.ConsentEntry, channel, purpose string) bool {
	for i := range s.Consents {
		e := &s.Consents[i]
		// Later, and not at the same time: of two words of one moment the no stands.
		if e.Status == schemas.ConsentStatusGranted && e.At > denied.At && applies(e, channel, purpose) &&
			(e.Channel == denied.Channel || denied.Channel == "all") && (e.Purpose == denied.Purpose || denied.Purpose == "all") {
			return true
		}
	}
	return false
}

// keepOutcome folds what became of an action into the state.
// Outcomes of decisions that are not in force any more change the flags alone.
func keepOutcome(s *schemas.PolicyState, o *schemas.ActionOutcome) {
	// First: a flag is answered by any decision that carried it, also by one that is not the open one any
	// more.
	answerFlags(s, o)
	open := &s.Open
	if !open.OK || open.V.DecisionID != o.DecisionID {
		return
	}
	// Caps count what was seen, and cool-downs what was refused: both go by what was sent, not by the decision.
	for i := range s.Sent {
		// That it expired means that nobody saw it. All else that is reported means that somebody did.
		if x := &s.Sent[i]; isOpen(x, &open.V, open.V.Action) {
			x.Seen = x.Seen || o.Outcome != schemas.OutcomeExpired && o.Outcome != schemas.OutcomeUnknown
			x.Rejected = x.Rejected || o.Outcome == schemas.OutcomeRejected
		}
	}
	// Delivered and shown leave it open: an answer may still come.
	switch o.Outcome {
	case schemas.OutcomeRejected, schemas.OutcomeAccepted, schemas.OutcomeExpired, schemas.OutcomeOverridden, schemas.OutcomeIgnored:
		open.V.Closed = true
	}
}

// takeBack forgets an outreach that was superseded before anybody saw it: caps and cool-downs count what
// reached the patient. Outreach may have gone out without a word of it, unless it was superseded at once.
// Otherwise a choice that flickers between two actions would use up both.
func takeBack(s *schemas.PolicyState, old *schemas.OpenDecision, now schemas.Millis, recall schemas.Millis) {
	s.Sent = slices.DeleteFunc(s.Sent, func(x schemas.SentAction) bool {
		return isOpen(&x, old, old.Action) && !x.Seen && (!OutreachName(x.Channel) || now-x.At < recall)
	})
}
