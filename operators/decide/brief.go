package decide

import (
	"strconv"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// appendBrief says in a line what an agent should know before saying hello: what happened, what it
// is likely about, what to do. It names no page, drug, need or value of the record, and tells nothing
// where it is not sure who the person is.
func (d *Step) appendBrief(b []byte, j *person.Journey, f *facts, a *Action) []byte {
	if f.identityConflict {
		b = append(b, "identity uncertain: verify before using any history; "...)
		return appendWords(b, a, f.top)
	}
	b = d.appendOccasion(b, j, f)
	b = append(b, "; likely "...)
	b = append(b, d.taxonomy.Reasons[f.top].Words...)
	b = append(b, " ("...)
	b = strconv.AppendFloat(b, f.p[f.top], 'f', 2, 64)
	b = append(b, "); "...)
	b = appendWords(b, a, f.top)
	if f.InContact {
		b = d.appendMood(b, j, f)
	}
	return b
}

// appendOccasion says what happened: a call after a failed step, a failed step, news.
func (d *Step) appendOccasion(b []byte, j *person.Journey, f *facts) []byte {
	switch {
	case f.InContact && f.Failures > 0:
		b = appendDuration(append(b, "called "...), j.Contact.StartedAt-f.FailedAt)
		b = d.appendFailure(append(b, " after a failed "...), f)
		if f.Failures > 1 {
			b = strconv.AppendInt(append(b, ", one of "...), int64(f.Failures), 10)
			b = append(b, " failed digital steps"...)
		}
		return b
	case f.InContact:
		return append(b, "called"...)
	case f.Abandoned:
		return append(b, "hung up in the queue"...)
	case f.Failures > 0:
		b = d.appendFailure(append(b, "a failed "...), f)
		if f.At-f.FailedAt < schemas.Second {
			return append(b, " just now"...)
		}
		return append(appendDuration(append(b, ' '), f.At-f.FailedAt), " ago"...)
	}
	return append(b, occasion(j)...)
}

// occasion says what the trigger was.
func occasion(j *person.Journey) string {
	switch {
	case j.Trigger == person.TriggerConsent:
		return "word on consent"
	case j.Trigger == person.TriggerOutcome:
		return "word on an action"
	case j.Touchpoint != nil && j.Touchpoint.Channel.Spec() != nil:
		return j.Touchpoint.Channel.Spec().Occasion
	}
	return "time has passed"
}

// failedThings is what a digital step that failed was. A kind that is not listed is a digital step.
var failedThings = [schemas.FailureKindCount]string{
	schemas.FailureKindFormError: "form", schemas.FailureKindFormAbandoned: "form", schemas.FailureKindLoginFailed: "login",
	schemas.FailureKindPaymentFailed: "payment", schemas.FailureKindSearchEmpty: "search", schemas.FailureKindChatbotFailed: "chatbot",
	schemas.FailureKindHandoffRefused: "chatbot", schemas.FailureKindVideoFailed: "video visit", schemas.FailureKindRageClick: "page",
	schemas.FailureKindArticleTwice: "article", schemas.FailureKindMessageUnanswered: "message",
}

func failedThing(k schemas.FailureKind) string {
	if int(k) < len(failedThings) && failedThings[k] != "" {
		return failedThings[k]
	}
	return "digital step"
}

func (d *Step) appendFailure(b []byte, f *facts) []byte {
	if f.FailedDay >= 0 && f.FailedDay < len(d.taxonomy.Reasons) && f.FailedKind != schemas.FailureKindLoginFailed {
		b = append(append(b, d.taxonomy.Reasons[f.FailedDay].Short...), ' ')
	}
	return append(b, failedThing(f.FailedKind)...)
}

func (d *Step) appendMood(b []byte, j *person.Journey, f *facts) []byte {
	if f.Frustration >= 0.5 {
		b = append(b, "; frustrated"...)
	}
	if f.Overdue > 0 {
		b = append(b, "; something promised is overdue"...)
	}
	if f.state&stateLanguage != 0 {
		b = append(append(b, "; language "...), j.Persona.Language...)
	}
	return b
}

// appendWords writes what the action is in words, with its treatment.
func appendWords(b []byte, a *Action, top int) []byte {
	before, after, found := strings.Cut(a.Words, "{treatment}")
	b = append(b, before...)
	if found {
		b = append(append(b, a.treatments[top]...), after...)
	}
	return b
}

// appendDuration writes a time span in its largest unit.
func appendDuration(b []byte, d schemas.Millis) []byte {
	d = max(d, 0)
	switch {
	case d < 2*schemas.Minute:
		return append(strconv.AppendInt(b, int64(d/schemas.Second), 10), " s"...)
	case d < 2*schemas.Hour:
		return append(strconv.AppendInt(b, int64(d/schemas.Minute), 10), " min"...)
	case d < 2*schemas.Day:
		return append(strconv.AppendInt(b, int64(d/schemas.Hour), 10), " h"...)
	}
	return append(strconv.AppendInt(b, int64(d/schemas.Day), 10), " days"...)
}
