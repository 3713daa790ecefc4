// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
)

// Touchpoint: Something a patient did, or that was done for a patient, on one channel at one time.
type Touchpoint struct {
	// Unique for ever: the CloudEvents source and id, joined by a slash.
	EventID string
	// Event time.
	OccurredAt Millis
	// When the source system took it in.
	ReceivedAt Millis
	// Where it happened; must be the channel of its topic.
	Channel Channel
	// Who, strongest first or in any order; empty past INGEST.
	Identifiers []Identifier
	// The contact center's own id of the call or chat, where there is one.
	ContactID Opt[string]
	// The source's session; removed by INGEST.
	SessionID Opt[Protected]
	// BCP 47 tag that the patient chose, where stated.
	Language Opt[string]
	// What happened, typed by channel.
	Body TouchpointBody
}

// TouchpointBodyKind says which branch of a TouchpointBody holds.
type TouchpointBodyKind uint8

// The branches of TouchpointBody, by their index in the schema.
const (
	TouchpointBodyWeb  TouchpointBodyKind = 0
	TouchpointBodyApp  TouchpointBodyKind = 1
	TouchpointBodyCall TouchpointBodyKind = 2
	TouchpointBodyEhr  TouchpointBodyKind = 3
)

// String names the branch.
func (k TouchpointBodyKind) String() string {
	switch k {
	case 0:
		return "Web"
	case 1:
		return "App"
	case 2:
		return "Call"
	case 3:
		return "Ehr"
	}
	return fmt.Sprintf("TouchpointBodyKind(%d)", uint8(k))
}

// TouchpointBody is one of its branches: the one that Kind says; the others are zero.
type TouchpointBody struct {
	Kind TouchpointBodyKind
	Web  Web
	App  App
	Call Call
	Ehr  Ehr
}

func (v *TouchpointBody) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Kind), 4)
	switch v.Kind {
	case TouchpointBodyWeb:
		dst = v.Web.AppendAvro(dst)
	case TouchpointBodyApp:
		dst = v.App.AppendAvro(dst)
	case TouchpointBodyCall:
		dst = v.Call.AppendAvro(dst)
	case TouchpointBodyEhr:
		dst = v.Ehr.AppendAvro(dst)
	}
	return dst
}

func (v *TouchpointBody) decodeAvro(src []byte, i int) (_ int, err error) {
	var k int
	if k, i = readIndex(src, i, 4); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.body", Problem: Problem(i)}
	}
	if kind := TouchpointBodyKind(k); kind != v.Kind {
		v.Reset()
		v.Kind = kind
	}
	switch v.Kind {
	case TouchpointBodyWeb:
		if i, err = v.Web.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case TouchpointBodyApp:
		if i, err = v.App.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case TouchpointBodyCall:
		if i, err = v.Call.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case TouchpointBodyEhr:
		if i, err = v.Ehr.decodeAvro(src, i); err != nil {
			return 0, err
		}
	}
	return i, nil
}

// Reset makes the first branch hold, with all its fields zero; slices keep their memory for reuse.
func (v *TouchpointBody) Reset() {
	*v = TouchpointBody{}
}

// Clone returns a copy that shares no memory with v.
func (v *TouchpointBody) Clone() TouchpointBody {
	c := *v
	switch v.Kind {
	case TouchpointBodyWeb:
		c.Web = c.Web.Clone()
	case TouchpointBodyApp:
		c.App = c.App.Clone()
	case TouchpointBodyCall:
		c.Call = c.Call.Clone()
	case TouchpointBodyEhr:
		c.Ehr = c.Ehr.Clone()
	}
	return c
}

// AppendAvro appends the Avro binary form to dst.
func (v *Touchpoint) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.EventID))
	dst = appendLong(dst, int64(v.OccurredAt))
	dst = appendLong(dst, int64(v.ReceivedAt))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	if len(v.Identifiers) > 0 {
		dst = appendLong(dst, int64(len(v.Identifiers)))
		for n1 := range v.Identifiers {
			dst = v.Identifiers[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	if v.ContactID.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.ContactID.V))
	} else {
		dst = append(dst, 0)
	}
	if v.SessionID.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.SessionID.V))
	} else {
		dst = append(dst, 0)
	}
	if v.Language.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.Language.V))
	} else {
		dst = append(dst, 0)
	}
	dst = v.Body.AppendAvro(dst)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Touchpoint) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Touchpoint) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.event_id", Problem: Problem(i)}
	}
	var x2 int64
	if x2, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.occurred_at", Problem: Problem(i)}
	}
	v.OccurredAt = Millis(x2)
	var x3 int64
	if x3, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.received_at", Problem: Problem(i)}
	}
	v.ReceivedAt = Millis(x3)
	var x4 int
	if x4, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x4)
	v.Identifiers = v.Identifiers[:0]
	for {
		var n5 int
		if n5, i = readBlock(src, i, 2); i < 0 {
			return 0, &DecodeError{Field: "Touchpoint.identifiers", Problem: Problem(i)}
		}
		if n5 == 0 {
			break
		}
		v.Identifiers = reserve(v.Identifiers, n5)
		for range n5 {
			v.Identifiers = extend(v.Identifiers)
			item6 := &v.Identifiers[len(v.Identifiers)-1]
			if i, err = (*item6).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	var x7 int
	if x7, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.contact_id", Problem: Problem(i)}
	}
	if v.ContactID.OK = x7 != 0; v.ContactID.OK {
		if v.ContactID.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Touchpoint.contact_id", Problem: Problem(i)}
		}
	} else {
		v.ContactID = Opt[string]{}
	}
	var x8 int
	if x8, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.session_id", Problem: Problem(i)}
	}
	if v.SessionID.OK = x8 != 0; v.SessionID.OK {
		var x9 string
		if x9, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Touchpoint.session_id", Problem: Problem(i)}
		}
		v.SessionID.V = Protected(x9)
	} else {
		v.SessionID = Opt[Protected]{}
	}
	var x10 int
	if x10, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Touchpoint.language", Problem: Problem(i)}
	}
	if v.Language.OK = x10 != 0; v.Language.OK {
		if v.Language.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Touchpoint.language", Problem: Problem(i)}
		}
	} else {
		v.Language = Opt[string]{}
	}
	if i, err = v.Body.decodeAvro(src, i); err != nil {
		return 0, err
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Touchpoint) Clone() Touchpoint {
	c := *v
	c.EventID = cloneString(c.EventID)
	c.Identifiers = slices.Clone(c.Identifiers)
	for n11 := range c.Identifiers {
		c.Identifiers[n11] = c.Identifiers[n11].Clone()
	}
	c.ContactID.V = cloneString(c.ContactID.V)
	c.SessionID.V = cloneString(c.SessionID.V)
	c.Language.V = cloneString(c.Language.V)
	c.Body = c.Body.Clone()
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Touchpoint) Reset() {
	v.EventID = ""
	v.OccurredAt = 0
	v.ReceivedAt = 0
	v.Channel = 0
	v.Identifiers = v.Identifiers[:0]
	v.ContactID = Opt[string]{}
	v.SessionID = Opt[Protected]{}
	v.Language = Opt[string]{}
	v.Body = TouchpointBody{}
}

// App: A step in the mobile app: screens, chatbot, portal messages, video visits.
type App struct {
	// What happened.
	Event AppEvent
	// Screen in the site's content map.
	Screen Protected
	// Contact reason of the screen, bot intent or message topic, or empty.
	Reason string
	// Portal message thread, where the event is about one.
	MessageID Opt[string]
	// Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.
	Results int32
	// Milliseconds on the screen before this step, 0 to a day.
	DwellMs int32
}

// AppendAvro appends the Avro binary form to dst.
func (v *App) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Event), 24)
	dst = appendString(dst, string(v.Screen))
	dst = appendString(dst, string(v.Reason))
	if v.MessageID.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.MessageID.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendLong(dst, int64(v.Results))
	dst = appendLong(dst, int64(v.DwellMs))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *App) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *App) decodeAvro(src []byte, i int) (_ int, err error) {
	var x12 int
	if x12, i = readIndex(src, i, 24); i < 0 {
		return 0, &DecodeError{Field: "App.event", Problem: Problem(i)}
	}
	v.Event = AppEvent(x12)
	var x13 string
	if x13, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "App.screen", Problem: Problem(i)}
	}
	v.Screen = Protected(x13)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "App.reason", Problem: Problem(i)}
	}
	var x14 int
	if x14, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "App.message_id", Problem: Problem(i)}
	}
	if v.MessageID.OK = x14 != 0; v.MessageID.OK {
		if v.MessageID.V, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "App.message_id", Problem: Problem(i)}
		}
	} else {
		v.MessageID = Opt[string]{}
	}
	if v.Results, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "App.results", Problem: Problem(i)}
	}
	if v.DwellMs, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "App.dwell_ms", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *App) Clone() App {
	c := *v
	c.Screen = cloneString(c.Screen)
	c.Reason = cloneString(c.Reason)
	c.MessageID.V = cloneString(c.MessageID.V)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *App) Reset() {
	*v = App{}
}

// AppEvent: see the schema.
type AppEvent uint8

// The symbols of AppEvent.
const (
	AppEventUnknown               AppEvent = 0
	AppEventScreenView            AppEvent = 1
	AppEventSearch                AppEvent = 2
	AppEventFormStart             AppEvent = 3
	AppEventFormSubmit            AppEvent = 4
	AppEventFormError             AppEvent = 5
	AppEventFormAbandon           AppEvent = 6
	AppEventLogin                 AppEvent = 7
	AppEventLoginFailed           AppEvent = 8
	AppEventPushOpened            AppEvent = 9
	AppEventChatbotTurn           AppEvent = 10
	AppEventChatbotResolved       AppEvent = 11
	AppEventChatbotFailed         AppEvent = 12
	AppEventChatbotHandoffRefused AppEvent = 13
	AppEventMessageSent           AppEvent = 14
	AppEventMessageAnswered       AppEvent = 15
	AppEventMessageRead           AppEvent = 16
	AppEventVideoWaiting          AppEvent = 17
	AppEventVideoJoined           AppEvent = 18
	AppEventVideoFailed           AppEvent = 19
	AppEventVideoEnded            AppEvent = 20
	AppEventBookingMade           AppEvent = 21
	AppEventPaymentFailed         AppEvent = 22
	AppEventRageClick             AppEvent = 23
)

// AppEventCount is how many symbols AppEvent has.
const AppEventCount = 24

// String is the symbol.
func (e AppEvent) String() string {
	switch e {
	case AppEventUnknown:
		return "unknown"
	case AppEventScreenView:
		return "screen_view"
	case AppEventSearch:
		return "search"
	case AppEventFormStart:
		return "form_start"
	case AppEventFormSubmit:
		return "form_submit"
	case AppEventFormError:
		return "form_error"
	case AppEventFormAbandon:
		return "form_abandon"
	case AppEventLogin:
		return "login"
	case AppEventLoginFailed:
		return "login_failed"
	case AppEventPushOpened:
		return "push_opened"
	case AppEventChatbotTurn:
		return "chatbot_turn"
	case AppEventChatbotResolved:
		return "chatbot_resolved"
	case AppEventChatbotFailed:
		return "chatbot_failed"
	case AppEventChatbotHandoffRefused:
		return "chatbot_handoff_refused"
	case AppEventMessageSent:
		return "message_sent"
	case AppEventMessageAnswered:
		return "message_answered"
	case AppEventMessageRead:
		return "message_read"
	case AppEventVideoWaiting:
		return "video_waiting"
	case AppEventVideoJoined:
		return "video_joined"
	case AppEventVideoFailed:
		return "video_failed"
	case AppEventVideoEnded:
		return "video_ended"
	case AppEventBookingMade:
		return "booking_made"
	case AppEventPaymentFailed:
		return "payment_failed"
	case AppEventRageClick:
		return "rage_click"
	}
	return fmt.Sprintf("AppEvent(%d)", uint8(e))
}

// ParseAppEvent finds the value of a symbol; ok is false where there is none.
func ParseAppEvent(symbol string) (e AppEvent, ok bool) {
	switch symbol {
	case "unknown":
		return AppEventUnknown, true
	case "screen_view":
		return AppEventScreenView, true
	case "search":
		return AppEventSearch, true
	case "form_start":
		return AppEventFormStart, true
	case "form_submit":
		return AppEventFormSubmit, true
	case "form_error":
		return AppEventFormError, true
	case "form_abandon":
		return AppEventFormAbandon, true
	case "login":
		return AppEventLogin, true
	case "login_failed":
		return AppEventLoginFailed, true
	case "push_opened":
		return AppEventPushOpened, true
	case "chatbot_turn":
		return AppEventChatbotTurn, true
	case "chatbot_resolved":
		return AppEventChatbotResolved, true
	case "chatbot_failed":
		return AppEventChatbotFailed, true
	case "chatbot_handoff_refused":
		return AppEventChatbotHandoffRefused, true
	case "message_sent":
		return AppEventMessageSent, true
	case "message_answered":
		return AppEventMessageAnswered, true
	case "message_read":
		return AppEventMessageRead, true
	case "video_waiting":
		return AppEventVideoWaiting, true
	case "video_joined":
		return AppEventVideoJoined, true
	case "video_failed":
		return AppEventVideoFailed, true
	case "video_ended":
		return AppEventVideoEnded, true
	case "booking_made":
		return AppEventBookingMade, true
	case "payment_failed":
		return AppEventPaymentFailed, true
	case "rage_click":
		return AppEventRageClick, true
	}
	return AppEventUnknown, false
}

// MarshalText is the symbol.
func (e AppEvent) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *AppEvent) UnmarshalText(text []byte) error {
	v, ok := ParseAppEvent(string(text))
	if !ok {
		return &DecodeError{Field: "AppEvent", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// Call: A step of a phone contact.
type Call struct {
	// What happened.
	Event CallEvent
	// Queue or line, or empty.
	Queue string
	// The contact center's own priority, 0 to 15.
	Priority int32
	// Contact reason, once known (disposition), or what an IVR took it for.
	Reason string
	// Time in the queue, 0 to a day: on answered, abandoned and disposition.
	WaitMs int64
	// Time with the agent, 0 to a day: on ended and disposition.
	TalkMs int64
	// Time in the voice menu, 0 to a day: on self_service and disposition.
	SelfServiceMs int64
	// On disposition: the call had stood in a queue.
	Queued bool
	// On disposition: an agent took the call.
	Answered bool
	// On disposition: the caller hung up in the queue.
	Abandoned bool
	// The source marked the row as no call at all; rejected by INGEST.
	Phantom bool
	// Who answered, as the contact center names them.
	Agent Opt[Protected]
	// Who calls for the patient whom the identifiers name: parent, guardian, caregiver or another relationship of FHIR's RelatedPerson; empty: the patient, as far as is known. INGEST says it where the number is linked to the patient with a relation.
	Relation string
	// With a relation: what that person may be told, as the health record has it: all, scheduling, billing, none or a code of the site; empty: not known. INGEST says it as it does the relation.
	MayKnow string
	// How this call proved who calls: voice_pin, token (handed over by a logged-in session), agent and so on; empty: it did not. A caller's number proves nothing.
	Authenticated string
	// On disposition: another contact reason of the same contact, where it had two; models learn each with half the weight. Figures count the contact under reason.
	SecondReason string
	// Of whoever calls, where the call does not tell for whom: what they are to a patient for whom they may act. INGEST says it of a number that several patients have, of one of them by a relation.
	ActsAs string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Call) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Event), 9)
	dst = appendString(dst, string(v.Queue))
	dst = appendLong(dst, int64(v.Priority))
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.TalkMs))
	dst = appendLong(dst, int64(v.SelfServiceMs))
	dst = appendBool(dst, v.Queued)
	dst = appendBool(dst, v.Answered)
	dst = appendBool(dst, v.Abandoned)
	dst = appendBool(dst, v.Phantom)
	if v.Agent.OK {
		dst = append(dst, 2)
		dst = appendString(dst, string(v.Agent.V))
	} else {
		dst = append(dst, 0)
	}
	dst = appendString(dst, string(v.Relation))
	dst = appendString(dst, string(v.MayKnow))
	dst = appendString(dst, string(v.Authenticated))
	dst = appendString(dst, string(v.SecondReason))
	dst = appendString(dst, string(v.ActsAs))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Call) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Call) decodeAvro(src []byte, i int) (_ int, err error) {
	var x15 int
	if x15, i = readIndex(src, i, 9); i < 0 {
		return 0, &DecodeError{Field: "Call.event", Problem: Problem(i)}
	}
	v.Event = CallEvent(x15)
	if v.Queue, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.queue", Problem: Problem(i)}
	}
	if v.Priority, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.priority", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.reason", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.wait_ms", Problem: Problem(i)}
	}
	if v.TalkMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.talk_ms", Problem: Problem(i)}
	}
	if v.SelfServiceMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.self_service_ms", Problem: Problem(i)}
	}
	if v.Queued, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.queued", Problem: Problem(i)}
	}
	if v.Answered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.answered", Problem: Problem(i)}
	}
	if v.Abandoned, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.abandoned", Problem: Problem(i)}
	}
	if v.Phantom, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.phantom", Problem: Problem(i)}
	}
	var x16 int
	if x16, i = readIndex(src, i, 2); i < 0 {
		return 0, &DecodeError{Field: "Call.agent", Problem: Problem(i)}
	}
	if v.Agent.OK = x16 != 0; v.Agent.OK {
		var x17 string
		if x17, i = readString(src, i); i < 0 {
			return 0, &DecodeError{Field: "Call.agent", Problem: Problem(i)}
		}
		v.Agent.V = Protected(x17)
	} else {
		v.Agent = Opt[Protected]{}
	}
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.relation", Problem: Problem(i)}
	}
	if v.MayKnow, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.may_know", Problem: Problem(i)}
	}
	if v.Authenticated, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.authenticated", Problem: Problem(i)}
	}
	if v.SecondReason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.second_reason", Problem: Problem(i)}
	}
	if v.ActsAs, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Call.acts_as", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Call) Clone() Call {
	c := *v
	c.Queue = cloneString(c.Queue)
	c.Reason = cloneString(c.Reason)
	c.Agent.V = cloneString(c.Agent.V)
	c.Relation = cloneString(c.Relation)
	c.MayKnow = cloneString(c.MayKnow)
	c.Authenticated = cloneString(c.Authenticated)
	c.SecondReason = cloneString(c.SecondReason)
	c.ActsAs = cloneString(c.ActsAs)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Call) Reset() {
	*v = Call{}
}

// CallEvent: see the schema.
type CallEvent uint8

// The symbols of CallEvent.
const (
	CallEventUnknown           CallEvent = 0
	CallEventSelfService       CallEvent = 1
	CallEventQueued            CallEvent = 2
	CallEventAbandoned         CallEvent = 3
	CallEventAnswered          CallEvent = 4
	CallEventTransferred       CallEvent = 5
	CallEventCallbackRequested CallEvent = 6
	CallEventEnded             CallEvent = 7
	CallEventDisposition       CallEvent = 8
)

// CallEventCount is how many symbols CallEvent has.
const CallEventCount = 9

// String is the symbol.
func (e CallEvent) String() string {
	switch e {
	case CallEventUnknown:
		return "unknown"
	case CallEventSelfService:
		return "self_service"
	case CallEventQueued:
		return "queued"
	case CallEventAbandoned:
		return "abandoned"
	case CallEventAnswered:
		return "answered"
	case CallEventTransferred:
		return "transferred"
	case CallEventCallbackRequested:
		return "callback_requested"
	case CallEventEnded:
		return "ended"
	case CallEventDisposition:
		return "disposition"
	}
	return fmt.Sprintf("CallEvent(%d)", uint8(e))
}

// ParseCallEvent finds the value of a symbol; ok is false where there is none.
func ParseCallEvent(symbol string) (e CallEvent, ok bool) {
	switch symbol {
	case "unknown":
		return CallEventUnknown, true
	case "self_service":
		return CallEventSelfService, true
	case "queued":
		return CallEventQueued, true
	case "abandoned":
		return CallEventAbandoned, true
	case "answered":
		return CallEventAnswered, true
	case "transferred":
		return CallEventTransferred, true
	case "callback_requested":
		return CallEventCallbackRequested, true
	case "ended":
		return CallEventEnded, true
	case "disposition":
		return CallEventDisposition, true
	}
	return CallEventUnknown, false
}

// MarshalText is the symbol.
func (e CallEvent) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *CallEvent) UnmarshalText(text []byte) error {
	v, ok := ParseCallEvent(string(text))
	if !ok {
		return &DecodeError{Field: "CallEvent", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// Channel: see the schema.
type Channel uint8

// The symbols of Channel.
const (
	ChannelUnknown Channel = 0
	ChannelWeb     Channel = 1
	ChannelApp     Channel = 2
	ChannelCall    Channel = 3
	ChannelEhr     Channel = 4
)

// ChannelCount is how many symbols Channel has.
const ChannelCount = 5

// String is the symbol.
func (e Channel) String() string {
	switch e {
	case ChannelUnknown:
		return "unknown"
	case ChannelWeb:
		return "web"
	case ChannelApp:
		return "app"
	case ChannelCall:
		return "call"
	case ChannelEhr:
		return "ehr"
	}
	return fmt.Sprintf("Channel(%d)", uint8(e))
}

// ParseChannel finds the value of a symbol; ok is false where there is none.
func ParseChannel(symbol string) (e Channel, ok bool) {
	switch symbol {
	case "unknown":
		return ChannelUnknown, true
	case "web":
		return ChannelWeb, true
	case "app":
		return ChannelApp, true
	case "call":
		return ChannelCall, true
	case "ehr":
		return ChannelEhr, true
	}
	return ChannelUnknown, false
}

// MarshalText is the symbol.
func (e Channel) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *Channel) UnmarshalText(text []byte) error {
	v, ok := ParseChannel(string(text))
	if !ok {
		return &DecodeError{Field: "Channel", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// Ehr: A fact from the electronic health record.
type Ehr struct {
	// What happened.
	Event EhrEvent
	// Code that goes with it, such as a Gravity category for need_recorded.
	Code Protected
	// Contact reason that the site's map ties to this fact, or empty.
	Reason string
	// Status, such as denied or abnormal_critical, or empty.
	Status string
	// When it falls due (appointment, refill), from two years before it occurred to ten years after; 0 where it does not.
	DueAt Millis
	// For needs: self-reported, observed, administrative or derived.
	Provenance string
	// Of whoever the identifiers name, and not of a patient's care (FHIR RelatedPerson): may act for a patient, who is not named, as parent, guardian, caregiver or another relationship; none: no longer; empty: not such a record.
	ActsAs string
}

// AppendAvro appends the Avro binary form to dst.
func (v *Ehr) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Event), 22)
	dst = appendString(dst, string(v.Code))
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.Status))
	dst = appendLong(dst, int64(v.DueAt))
	dst = appendString(dst, string(v.Provenance))
	dst = appendString(dst, string(v.ActsAs))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Ehr) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Ehr) decodeAvro(src []byte, i int) (_ int, err error) {
	var x18 int
	if x18, i = readIndex(src, i, 22); i < 0 {
		return 0, &DecodeError{Field: "Ehr.event", Problem: Problem(i)}
	}
	v.Event = EhrEvent(x18)
	var x19 string
	if x19, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Ehr.code", Problem: Problem(i)}
	}
	v.Code = Protected(x19)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Ehr.reason", Problem: Problem(i)}
	}
	if v.Status, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Ehr.status", Problem: Problem(i)}
	}
	var x20 int64
	if x20, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Ehr.due_at", Problem: Problem(i)}
	}
	v.DueAt = Millis(x20)
	if v.Provenance, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Ehr.provenance", Problem: Problem(i)}
	}
	if v.ActsAs, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Ehr.acts_as", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Ehr) Clone() Ehr {
	c := *v
	c.Code = cloneString(c.Code)
	c.Reason = cloneString(c.Reason)
	c.Status = cloneString(c.Status)
	c.Provenance = cloneString(c.Provenance)
	c.ActsAs = cloneString(c.ActsAs)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Ehr) Reset() {
	*v = Ehr{}
}

// EhrEvent: see the schema.
type EhrEvent uint8

// The symbols of EhrEvent.
const (
	EhrEventUnknown              EhrEvent = 0
	EhrEventAppointmentBooked    EhrEvent = 1
	EhrEventAppointmentChanged   EhrEvent = 2
	EhrEventAppointmentCancelled EhrEvent = 3
	EhrEventAppointmentNoShow    EhrEvent = 4
	EhrEventOrderPlaced          EhrEvent = 5
	EhrEventReferralStatus       EhrEvent = 6
	EhrEventResultFinal          EhrEvent = 7
	EhrEventResultPending        EhrEvent = 8
	EhrEventPrescription         EhrEvent = 9
	EhrEventRefillDue            EhrEvent = 10
	EhrEventRefillRequested      EhrEvent = 11
	EhrEventRefillCompleted      EhrEvent = 12
	EhrEventAdmission            EhrEvent = 13
	EhrEventDischarge            EhrEvent = 14
	EhrEventStatement            EhrEvent = 15
	EhrEventClaimDenied          EhrEvent = 16
	EhrEventMessageAnswered      EhrEvent = 17
	EhrEventCoverageChanged      EhrEvent = 18
	EhrEventNeedRecorded         EhrEvent = 19
	EhrEventAccountLocked        EhrEvent = 20
	EhrEventDeceased             EhrEvent = 21
)

// EhrEventCount is how many symbols EhrEvent has.
const EhrEventCount = 22

// String is the symbol.
func (e EhrEvent) String() string {
	switch e {
	case EhrEventUnknown:
		return "unknown"
	case EhrEventAppointmentBooked:
		return "appointment_booked"
	case EhrEventAppointmentChanged:
		return "appointment_changed"
	case EhrEventAppointmentCancelled:
		return "appointment_cancelled"
	case EhrEventAppointmentNoShow:
		return "appointment_no_show"
	case EhrEventOrderPlaced:
		return "order_placed"
	case EhrEventReferralStatus:
		return "referral_status"
	case EhrEventResultFinal:
		return "result_final"
	case EhrEventResultPending:
		return "result_pending"
	case EhrEventPrescription:
		return "prescription"
	case EhrEventRefillDue:
		return "refill_due"
	case EhrEventRefillRequested:
		return "refill_requested"
	case EhrEventRefillCompleted:
		return "refill_completed"
	case EhrEventAdmission:
		return "admission"
	case EhrEventDischarge:
		return "discharge"
	case EhrEventStatement:
		return "statement"
	case EhrEventClaimDenied:
		return "claim_denied"
	case EhrEventMessageAnswered:
		return "message_answered"
	case EhrEventCoverageChanged:
		return "coverage_changed"
	case EhrEventNeedRecorded:
		return "need_recorded"
	case EhrEventAccountLocked:
		return "account_locked"
	case EhrEventDeceased:
		return "deceased"
	}
	return fmt.Sprintf("EhrEvent(%d)", uint8(e))
}

// ParseEhrEvent finds the value of a symbol; ok is false where there is none.
func ParseEhrEvent(symbol string) (e EhrEvent, ok bool) {
	switch symbol {
	case "unknown":
		return EhrEventUnknown, true
	case "appointment_booked":
		return EhrEventAppointmentBooked, true
	case "appointment_changed":
		return EhrEventAppointmentChanged, true
	case "appointment_cancelled":
		return EhrEventAppointmentCancelled, true
	case "appointment_no_show":
		return EhrEventAppointmentNoShow, true
	case "order_placed":
		return EhrEventOrderPlaced, true
	case "referral_status":
		return EhrEventReferralStatus, true
	case "result_final":
		return EhrEventResultFinal, true
	case "result_pending":
		return EhrEventResultPending, true
	case "prescription":
		return EhrEventPrescription, true
	case "refill_due":
		return EhrEventRefillDue, true
	case "refill_requested":
		return EhrEventRefillRequested, true
	case "refill_completed":
		return EhrEventRefillCompleted, true
	case "admission":
		return EhrEventAdmission, true
	case "discharge":
		return EhrEventDischarge, true
	case "statement":
		return EhrEventStatement, true
	case "claim_denied":
		return EhrEventClaimDenied, true
	case "message_answered":
		return EhrEventMessageAnswered, true
	case "coverage_changed":
		return EhrEventCoverageChanged, true
	case "need_recorded":
		return EhrEventNeedRecorded, true
	case "account_locked":
		return EhrEventAccountLocked, true
	case "deceased":
		return EhrEventDeceased, true
	}
	return EhrEventUnknown, false
}

// MarshalText is the symbol.
func (e EhrEvent) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *EhrEvent) UnmarshalText(text []byte) error {
	v, ok := ParseEhrEvent(string(text))
	if !ok {
		return &DecodeError{Field: "EhrEvent", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// Web: A step on the website or portal.
type Web struct {
	// What happened.
	Event WebEvent
	// Page in the site's content map, such as refill/form; never a URL.
	Page Protected
	// Contact reason that the content map gives this page, or empty.
	Reason string
	// Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.
	Results int32
	// Milliseconds on the page before this step, 0 to a day.
	DwellMs int32
}

// AppendAvro appends the Avro binary form to dst.
func (v *Web) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Event), 18)
	dst = appendString(dst, string(v.Page))
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Results))
	dst = appendLong(dst, int64(v.DwellMs))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Web) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Web) decodeAvro(src []byte, i int) (_ int, err error) {
	var x21 int
	if x21, i = readIndex(src, i, 18); i < 0 {
		return 0, &DecodeError{Field: "Web.event", Problem: Problem(i)}
	}
	v.Event = WebEvent(x21)
	var x22 string
	if x22, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Web.page", Problem: Problem(i)}
	}
	v.Page = Protected(x22)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Web.reason", Problem: Problem(i)}
	}
	if v.Results, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Web.results", Problem: Problem(i)}
	}
	if v.DwellMs, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Web.dwell_ms", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Web) Clone() Web {
	c := *v
	c.Page = cloneString(c.Page)
	c.Reason = cloneString(c.Reason)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Web) Reset() {
	*v = Web{}
}

// WebEvent: see the schema.
type WebEvent uint8

// The symbols of WebEvent.
const (
	WebEventUnknown       WebEvent = 0
	WebEventPageView      WebEvent = 1
	WebEventSearch        WebEvent = 2
	WebEventArticleView   WebEvent = 3
	WebEventFormStart     WebEvent = 4
	WebEventFormSubmit    WebEvent = 5
	WebEventFormError     WebEvent = 6
	WebEventFormAbandon   WebEvent = 7
	WebEventLogin         WebEvent = 8
	WebEventLoginFailed   WebEvent = 9
	WebEventPaymentFailed WebEvent = 10
	WebEventPaymentMade   WebEvent = 11
	WebEventRageClick     WebEvent = 12
	WebEventDeadClick     WebEvent = 13
	WebEventQuickBack     WebEvent = 14
	WebEventBookingMade   WebEvent = 15
	WebEventMessageSent   WebEvent = 16
	WebEventExit          WebEvent = 17
)

// WebEventCount is how many symbols WebEvent has.
const WebEventCount = 18

// String is the symbol.
func (e WebEvent) String() string {
	switch e {
	case WebEventUnknown:
		return "unknown"
	case WebEventPageView:
		return "page_view"
	case WebEventSearch:
		return "search"
	case WebEventArticleView:
		return "article_view"
	case WebEventFormStart:
		return "form_start"
	case WebEventFormSubmit:
		return "form_submit"
	case WebEventFormError:
		return "form_error"
	case WebEventFormAbandon:
		return "form_abandon"
	case WebEventLogin:
		return "login"
	case WebEventLoginFailed:
		return "login_failed"
	case WebEventPaymentFailed:
		return "payment_failed"
	case WebEventPaymentMade:
		return "payment_made"
	case WebEventRageClick:
		return "rage_click"
	case WebEventDeadClick:
		return "dead_click"
	case WebEventQuickBack:
		return "quick_back"
	case WebEventBookingMade:
		return "booking_made"
	case WebEventMessageSent:
		return "message_sent"
	case WebEventExit:
		return "exit"
	}
	return fmt.Sprintf("WebEvent(%d)", uint8(e))
}

// ParseWebEvent finds the value of a symbol; ok is false where there is none.
func ParseWebEvent(symbol string) (e WebEvent, ok bool) {
	switch symbol {
	case "unknown":
		return WebEventUnknown, true
	case "page_view":
		return WebEventPageView, true
	case "search":
		return WebEventSearch, true
	case "article_view":
		return WebEventArticleView, true
	case "form_start":
		return WebEventFormStart, true
	case "form_submit":
		return WebEventFormSubmit, true
	case "form_error":
		return WebEventFormError, true
	case "form_abandon":
		return WebEventFormAbandon, true
	case "login":
		return WebEventLogin, true
	case "login_failed":
		return WebEventLoginFailed, true
	case "payment_failed":
		return WebEventPaymentFailed, true
	case "payment_made":
		return WebEventPaymentMade, true
	case "rage_click":
		return WebEventRageClick, true
	case "dead_click":
		return WebEventDeadClick, true
	case "quick_back":
		return WebEventQuickBack, true
	case "booking_made":
		return WebEventBookingMade, true
	case "message_sent":
		return WebEventMessageSent, true
	case "exit":
		return WebEventExit, true
	}
	return WebEventUnknown, false
}

// MarshalText is the symbol.
func (e WebEvent) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a symbol.
func (e *WebEvent) UnmarshalText(text []byte) error {
	v, ok := ParseWebEvent(string(text))
	if !ok {
		return &DecodeError{Field: "WebEvent", Problem: ProblemEnum}
	}
	*e = v
	return nil
}

// TouchpointSchema is the self-contained Avro schema of Touchpoint.
const TouchpointSchema = `{"type":"record","name":"Touchpoint","namespace":"health.attune","doc":"Something a patient did, or that was done for a patient, on one channel at one time.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever: the CloudEvents source and id, joined by a slash."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"received_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the source system took it in."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Where it happened; must be the channel of its topic.","default":"unknown"},{"name":"identifiers","type":{"type":"array","items":{"type":"record","name":"Identifier","doc":"One thing a person or device is known by at the source.","fields":[{"name":"kind","type":{"type":"enum","name":"IdentifierKind","symbols":["unknown","mrn","member","phone","email","device","cookie","contact"],"default":"unknown"},"doc":"What sort of identifier this is.","default":"unknown"},{"name":"value","type":"string","doc":"The identifier itself, as the source writes it.","attune.tag":"identifier"}]}},"doc":"Who, strongest first or in any order; empty past INGEST."},{"name":"contact_id","type":["null","string"],"doc":"The contact center's own id of the call or chat, where there is one.","default":null},{"name":"session_id","type":["null","string"],"doc":"The source's session; removed by INGEST.","default":null,"attune.tag":"identifier"},{"name":"language","type":["null","string"],"doc":"BCP 47 tag that the patient chose, where stated.","default":null},{"name":"body","type":[{"type":"record","name":"Web","doc":"A step on the website or portal.","fields":[{"name":"event","type":{"type":"enum","name":"WebEvent","symbols":["unknown","page_view","search","article_view","form_start","form_submit","form_error","form_abandon","login","login_failed","payment_failed","payment_made","rage_click","dead_click","quick_back","booking_made","message_sent","exit"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"page","type":"string","doc":"Page in the site's content map, such as refill/form; never a URL.","default":"","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason that the content map gives this page, or empty.","default":""},{"name":"results","type":"int","doc":"Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.","default":-1},{"name":"dwell_ms","type":"int","doc":"Milliseconds on the page before this step, 0 to a day.","default":0}]},{"type":"record","name":"App","doc":"A step in the mobile app: screens, chatbot, portal messages, video visits.","fields":[{"name":"event","type":{"type":"enum","name":"AppEvent","symbols":["unknown","screen_view","search","form_start","form_submit","form_error","form_abandon","login","login_failed","push_opened","chatbot_turn","chatbot_resolved","chatbot_failed","chatbot_handoff_refused","message_sent","message_answered","message_read","video_waiting","video_joined","video_failed","video_ended","booking_made","payment_failed","rage_click"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"screen","type":"string","doc":"Screen in the site's content map.","default":"","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason of the screen, bot intent or message topic, or empty.","default":""},{"name":"message_id","type":["null","string"],"doc":"Portal message thread, where the event is about one.","default":null},{"name":"results","type":"int","doc":"Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.","default":-1},{"name":"dwell_ms","type":"int","doc":"Milliseconds on the screen before this step, 0 to a day.","default":0}]},{"type":"record","name":"Call","doc":"A step of a phone contact.","fields":[{"name":"event","type":{"type":"enum","name":"CallEvent","symbols":["unknown","self_service","queued","abandoned","answered","transferred","callback_requested","ended","disposition"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"queue","type":"string","doc":"Queue or line, or empty.","default":""},{"name":"priority","type":"int","doc":"The contact center's own priority, 0 to 15.","default":0},{"name":"reason","type":"string","doc":"Contact reason, once known (disposition), or what an IVR took it for.","default":""},{"name":"wait_ms","type":"long","doc":"Time in the queue, 0 to a day: on answered, abandoned and disposition.","default":0},{"name":"talk_ms","type":"long","doc":"Time with the agent, 0 to a day: on ended and disposition.","default":0},{"name":"self_service_ms","type":"long","doc":"Time in the voice menu, 0 to a day: on self_service and disposition.","default":0},{"name":"queued","type":"boolean","doc":"On disposition: the call had stood in a queue.","default":false},{"name":"answered","type":"boolean","doc":"On disposition: an agent took the call.","default":false},{"name":"abandoned","type":"boolean","doc":"On disposition: the caller hung up in the queue.","default":false},{"name":"phantom","type":"boolean","doc":"The source marked the row as no call at all; rejected by INGEST.","default":false},{"name":"agent","type":["null","string"],"doc":"Who answered, as the contact center names them.","default":null,"attune.tag":"identifier"},{"name":"relation","type":"string","doc":"Who calls for the patient whom the identifiers name: parent, guardian, caregiver or another relationship of FHIR's RelatedPerson; empty: the patient, as far as is known. INGEST says it where the number is linked to the patient with a relation.","default":""},{"name":"may_know","type":"string","doc":"With a relation: what that person may be told, as the health record has it: all, scheduling, billing, none or a code of the site; empty: not known. INGEST says it as it does the relation.","default":""},{"name":"authenticated","type":"string","doc":"How this call proved who calls: voice_pin, token (handed over by a logged-in session), agent and so on; empty: it did not. A caller's number proves nothing.","default":""},{"name":"second_reason","type":"string","doc":"On disposition: another contact reason of the same contact, where it had two; models learn each with half the weight. Figures count the contact under reason.","default":""},{"name":"acts_as","type":"string","doc":"Of whoever calls, where the call does not tell for whom: what they are to a patient for whom they may act. INGEST says it of a number that several patients have, of one of them by a relation.","default":""}]},{"type":"record","name":"Ehr","doc":"A fact from the electronic health record.","fields":[{"name":"event","type":{"type":"enum","name":"EhrEvent","symbols":["unknown","appointment_booked","appointment_changed","appointment_cancelled","appointment_no_show","order_placed","referral_status","result_final","result_pending","prescription","refill_due","refill_requested","refill_completed","admission","discharge","statement","claim_denied","message_answered","coverage_changed","need_recorded","account_locked","deceased"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"code","type":"string","doc":"Code that goes with it, such as a Gravity category for need_recorded.","default":"","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason that the site's map ties to this fact, or empty.","default":""},{"name":"status","type":"string","doc":"Status, such as denied or abnormal_critical, or empty.","default":""},{"name":"due_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it falls due (appointment, refill), from two years before it occurred to ten years after; 0 where it does not.","default":0},{"name":"provenance","type":"string","doc":"For needs: self-reported, observed, administrative or derived.","default":""},{"name":"acts_as","type":"string","doc":"Of whoever the identifiers name, and not of a patient's care (FHIR RelatedPerson): may act for a patient, who is not named, as parent, guardian, caregiver or another relationship; none: no longer; empty: not such a record.","default":""}]}],"doc":"What happened, typed by channel."}]}`
