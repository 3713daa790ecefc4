package person

import (
	"slices"
	"strings"

	"github.com/attune-health/attune/schemas"
)

// SignSource is how a touchpoint came to be a sign of danger. The numbers are part of the state.
type SignSource int32

// The sources. A page is only looked at; of the others each is something that the patient has said, or
// that the health record says.
const (
	SignNone SignSource = iota
	SignPage
	SignSearch
	SignForm
	SignChatbot
	SignMessage
	SignMenu // the voice menu
	SignRecord
	signSources
)

var signNames = [signSources]string{"", "page", "search", "form", "chatbot", "message", "ivr", "health_record"}

// String is the source's name in decisions.
func (s SignSource) String() string {
	if s >= 0 && s < signSources {
		return signNames[s]
	}
	return ""
}

// maxSigns bounds the signs of a shard.
const maxSigns = 8

// keepSigns takes the touchpoint in as the step after the pages that were looked at last, and as a sign
// of its own. Nothing is judged here: how strong a sign is depends on what comes after it.
func (j *Journey) keepSigns(t *schemas.Taxonomy) {
	s, tp := &j.Shard.Signals, j.Touchpoint
	page, source := signOf(tp)
	if source == SignNone && len(s.RedFlags) == 0 {
		return // most touchpoints
	}
	hint, _ := t.Hint(page)
	if tp.Channel.IsDigital() && len(s.RedFlags) > 0 {
		j.leavePages(hint.Flag != schemas.FlagNone)
	}
	switch {
	case source == SignRecord:
		j.keepResult(&tp.Body.Ehr)
	case source != SignNone && hint.Flag != schemas.FlagNone:
		j.addSign(hint.Flag, source)
	}
}

// signOf is what a touchpoint may be a sign by: where it happened, and how it came about.
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

// leavePages says to the pages of the shard that were looked at before the touchpoint how long that
// was. Steps come in any order: the earliest one after a page is the one that left it.
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
			if dwell <= 0 {
				x.ReadMs = readFor(tp.OccurredAt - x.At)
			}
			j.Who.signals.has = false
		}
		if reason != "" && !alsoFlagged {
			x.StepsAfter++
			j.Who.signals.has = false
		}
	}
}

// stepOf is how long the page before a digital step was looked at, and what the step itself is about.
func stepOf(tp *schemas.Touchpoint) (dwell int32, reason string) {
	if tp.Body.Kind == schemas.TouchpointBodyWeb {
		return tp.Body.Web.DwellMs, tp.Body.Web.Reason
	}
	return tp.Body.App.DwellMs, tp.Body.App.Reason
}

// readFor bounds a time on a page: who comes back after a day has not read for a day.
func readFor(d schemas.Millis) int32 { return int32(min(d, schemas.Hour)) }

// keepResult keeps a critical result until a clinician has reviewed it. Another result, however good,
// says nothing about this one.
func (j *Journey) keepResult(e *schemas.Ehr) {
	s, at := &j.Shard.Signals, j.Touchpoint.OccurredAt
	switch e.Status {
	case "abnormal_critical", "critical":
		j.addSign(schemas.FlagCriticalResult, SignRecord)
	case "reviewed":
		n := len(s.RedFlags)
		s.RedFlags = slices.DeleteFunc(s.RedFlags, func(x schemas.FlagSign) bool { return SignSource(x.Source) == SignRecord && x.At <= at })
		if len(s.RedFlags) < n {
			j.Who.signals.has = false
		}
	}
}

// addSign keeps the touchpoint as a sign.
func (j *Journey) addSign(kind schemas.Flag, source SignSource) {
	s, tp := &j.Shard.Signals, j.Touchpoint
	x := schemas.FlagSign{Kind: int32(kind), Source: int32(source), EventID: strings.Clone(tp.EventID), At: tp.OccurredAt}
	if source == SignPage {
		x.LeftAt, x.ReadMs = j.leftAlready()
	}
	if len(s.RedFlags) == maxSigns {
		s.RedFlags = dropSign(s.RedFlags, &x)
	}
	i := len(s.RedFlags)
	for i > 0 && s.RedFlags[i-1].At > x.At {
		i--
	}
	s.RedFlags = slices.Insert(s.RedFlags, i, x)
	j.Who.signals.has = false
}

// dropSign makes room for a sign: by the oldest that says the same, else by the oldest page, which says
// least.
func dropSign(list []schemas.FlagSign, room *schemas.FlagSign) []schemas.FlagSign {
	i := slices.IndexFunc(list, func(x schemas.FlagSign) bool { return x.Kind == room.Kind && x.Source == room.Source })
	if i < 0 {
		i = slices.IndexFunc(list, func(x schemas.FlagSign) bool { return SignSource(x.Source) == SignPage })
	}
	return slices.Delete(list, max(i, 0), max(i, 0)+1)
}

// leftAlready finds the step that left a page which arrives after it.
func (j *Journey) leftAlready() (at schemas.Millis, read int32) {
	for i := range j.Shard.Recent {
		s := &j.Shard.Recent[i]
		if s.Channel.IsDigital() && s.At > j.Touchpoint.OccurredAt {
			return s.At, readFor(s.At - j.Touchpoint.OccurredAt)
		}
	}
	return 0, 0
}
