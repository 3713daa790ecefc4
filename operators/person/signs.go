package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// SignSource is how a touchpoint came to be a sign of danger. The numbers are part of the state. A higher
// number is a stronger sign: evidence keeps the highest of each kind.
type SignSource int32

// The sources. A page is only looked at; of the others each is something that the patient has said, or
// that the health record says.
const (
	SignNone SignSource = iota
	// SignPage: a page or screen was looked at.
	SignPage
	// SignSearch: it was searched for.
	SignSearch
	// SignForm: a form was begun, sent, given up, or showed an error.
	SignForm
	// SignChatbot: it was told to the chatbot.
	SignChatbot
	// SignMessage: it was written to somebody.
	SignMessage
	// SignMenu: it was chosen in the voice menu.
	SignMenu
	// SignRecord: the health record has a critical result.
	SignRecord
	signSources
)

// signNames are by source. Decisions publish them, and none may be renamed.
var signNames = [signSources]string{"", "page", "search", "form", "chatbot", "message", "ivr", "health_record"}

// String is the source's name in decisions.
func (s SignSource) String() string {
	if s >= 0 && s < signSources {
		return signNames[s]
	}
	return ""
}

// maxSigns bounds the signs of a shard. Evidence looks at those of the last hours, and at a critical result
// for longer.
const maxSigns = 8

// keepSigns takes the touchpoint in as the step after the pages that were looked at last, and as a sign of
// its own. Nothing is judged here: how strong a sign is depends on what comes after it, and on the time at
// which it is asked (evidence).
//
//	looked at a page ─► next step, 40 s later     the page was read for 40 s
//	looked at a page ─► a step about a bill       the patient has gone on to other things
func (j *Journey) keepSigns(t *schemas.Taxonomy) {
	s, tp := &j.Shard.Signals, j.Touchpoint
	page, source := signOf(tp)
	if source == SignNone && len(s.RedFlags) == 0 {
		// Most touchpoints are neither a sign nor after one, and cost nothing more.
		return
	}
	hint, _ := t.Hint(page)
	// Before the touchpoint becomes a sign itself, or it would be the step that left it.
	if tp.Channel.IsDigital() && len(s.RedFlags) > 0 {
		j.leavePages(hint.Flag != schemas.FlagNone)
	}
	switch {
	// A result has no page: its status says how it is.
	case source == SignRecord:
		j.keepResult(&tp.Body.Ehr)
	case source != SignNone && hint.Flag != schemas.FlagNone:
		j.addSign(hint.Flag, source, "")
	}
}

// signOf is what a touchpoint may be a sign by: where it happened, and how it came about. What a patient
// chose in the voice menu shows in the queue that the call comes to.
func signOf(tp *schemas.Touchpoint) (page string, source SignSource) {
	switch tp.Body.Kind {
	case schemas.TouchpointBodyWeb:
		return tp.Body.Web.Page.Reveal(), webSource(tp.Body.Web.Event)
	case schemas.TouchpointBodyApp:
		return tp.Body.App.Screen.Reveal(), appSource(tp.Body.App.Event)
	case schemas.TouchpointBodyCall:
		if e := tp.Body.Call.Event; e == schemas.CallEventSelfService || e == schemas.CallEventQueued {
			return tp.Body.Call.Queue, SignMenu
		}
	case schemas.TouchpointBodyEhr:
		if tp.Body.Ehr.Event == schemas.EhrEventResultFinal {
			return "", SignRecord
		}
	}
	return "", SignNone
}

// webSource is the source by which an event of the web may be a sign; whether it is one, the page says.
func webSource(e schemas.WebEvent) SignSource {
	switch e {
	case schemas.WebEventPageView, schemas.WebEventArticleView:
		return SignPage
	case schemas.WebEventSearch:
		return SignSearch
	case schemas.WebEventFormStart, schemas.WebEventFormSubmit, schemas.WebEventFormError, schemas.WebEventFormAbandon:
		return SignForm
	case schemas.WebEventMessageSent:
		return SignMessage
	}
	return SignNone
}

// appSource is webSource for the app.
func appSource(e schemas.AppEvent) SignSource {
	switch e {
	case schemas.AppEventScreenView:
		return SignPage
	case schemas.AppEventSearch:
		return SignSearch
	case schemas.AppEventFormStart, schemas.AppEventFormSubmit, schemas.AppEventFormError, schemas.AppEventFormAbandon:
		return SignForm
	case schemas.AppEventChatbotTurn, schemas.AppEventChatbotFailed, schemas.AppEventChatbotHandoffRefused:
		return SignChatbot
	case schemas.AppEventMessageSent:
		return SignMessage
	}
	return SignNone
}

// leavePages says to the pages of the shard that were looked at before the touchpoint how long that was.
// Steps come in any order: the earliest one after a page is the one that left it. alsoFlagged: the step is
// on a page of danger too, and so is no going on to something else.
func (j *Journey) leavePages(alsoFlagged bool) {
	s, tp := &j.Shard.Signals, j.Touchpoint
	dwell, reason := stepOf(tp)
	for i := range s.RedFlags {
		x := &s.RedFlags[i]
		if SignSource(x.Source) != SignPage || tp.OccurredAt < x.At || x.EventID == tp.EventID {
			continue
		}
		if x.LeftAt == 0 || tp.OccurredAt < x.LeftAt {
			x.LeftAt, x.ReadMs = tp.OccurredAt, dwell
			// Where the site does not measure how long a page was shown, the time between the steps stands
			// in.
			if dwell <= 0 {
				x.ReadMs = readFor(tp.OccurredAt - x.At)
			}
			j.Who.signals.has = false
		}
		// A step that is about something else: enough of them, and the page was one stop on the way to it.
		if reason != "" && !alsoFlagged {
			x.StepsAfter++
			j.Who.signals.has = false
		}
	}
}

// stepOf is how long the page before a digital step was looked at, and what the step itself is about. Sites
// measure the first and send it with the step that follows.
func stepOf(tp *schemas.Touchpoint) (dwell int32, reason string) {
	if tp.Body.Kind == schemas.TouchpointBodyWeb {
		return tp.Body.Web.DwellMs, tp.Body.Web.Reason
	}
	return tp.Body.App.DwellMs, tp.Body.App.Reason
}

// readFor bounds a time on a page: who comes back after a day has not read for a day.
func readFor(d schemas.Millis) int32 { return int32(min(d, schemas.Hour)) }

// keepResult keeps a critical result until a clinician has reviewed it. Another result, however good, says
// nothing about this one. A review of an earlier time says nothing about it either.
func (j *Journey) keepResult(e *schemas.Ehr) {
	switch e.Status {
	case "abnormal_critical", "critical":
		j.addSign(schemas.FlagCriticalResult, SignRecord, e.Code)
	case "reviewed":
		j.reviewResult(e.Code)
	}
}

// reviewResult drops the critical results that a review is about: those of its code up to its time.
// A review without a code is about the one that is open. Where several are, nobody knows which was
// reviewed, and all stay: a nurse who asks once too often costs minutes.
func (j *Journey) reviewResult(code schemas.Protected) {
	s, at := &j.Shard.Signals, j.Touchpoint.OccurredAt
	open, same := 0, func(x schemas.FlagSign) bool {
		return SignSource(x.Source) == SignRecord && x.At <= at && (code == "" || x.About == code)
	}
	for i := range s.RedFlags {
		if same(s.RedFlags[i]) {
			open++
		}
	}
	if open == 0 || code == "" && open > 1 {
		return
	}
	s.RedFlags = slices.DeleteFunc(s.RedFlags, same)
	j.Who.signals.has = false
}

// addSign keeps the touchpoint as a sign, in the order of event time. about is the code of a result.
func (j *Journey) addSign(kind schemas.Flag, source SignSource, about schemas.Protected) {
	s, tp := &j.Shard.Signals, j.Touchpoint
	x := schemas.FlagSign{Kind: int32(kind), Source: int32(source), EventID: strings.Clone(tp.EventID), At: tp.OccurredAt, About: schemas.Protected(strings.Clone(about.Reveal()))}
	// The step that left the page may have arrived before it.
	if source == SignPage {
		x.LeftAt, x.ReadMs = j.leftAlready()
	}
	if len(s.RedFlags) == maxSigns {
		s.RedFlags = dropSign(s.RedFlags, &x)
	}
	// From the end, as nearly all are the newest.
	i := len(s.RedFlags)
	for i > 0 && s.RedFlags[i-1].At > x.At {
		i--
	}
	s.RedFlags = slices.Insert(s.RedFlags, i, x)
	j.Who.signals.has = false
}

// dropSign makes room for a sign: by the oldest that says the same, else by the weakest, of two alike
// the older. A critical result is the strongest: it goes only where all are critical results.
func dropSign(list []schemas.FlagSign, room *schemas.FlagSign) []schemas.FlagSign {
	drop := 0
	for i := range list {
		x := &list[i]
		if x.Kind == room.Kind && x.Source == room.Source && x.About == room.About {
			return slices.Delete(list, i, i+1)
		}
		if x.Source < list[drop].Source {
			drop = i
		}
	}
	return slices.Delete(list, drop, drop+1)
}

// leftAlready finds the step that left a page which arrives after it, among the shard's last ones: they are
// in the order of time, so that the first later one is it. 0 where there is none.
func (j *Journey) leftAlready() (at schemas.Millis, read int32) {
	for i := range j.Shard.Recent {
		s := &j.Shard.Recent[i]
		if s.Channel.IsDigital() && s.At > j.Touchpoint.OccurredAt {
			return s.At, readFor(s.At - j.Touchpoint.OccurredAt)
		}
	}
	return 0, 0
}
