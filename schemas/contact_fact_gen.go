// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"slices"
)

// ContactFact: What is known of one contact that is over: how it went, and what the person did before it. A newer revision replaces it.
type ContactFact struct {
	// The contact center's own id; empty where it gave none.
	ContactID string
	// Who, as of this revision.
	PersonRef PersonRef
	// Channel of the contact.
	Channel Channel
	// Event time of its earliest touchpoint.
	StartedAt Millis
	// Event time at which it ended or was abandoned; 0 where only the disposition says that it is over.
	EndedAt Millis
	// Event time of its disposition; 0 where none has come.
	ConcludedAt Millis
	// A disposition has come.
	Concluded bool
	// Contact reason, from the disposition; empty where none has come.
	Reason string
	// The contact center's own priority.
	Priority int32
	// Last queue or line, or empty.
	Queue string
	// It stood in a queue.
	Queued bool
	// The caller hung up in the queue: nothing was resolved.
	Abandoned bool
	// An agent took it.
	Answered bool
	// Time in the queue.
	WaitMs int64
	// Time with the agent.
	TalkMs int64
	// Digital steps had failed before it.
	LastResort bool
	// How many.
	FailedSteps int32
	// Event id of the last of them, or empty.
	LastFailedEvent string
	// Its event time; 0 where none failed.
	LastFailedAt Millis
	// Its channel.
	LastFailedChannel Channel
	// What failed.
	LastFailedKind FailureKind
	// Contact reason that it is tied to, or empty.
	LastFailedReason string
	// The person had made contact for the same reason in the 7 days before.
	Repeat bool
	// When the last such contact began; 0 where there is none.
	PreviousAt Millis
	// Counts what has been said of the contact.
	Revision int32
	// Nothing that is in time can change it: the channels that it depends on have passed it.
	Final bool
	// The contact, which no other has: event id of the touchpoint that it began with; empty from a build that wrote none.
	ContactKey string
	// A link has shown that its touchpoints are part of another contact: there is none of this key.
	Withdrawn bool
	// It says the five fields that follow. False from a build that wrote none, and where such a build had the person's steps of the day before: then they are looked up in touchpoints.
	SelfContained bool
	// The failed steps before it, by event time: the newest 256; failed_steps counts all.
	Steps []StepBefore
	// When the person took the last step on web or app that is tied to the contact's reason, failed or not, in the 24 h before it; 0 where they took none.
	DigitalAt Millis
	// Language that its touchpoints stated last, or empty.
	Language string
	// Who calls for the patient, as its touchpoints said last; empty: the patient, as far as is known.
	Relation string
}

// AppendAvro appends the Avro binary form to dst.
func (v *ContactFact) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.ContactID))
	dst = appendString(dst, string(v.PersonRef))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendLong(dst, int64(v.StartedAt))
	dst = appendLong(dst, int64(v.EndedAt))
	dst = appendLong(dst, int64(v.ConcludedAt))
	dst = appendBool(dst, v.Concluded)
	dst = appendString(dst, string(v.Reason))
	dst = appendLong(dst, int64(v.Priority))
	dst = appendString(dst, string(v.Queue))
	dst = appendBool(dst, v.Queued)
	dst = appendBool(dst, v.Abandoned)
	dst = appendBool(dst, v.Answered)
	dst = appendLong(dst, int64(v.WaitMs))
	dst = appendLong(dst, int64(v.TalkMs))
	dst = appendBool(dst, v.LastResort)
	dst = appendLong(dst, int64(v.FailedSteps))
	dst = appendString(dst, string(v.LastFailedEvent))
	dst = appendLong(dst, int64(v.LastFailedAt))
	dst = appendIndex(dst, uint8(v.LastFailedChannel), 5)
	dst = appendIndex(dst, uint8(v.LastFailedKind), 12)
	dst = appendString(dst, string(v.LastFailedReason))
	dst = appendBool(dst, v.Repeat)
	dst = appendLong(dst, int64(v.PreviousAt))
	dst = appendLong(dst, int64(v.Revision))
	dst = appendBool(dst, v.Final)
	dst = appendString(dst, string(v.ContactKey))
	dst = appendBool(dst, v.Withdrawn)
	dst = appendBool(dst, v.SelfContained)
	if len(v.Steps) > 0 {
		dst = appendLong(dst, int64(len(v.Steps)))
		for n1 := range v.Steps {
			dst = v.Steps[n1].AppendAvro(dst)
		}
	}
	dst = append(dst, 0)
	dst = appendLong(dst, int64(v.DigitalAt))
	dst = appendString(dst, string(v.Language))
	dst = appendString(dst, string(v.Relation))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ContactFact) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ContactFact) decodeAvro(src []byte, i int) (_ int, err error) {
	if v.ContactID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.contact_id", Problem: Problem(i)}
	}
	var x2 string
	if x2, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x2)
	var x3 int
	if x3, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x3)
	var x4 int64
	if x4, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.started_at", Problem: Problem(i)}
	}
	v.StartedAt = Millis(x4)
	var x5 int64
	if x5, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.ended_at", Problem: Problem(i)}
	}
	v.EndedAt = Millis(x5)
	var x6 int64
	if x6, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.concluded_at", Problem: Problem(i)}
	}
	v.ConcludedAt = Millis(x6)
	if v.Concluded, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.concluded", Problem: Problem(i)}
	}
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.reason", Problem: Problem(i)}
	}
	if v.Priority, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.priority", Problem: Problem(i)}
	}
	if v.Queue, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.queue", Problem: Problem(i)}
	}
	if v.Queued, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.queued", Problem: Problem(i)}
	}
	if v.Abandoned, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.abandoned", Problem: Problem(i)}
	}
	if v.Answered, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.answered", Problem: Problem(i)}
	}
	if v.WaitMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.wait_ms", Problem: Problem(i)}
	}
	if v.TalkMs, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.talk_ms", Problem: Problem(i)}
	}
	if v.LastResort, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.last_resort", Problem: Problem(i)}
	}
	if v.FailedSteps, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.failed_steps", Problem: Problem(i)}
	}
	if v.LastFailedEvent, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.last_failed_event", Problem: Problem(i)}
	}
	var x7 int64
	if x7, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.last_failed_at", Problem: Problem(i)}
	}
	v.LastFailedAt = Millis(x7)
	var x8 int
	if x8, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.last_failed_channel", Problem: Problem(i)}
	}
	v.LastFailedChannel = Channel(x8)
	var x9 int
	if x9, i = readIndex(src, i, 12); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.last_failed_kind", Problem: Problem(i)}
	}
	v.LastFailedKind = FailureKind(x9)
	if v.LastFailedReason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.last_failed_reason", Problem: Problem(i)}
	}
	if v.Repeat, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.repeat", Problem: Problem(i)}
	}
	var x10 int64
	if x10, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.previous_at", Problem: Problem(i)}
	}
	v.PreviousAt = Millis(x10)
	if v.Revision, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.revision", Problem: Problem(i)}
	}
	if v.Final, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.final", Problem: Problem(i)}
	}
	if v.ContactKey, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.contact_key", Problem: Problem(i)}
	}
	if v.Withdrawn, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.withdrawn", Problem: Problem(i)}
	}
	if v.SelfContained, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.self_contained", Problem: Problem(i)}
	}
	v.Steps = v.Steps[:0]
	for {
		var n11 int
		if n11, i = readBlock(src, i, 6); i < 0 {
			return 0, &DecodeError{Field: "ContactFact.steps", Problem: Problem(i)}
		}
		if n11 == 0 {
			break
		}
		v.Steps = reserve(v.Steps, n11)
		for range n11 {
			v.Steps = extend(v.Steps)
			item12 := &v.Steps[len(v.Steps)-1]
			if i, err = (*item12).decodeAvro(src, i); err != nil {
				return 0, err
			}
		}
	}
	var x13 int64
	if x13, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.digital_at", Problem: Problem(i)}
	}
	v.DigitalAt = Millis(x13)
	if v.Language, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.language", Problem: Problem(i)}
	}
	if v.Relation, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ContactFact.relation", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ContactFact) Clone() ContactFact {
	c := *v
	c.ContactID = cloneString(c.ContactID)
	c.PersonRef = cloneString(c.PersonRef)
	c.Reason = cloneString(c.Reason)
	c.Queue = cloneString(c.Queue)
	c.LastFailedEvent = cloneString(c.LastFailedEvent)
	c.LastFailedReason = cloneString(c.LastFailedReason)
	c.ContactKey = cloneString(c.ContactKey)
	c.Steps = slices.Clone(c.Steps)
	for n14 := range c.Steps {
		c.Steps[n14] = c.Steps[n14].Clone()
	}
	c.Language = cloneString(c.Language)
	c.Relation = cloneString(c.Relation)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ContactFact) Reset() {
	v.ContactID = ""
	v.PersonRef = ""
	v.Channel = 0
	v.StartedAt = 0
	v.EndedAt = 0
	v.ConcludedAt = 0
	v.Concluded = false
	v.Reason = ""
	v.Priority = 0
	v.Queue = ""
	v.Queued = false
	v.Abandoned = false
	v.Answered = false
	v.WaitMs = 0
	v.TalkMs = 0
	v.LastResort = false
	v.FailedSteps = 0
	v.LastFailedEvent = ""
	v.LastFailedAt = 0
	v.LastFailedChannel = 0
	v.LastFailedKind = 0
	v.LastFailedReason = ""
	v.Repeat = false
	v.PreviousAt = 0
	v.Revision = 0
	v.Final = false
	v.ContactKey = ""
	v.Withdrawn = false
	v.SelfContained = false
	v.Steps = v.Steps[:0]
	v.DigitalAt = 0
	v.Language = ""
	v.Relation = ""
}

// StepBefore: A failed digital step before a contact.
type StepBefore struct {
	// Event time.
	At Millis
	// Where.
	Channel Channel
	// What failed.
	Kind FailureKind
	// Page or screen.
	Page Protected
	// Contact reason it is tied to, or empty.
	Reason string
	// The touchpoint.
	EventID string
}

// AppendAvro appends the Avro binary form to dst.
func (v *StepBefore) AppendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(v.At))
	dst = appendIndex(dst, uint8(v.Channel), 5)
	dst = appendIndex(dst, uint8(v.Kind), 12)
	dst = appendString(dst, string(v.Page))
	dst = appendString(dst, string(v.Reason))
	dst = appendString(dst, string(v.EventID))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *StepBefore) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *StepBefore) decodeAvro(src []byte, i int) (_ int, err error) {
	var x15 int64
	if x15, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "StepBefore.at", Problem: Problem(i)}
	}
	v.At = Millis(x15)
	var x16 int
	if x16, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "StepBefore.channel", Problem: Problem(i)}
	}
	v.Channel = Channel(x16)
	var x17 int
	if x17, i = readIndex(src, i, 12); i < 0 {
		return 0, &DecodeError{Field: "StepBefore.kind", Problem: Problem(i)}
	}
	v.Kind = FailureKind(x17)
	var x18 string
	if x18, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "StepBefore.page", Problem: Problem(i)}
	}
	v.Page = Protected(x18)
	if v.Reason, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "StepBefore.reason", Problem: Problem(i)}
	}
	if v.EventID, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "StepBefore.event_id", Problem: Problem(i)}
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *StepBefore) Clone() StepBefore {
	c := *v
	c.Page = cloneString(c.Page)
	c.Reason = cloneString(c.Reason)
	c.EventID = cloneString(c.EventID)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *StepBefore) Reset() {
	*v = StepBefore{}
}

// ContactFactSchema is the self-contained Avro schema of ContactFact.
const ContactFactSchema = `{"type":"record","name":"ContactFact","namespace":"health.attune","doc":"What is known of one contact that is over: how it went, and what the person did before it. A newer revision replaces it.","fields":[{"name":"contact_id","type":"string","doc":"The contact center's own id; empty where it gave none."},{"name":"person_ref","type":"string","doc":"Who, as of this revision."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Channel of the contact.","default":"unknown"},{"name":"started_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its earliest touchpoint."},{"name":"ended_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time at which it ended or was abandoned; 0 where only the disposition says that it is over.","default":0},{"name":"concluded_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of its disposition; 0 where none has come.","default":0},{"name":"concluded","type":"boolean","doc":"A disposition has come.","default":false},{"name":"reason","type":"string","doc":"Contact reason, from the disposition; empty where none has come.","default":""},{"name":"priority","type":"int","doc":"The contact center's own priority.","default":0},{"name":"queue","type":"string","doc":"Last queue or line, or empty.","default":""},{"name":"queued","type":"boolean","doc":"It stood in a queue.","default":false},{"name":"abandoned","type":"boolean","doc":"The caller hung up in the queue: nothing was resolved.","default":false},{"name":"answered","type":"boolean","doc":"An agent took it.","default":false},{"name":"wait_ms","type":"long","doc":"Time in the queue.","default":0},{"name":"talk_ms","type":"long","doc":"Time with the agent.","default":0},{"name":"last_resort","type":"boolean","doc":"Digital steps had failed before it.","default":false},{"name":"failed_steps","type":"int","doc":"How many.","default":0},{"name":"last_failed_event","type":"string","doc":"Event id of the last of them, or empty.","default":""},{"name":"last_failed_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Its event time; 0 where none failed.","default":0},{"name":"last_failed_channel","type":"health.attune.Channel","doc":"Its channel.","default":"unknown"},{"name":"last_failed_kind","type":{"type":"enum","name":"FailureKind","symbols":["unknown","form_error","form_abandoned","login_failed","payment_failed","search_empty","chatbot_failed","handoff_refused","video_failed","rage_click","article_twice","message_unanswered"],"default":"unknown"},"doc":"What failed.","default":"unknown"},{"name":"last_failed_reason","type":"string","doc":"Contact reason that it is tied to, or empty.","default":""},{"name":"repeat","type":"boolean","doc":"The person had made contact for the same reason in the 7 days before.","default":false},{"name":"previous_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the last such contact began; 0 where there is none.","default":0},{"name":"revision","type":"int","doc":"Counts what has been said of the contact."},{"name":"final","type":"boolean","doc":"Nothing that is in time can change it: the channels that it depends on have passed it.","default":false},{"name":"contact_key","type":"string","doc":"The contact, which no other has: event id of the touchpoint that it began with; empty from a build that wrote none.","default":""},{"name":"withdrawn","type":"boolean","doc":"A link has shown that its touchpoints are part of another contact: there is none of this key.","default":false},{"name":"self_contained","type":"boolean","doc":"It says the five fields that follow. False from a build that wrote none, and where such a build had the person's steps of the day before: then they are looked up in touchpoints.","default":false},{"name":"steps","type":{"type":"array","items":{"type":"record","name":"StepBefore","doc":"A failed digital step before a contact.","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"channel","type":"health.attune.Channel","doc":"Where.","default":"unknown"},{"name":"kind","type":"health.attune.FailureKind","doc":"What failed.","default":"unknown"},{"name":"page","type":"string","doc":"Page or screen.","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason it is tied to, or empty."},{"name":"event_id","type":"string","doc":"The touchpoint."}]}},"doc":"The failed steps before it, by event time: the newest 256; failed_steps counts all.","default":[]},{"name":"digital_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the person took the last step on web or app that is tied to the contact's reason, failed or not, in the 24 h before it; 0 where they took none.","default":0},{"name":"language","type":"string","doc":"Language that its touchpoints stated last, or empty.","default":""},{"name":"relation","type":"string","doc":"Who calls for the patient, as its touchpoints said last; empty: the patient, as far as is known.","default":""}]}`
