package decide

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// PolicyState.Adult.
const (
	adultUnknown = 0
	adultYes     = 1
	adultNo      = 2
)

// keepConsent folds what a patient has said into the state. Consents come in any order: for each
// channel and purpose the newest word counts, and of two at the same time the one that allows less.
func keepConsent(s *schemas.PolicyState, c *schemas.Consent) {
	keepContactFacts(s, c)
	switch all := c.Channel == "all" && c.Purpose == "all"; {
	case c.Status == schemas.ConsentStatusUnknown:
		return
	case c.Status == schemas.ConsentStatusDoNotContact:
		if c.OccurredAt >= s.DoNotContactAt {
			s.DoNotContact, s.DoNotContactAt = true, c.OccurredAt
		}
	case all && c.Status == schemas.ConsentStatusGranted && c.OccurredAt > s.DoNotContactAt:
		s.DoNotContact, s.DoNotContactAt = false, c.OccurredAt
	}
	channel, purpose := known(c.Channel, consentChannels[:]), known(c.Purpose, consentPurposes[:])
	if channel == "" || purpose == "" {
		if c.Status == schemas.ConsentStatusGranted {
			return // a yes to nobody knows what
		}
		channel, purpose = cmp.Or(channel, "all"), cmp.Or(purpose, "all") // a no: to everything
	}
	for i := range s.Consents {
		e := &s.Consents[i]
		if e.Channel != channel || e.Purpose != purpose {
			continue
		}
		if c.OccurredAt > e.At || c.OccurredAt == e.At && c.Status > e.Status {
			e.Status, e.At = c.Status, c.OccurredAt
		}
		return
	}
	s.Consents = append(s.Consents, schemas.ConsentEntry{Channel: channel, Purpose: purpose, Status: c.Status, At: c.OccurredAt})
}

var (
	consentChannels = [...]string{"all", "sms", "push", "email", "voice"}
	consentPurposes = [...]string{"all", "care", "service", "outreach"}
)

// known is the listed name that s is, or empty.
func known(s string, list []string) string {
	for _, name := range list {
		if name == s {
			return name
		}
	}
	return ""
}

// keepContactFacts keeps the newest zone, age and preference; an older word fills what is unknown.
func keepContactFacts(s *schemas.PolicyState, c *schemas.Consent) {
	newer := c.OccurredAt >= s.FactsAt
	s.FactsAt = max(s.FactsAt, c.OccurredAt)
	if c.TimeZone.OK && (newer || s.TimeZone == "") {
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
	granted := false
	for i := range s.Consents {
		e := &s.Consents[i]
		if !applies(e, channel, purpose) {
			continue
		}
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

func applies(e *schemas.ConsentEntry, channel, purpose string) bool {
	return (e.Channel == channel || e.Channel == "all") && (e.Purpose == purpose || e.Purpose == "all")
}

func overruled(s *schemas.PolicyState, denied *schemas.ConsentEntry, channel, purpose string) bool {
	for i := range s.Consents {
		e := &s.Consents[i]
		if e.Status == schemas.ConsentStatusGranted && e.At > denied.At && applies(e, channel, purpose) &&
			(e.Channel == denied.Channel || denied.Channel == "all") && (e.Purpose == denied.Purpose || denied.Purpose == "all") {
			return true
		}
	}
	return false
}

// keepOutcome folds what became of an action into the state.
func keepOutcome(s *schemas.PolicyState, o *schemas.ActionOutcome) {
	answerFlags(s, o)
	open := &s.Open
	if !open.OK || open.V.DecisionID != o.DecisionID {
		return
	}
	for i := range s.Sent {
		if x := &s.Sent[i]; isOpen(x, &open.V, open.V.Action) {
			x.Seen = x.Seen || o.Outcome != schemas.OutcomeExpired && o.Outcome != schemas.OutcomeUnknown
			x.Rejected = x.Rejected || o.Outcome == schemas.OutcomeRejected
		}
	}
	switch o.Outcome {
	case schemas.OutcomeRejected, schemas.OutcomeAccepted, schemas.OutcomeExpired, schemas.OutcomeOverridden, schemas.OutcomeIgnored:
		open.V.Closed = true
	}
}

// takeBack forgets an outreach that was superseded before anybody saw it: caps and cool-downs count what
// reached the patient. Outreach may have gone out without a word of it, unless it was superseded at once.
func takeBack(s *schemas.PolicyState, old *schemas.OpenDecision, now schemas.Millis, recall schemas.Millis) {
	s.Sent = slices.DeleteFunc(s.Sent, func(x schemas.SentAction) bool {
		return isOpen(&x, old, old.Action) && !x.Seen && (!OutreachName(x.Channel) || now-x.At < recall)
	})
}
