// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import (
	"fmt"
	"slices"
)

// Identified: What INGEST, IDENTITY and PATIENT tasks send to the owner of a person. Key: person_ref.
type Identified struct {
	// The owner, minted once; or the shard's pseudonym.
	PersonRef PersonRef
	// Keyed fingerprint of the identifier that this belongs to.
	Shard string
	// How often the shard had moved when the sender looked it up; 0 is the pseudonym.
	Epoch int32
	// The other identifiers name another person.
	IdentityConflict bool
	// Watermark that first judged a held or forwarded record; -1 on the first way.
	JudgedBy Millis
	// Wall clock of the ingest task, for latency only.
	IngestedAt Millis
	// Where the record came from.
	SourceTopic string
	// Its partition there.
	SourcePartition int32
	// Its offset there.
	SourceOffset int64
	// What is sent.
	Payload IdentifiedPayload
}

// IdentifiedPayloadKind says which branch of a IdentifiedPayload holds.
type IdentifiedPayloadKind uint8

// The branches of IdentifiedPayload, by their index in the schema.
const (
	IdentifiedPayloadTouchpoint    IdentifiedPayloadKind = 0
	IdentifiedPayloadConsent       IdentifiedPayloadKind = 1
	IdentifiedPayloadActionOutcome IdentifiedPayloadKind = 2
	IdentifiedPayloadMoveShard     IdentifiedPayloadKind = 3
	IdentifiedPayloadShardMoved    IdentifiedPayloadKind = 4
)

// String names the branch.
func (k IdentifiedPayloadKind) String() string {
	switch k {
	case 0:
		return "Touchpoint"
	case 1:
		return "Consent"
	case 2:
		return "ActionOutcome"
	case 3:
		return "MoveShard"
	case 4:
		return "ShardMoved"
	}
	return fmt.Sprintf("IdentifiedPayloadKind(%d)", uint8(k))
}

// IdentifiedPayload is one of its branches: the one that Kind says; the others are zero.
type IdentifiedPayload struct {
	Kind          IdentifiedPayloadKind
	Touchpoint    Touchpoint
	Consent       Consent
	ActionOutcome ActionOutcome
	MoveShard     MoveShard
	ShardMoved    ShardMoved
}

func (v *IdentifiedPayload) AppendAvro(dst []byte) []byte {
	dst = appendIndex(dst, uint8(v.Kind), 5)
	switch v.Kind {
	case IdentifiedPayloadTouchpoint:
		dst = v.Touchpoint.AppendAvro(dst)
	case IdentifiedPayloadConsent:
		dst = v.Consent.AppendAvro(dst)
	case IdentifiedPayloadActionOutcome:
		dst = v.ActionOutcome.AppendAvro(dst)
	case IdentifiedPayloadMoveShard:
		dst = v.MoveShard.AppendAvro(dst)
	case IdentifiedPayloadShardMoved:
		dst = v.ShardMoved.AppendAvro(dst)
	}
	return dst
}

func (v *IdentifiedPayload) decodeAvro(src []byte, i int) (_ int, err error) {
	var k int
	if k, i = readIndex(src, i, 5); i < 0 {
		return 0, &DecodeError{Field: "Identified.payload", Problem: Problem(i)}
	}
	if kind := IdentifiedPayloadKind(k); kind != v.Kind {
		v.Reset()
		v.Kind = kind
	}
	switch v.Kind {
	case IdentifiedPayloadTouchpoint:
		if i, err = v.Touchpoint.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case IdentifiedPayloadConsent:
		if i, err = v.Consent.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case IdentifiedPayloadActionOutcome:
		if i, err = v.ActionOutcome.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case IdentifiedPayloadMoveShard:
		if i, err = v.MoveShard.decodeAvro(src, i); err != nil {
			return 0, err
		}
	case IdentifiedPayloadShardMoved:
		if i, err = v.ShardMoved.decodeAvro(src, i); err != nil {
			return 0, err
		}
	}
	return i, nil
}

// Reset makes the first branch hold, with all its fields zero; slices keep their memory for reuse.
func (v *IdentifiedPayload) Reset() {
	switch v.Kind {
	case IdentifiedPayloadTouchpoint:
		v.Touchpoint.Reset()
	case IdentifiedPayloadConsent:
		v.Consent.Reset()
	case IdentifiedPayloadActionOutcome:
		v.ActionOutcome = ActionOutcome{}
	case IdentifiedPayloadMoveShard:
		v.MoveShard = MoveShard{}
	case IdentifiedPayloadShardMoved:
		v.ShardMoved = ShardMoved{}
	}
	v.Kind = 0
}

// Clone returns a copy that shares no memory with v.
func (v *IdentifiedPayload) Clone() IdentifiedPayload {
	c := *v
	switch v.Kind {
	case IdentifiedPayloadTouchpoint:
		c.Touchpoint = c.Touchpoint.Clone()
	case IdentifiedPayloadConsent:
		c.Consent = c.Consent.Clone()
	case IdentifiedPayloadActionOutcome:
		c.ActionOutcome = c.ActionOutcome.Clone()
	case IdentifiedPayloadMoveShard:
		c.MoveShard = c.MoveShard.Clone()
	case IdentifiedPayloadShardMoved:
		c.ShardMoved = c.ShardMoved.Clone()
	}
	return c
}

// AppendAvro appends the Avro binary form to dst.
func (v *Identified) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.PersonRef))
	dst = appendString(dst, string(v.Shard))
	dst = appendLong(dst, int64(v.Epoch))
	dst = appendBool(dst, v.IdentityConflict)
	dst = appendLong(dst, int64(v.JudgedBy))
	dst = appendLong(dst, int64(v.IngestedAt))
	dst = appendString(dst, string(v.SourceTopic))
	dst = appendLong(dst, int64(v.SourcePartition))
	dst = appendLong(dst, int64(v.SourceOffset))
	dst = v.Payload.AppendAvro(dst)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *Identified) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *Identified) decodeAvro(src []byte, i int) (_ int, err error) {
	var x1 string
	if x1, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.person_ref", Problem: Problem(i)}
	}
	v.PersonRef = PersonRef(x1)
	if v.Shard, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.shard", Problem: Problem(i)}
	}
	if v.Epoch, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.epoch", Problem: Problem(i)}
	}
	if v.IdentityConflict, i = readBool(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.identity_conflict", Problem: Problem(i)}
	}
	var x2 int64
	if x2, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.judged_by", Problem: Problem(i)}
	}
	v.JudgedBy = Millis(x2)
	var x3 int64
	if x3, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.ingested_at", Problem: Problem(i)}
	}
	v.IngestedAt = Millis(x3)
	if v.SourceTopic, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.source_topic", Problem: Problem(i)}
	}
	if v.SourcePartition, i = readInt(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.source_partition", Problem: Problem(i)}
	}
	if v.SourceOffset, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "Identified.source_offset", Problem: Problem(i)}
	}
	if i, err = v.Payload.decodeAvro(src, i); err != nil {
		return 0, err
	}
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *Identified) Clone() Identified {
	c := *v
	c.PersonRef = cloneString(c.PersonRef)
	c.Shard = cloneString(c.Shard)
	c.SourceTopic = cloneString(c.SourceTopic)
	c.Payload = c.Payload.Clone()
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *Identified) Reset() {
	v.PersonRef = ""
	v.Shard = ""
	v.Epoch = 0
	v.IdentityConflict = false
	v.JudgedBy = 0
	v.IngestedAt = 0
	v.SourceTopic = ""
	v.SourcePartition = 0
	v.SourceOffset = 0
	v.Payload.Reset()
}

// MoveShard: To the old owner: hand the shard over.
type MoveShard struct {
	// The new owner's person_ref.
	To PersonRef
	// Event time of the link.
	At Millis
}

// AppendAvro appends the Avro binary form to dst.
func (v *MoveShard) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.To))
	dst = appendLong(dst, int64(v.At))
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *MoveShard) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *MoveShard) decodeAvro(src []byte, i int) (_ int, err error) {
	var x4 string
	if x4, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "MoveShard.to", Problem: Problem(i)}
	}
	v.To = PersonRef(x4)
	var x5 int64
	if x5, i = readLong(src, i); i < 0 {
		return 0, &DecodeError{Field: "MoveShard.at", Problem: Problem(i)}
	}
	v.At = Millis(x5)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *MoveShard) Clone() MoveShard {
	c := *v
	c.To = cloneString(c.To)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *MoveShard) Reset() {
	*v = MoveShard{}
}

// ShardMoved: To the new owner: the shard's state, empty where there was none.
type ShardMoved struct {
	// The old owner's person_ref.
	From PersonRef
	// The shard's state in the operators' own versioned form.
	State ProtectedBytes
}

// AppendAvro appends the Avro binary form to dst.
func (v *ShardMoved) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, string(v.From))
	dst = appendBytes(dst, v.State)
	return dst
}

// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long
// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.
func (v *ShardMoved) DecodeAvro(src []byte) (rest []byte, err error) {
	i, err := v.decodeAvro(src, 0)
	if err != nil {
		return nil, err
	}
	return src[i:], nil
}

func (v *ShardMoved) decodeAvro(src []byte, i int) (_ int, err error) {
	var x6 string
	if x6, i = readString(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardMoved.from", Problem: Problem(i)}
	}
	v.From = PersonRef(x6)
	var x7 []byte
	if x7, i = readBytes(src, i); i < 0 {
		return 0, &DecodeError{Field: "ShardMoved.state", Problem: Problem(i)}
	}
	v.State = ProtectedBytes(x7)
	return i, nil
}

// Clone returns a copy that shares no memory with v.
func (v *ShardMoved) Clone() ShardMoved {
	c := *v
	c.From = cloneString(c.From)
	c.State = slices.Clone(c.State)
	return c
}

// Reset makes all fields zero; slices keep their memory for reuse.
func (v *ShardMoved) Reset() {
	*v = ShardMoved{}
}

// IdentifiedSchema is the self-contained Avro schema of Identified.
const IdentifiedSchema = `{"type":"record","name":"Identified","namespace":"health.attune","doc":"What INGEST, IDENTITY and PATIENT tasks send to the owner of a person. Key: person_ref.","fields":[{"name":"person_ref","type":"string","doc":"The owner, minted once; or the shard's pseudonym."},{"name":"shard","type":"string","doc":"Keyed fingerprint of the identifier that this belongs to."},{"name":"epoch","type":"int","doc":"How often the shard had moved when the sender looked it up; 0 is the pseudonym."},{"name":"identity_conflict","type":"boolean","doc":"The other identifiers name another person.","default":false},{"name":"judged_by","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Watermark that first judged a held or forwarded record; -1 on the first way.","default":-1},{"name":"ingested_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Wall clock of the ingest task, for latency only."},{"name":"source_topic","type":"string","doc":"Where the record came from.","default":""},{"name":"source_partition","type":"int","doc":"Its partition there.","default":-1},{"name":"source_offset","type":"long","doc":"Its offset there.","default":-1},{"name":"payload","type":[{"type":"record","name":"Touchpoint","doc":"Something a patient did, or that was done for a patient, on one channel at one time.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever: the CloudEvents source and id, joined by a slash."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"received_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When the source system took it in."},{"name":"channel","type":{"type":"enum","name":"Channel","symbols":["unknown","web","app","call","ehr"],"default":"unknown"},"doc":"Where it happened; must be the channel of its topic.","default":"unknown"},{"name":"identifiers","type":{"type":"array","items":{"type":"record","name":"Identifier","doc":"One thing a person or device is known by at the source.","fields":[{"name":"kind","type":{"type":"enum","name":"IdentifierKind","symbols":["unknown","mrn","member","phone","email","device","cookie","contact"],"default":"unknown"},"doc":"What sort of identifier this is.","default":"unknown"},{"name":"value","type":"string","doc":"The identifier itself, as the source writes it.","attune.tag":"identifier"}]}},"doc":"Who, strongest first or in any order; empty past INGEST."},{"name":"contact_id","type":["null","string"],"doc":"The contact center's own id of the call or chat, where there is one.","default":null},{"name":"session_id","type":["null","string"],"doc":"The source's session; removed by INGEST.","default":null,"attune.tag":"identifier"},{"name":"language","type":["null","string"],"doc":"BCP 47 tag that the patient chose, where stated.","default":null},{"name":"body","type":[{"type":"record","name":"Web","doc":"A step on the website or portal.","fields":[{"name":"event","type":{"type":"enum","name":"WebEvent","symbols":["unknown","page_view","search","article_view","form_start","form_submit","form_error","form_abandon","login","login_failed","payment_failed","payment_made","rage_click","dead_click","quick_back","booking_made","message_sent","exit"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"page","type":"string","doc":"Page in the site's content map, such as refill/form; never a URL.","default":"","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason that the content map gives this page, or empty.","default":""},{"name":"results","type":"int","doc":"Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.","default":-1},{"name":"dwell_ms","type":"int","doc":"Milliseconds on the page before this step, 0 to a day.","default":0}]},{"type":"record","name":"App","doc":"A step in the mobile app: screens, chatbot, portal messages, video visits.","fields":[{"name":"event","type":{"type":"enum","name":"AppEvent","symbols":["unknown","screen_view","search","form_start","form_submit","form_error","form_abandon","login","login_failed","push_opened","chatbot_turn","chatbot_resolved","chatbot_failed","chatbot_handoff_refused","message_sent","message_answered","message_read","video_waiting","video_joined","video_failed","video_ended","booking_made","payment_failed","rage_click"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"screen","type":"string","doc":"Screen in the site's content map.","default":"","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason of the screen, bot intent or message topic, or empty.","default":""},{"name":"message_id","type":["null","string"],"doc":"Portal message thread, where the event is about one.","default":null},{"name":"results","type":"int","doc":"Search results found, up to a million; -1 where not a search. INGEST empties what cannot be, here and below.","default":-1},{"name":"dwell_ms","type":"int","doc":"Milliseconds on the screen before this step, 0 to a day.","default":0}]},{"type":"record","name":"Call","doc":"A step of a phone contact.","fields":[{"name":"event","type":{"type":"enum","name":"CallEvent","symbols":["unknown","self_service","queued","abandoned","answered","transferred","callback_requested","ended","disposition"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"queue","type":"string","doc":"Queue or line, or empty.","default":""},{"name":"priority","type":"int","doc":"The contact center's own priority, 0 to 15.","default":0},{"name":"reason","type":"string","doc":"Contact reason, once known (disposition), or what an IVR took it for.","default":""},{"name":"wait_ms","type":"long","doc":"Time in the queue, 0 to a day: on answered, abandoned and disposition.","default":0},{"name":"talk_ms","type":"long","doc":"Time with the agent, 0 to a day: on ended and disposition.","default":0},{"name":"self_service_ms","type":"long","doc":"Time in the voice menu, 0 to a day: on self_service and disposition.","default":0},{"name":"queued","type":"boolean","doc":"On disposition: the call had stood in a queue.","default":false},{"name":"answered","type":"boolean","doc":"On disposition: an agent took the call.","default":false},{"name":"abandoned","type":"boolean","doc":"On disposition: the caller hung up in the queue.","default":false},{"name":"phantom","type":"boolean","doc":"The source marked the row as no call at all; rejected by INGEST.","default":false},{"name":"agent","type":["null","string"],"doc":"Who answered, as the contact center names them.","default":null,"attune.tag":"identifier"},{"name":"relation","type":"string","doc":"Who calls for the patient whom the identifiers name: parent, guardian, caregiver or another relationship of FHIR's RelatedPerson; empty: the patient, as far as is known. INGEST says it where the number is linked to the patient with a relation.","default":""},{"name":"may_know","type":"string","doc":"With a relation: what that person may be told, as the health record has it: all, scheduling, billing, none or a code of the site; empty: not known. INGEST says it as it does the relation.","default":""},{"name":"authenticated","type":"string","doc":"How this call proved who calls: voice_pin, token (handed over by a logged-in session), agent and so on; empty: it did not. A caller's number proves nothing.","default":""},{"name":"second_reason","type":"string","doc":"On disposition: another contact reason of the same contact, where it had two; models learn each with half the weight. Figures count the contact under reason.","default":""},{"name":"acts_as","type":"string","doc":"Of whoever calls, where the call does not tell for whom: what they are to a patient for whom they may act. INGEST says it of a number that several patients have, of one of them by a relation.","default":""}]},{"type":"record","name":"Ehr","doc":"A fact from the electronic health record.","fields":[{"name":"event","type":{"type":"enum","name":"EhrEvent","symbols":["unknown","appointment_booked","appointment_changed","appointment_cancelled","appointment_no_show","order_placed","referral_status","result_final","result_pending","prescription","refill_due","refill_requested","refill_completed","admission","discharge","statement","claim_denied","message_answered","coverage_changed","need_recorded","account_locked","deceased"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"code","type":"string","doc":"Code that goes with it, such as a Gravity category for need_recorded.","default":"","attune.tag":"phi"},{"name":"reason","type":"string","doc":"Contact reason that the site's map ties to this fact, or empty.","default":""},{"name":"status","type":"string","doc":"Status, such as denied or abnormal_critical, or empty.","default":""},{"name":"due_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When it falls due (appointment, refill), from two years before it occurred to ten years after; 0 where it does not.","default":0},{"name":"provenance","type":"string","doc":"For needs: self-reported, observed, administrative or derived.","default":""},{"name":"acts_as","type":"string","doc":"Of whoever the identifiers name, and not of a patient's care (FHIR RelatedPerson): may act for a patient, who is not named, as parent, guardian, caregiver or another relationship; none: no longer; empty: not such a record.","default":""}]}],"doc":"What happened, typed by channel."}]},{"type":"record","name":"Consent","doc":"What a patient allows, per channel and purpose, and the facts that outreach needs.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time from which it holds."},{"name":"identifiers","type":{"type":"array","items":"health.attune.Identifier"},"doc":"Whose consent; empty past INGEST."},{"name":"channel","type":"string","doc":"sms, push, email, voice, or all.","default":"","attune.tag":"consent-scope"},{"name":"purpose","type":"string","doc":"care, service, outreach, or all.","default":"","attune.tag":"consent-scope"},{"name":"status","type":{"type":"enum","name":"ConsentStatus","symbols":["unknown","granted","denied","do_not_contact"],"default":"unknown"},"doc":"What was said.","default":"unknown"},{"name":"time_zone","type":["null","string"],"doc":"IANA zone of the patient, where known.","default":null},{"name":"adult","type":["null","boolean"],"doc":"Of age, where known.","default":null},{"name":"preferred_channel","type":["null","string"],"doc":"Stated preference, where given.","default":null}]},{"type":"record","name":"ActionOutcome","doc":"What became of a next best action.","fields":[{"name":"event_id","type":"string","doc":"Unique for ever."},{"name":"decision_id","type":"string","doc":"The decision it answers."},{"name":"person_ref","type":"string","doc":"As the action named the person."},{"name":"occurred_at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time."},{"name":"outcome","type":{"type":"enum","name":"Outcome","symbols":["unknown","delivered","shown","accepted","rejected","ignored","expired","overridden"],"default":"unknown"},"doc":"What happened.","default":"unknown"},{"name":"action","type":"string","doc":"The catalogue's action id.","default":""},{"name":"reason","type":"string","doc":"Why it was overridden or rejected: a code of the site.","default":""}]},{"type":"record","name":"MoveShard","doc":"To the old owner: hand the shard over.","fields":[{"name":"to","type":"string","doc":"The new owner's person_ref.","attune.type":"person_ref"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Event time of the link."}]},{"type":"record","name":"ShardMoved","doc":"To the new owner: the shard's state, empty where there was none.","fields":[{"name":"from","type":"string","doc":"The old owner's person_ref.","attune.type":"person_ref"},{"name":"state","type":"bytes","doc":"The shard's state in the operators' own versioned form.","attune.tag":"phi"}]}],"doc":"What is sent."}]}`
