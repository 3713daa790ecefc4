package emit

import (
	"crypto/sha256"
	"strconv"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Reasons of rejected records. People, metrics and alerts know them by these codes: do not rename
// one.
const (
	ReasonUndecodable       = "undecodable"
	ReasonUnknownSchema     = "unknown_schema"
	ReasonWrongType         = "wrong_type"
	ReasonMissingEventID    = "missing_event_id"
	ReasonMissingIdentifier = "missing_identifier"
	ReasonAbsurdIdentifier  = "absurd_identifier"
	ReasonAbsurdTime        = "absurd_time"
	ReasonUnknownChannel    = "unknown_channel"
	ReasonUnknownReason     = "unknown_reason"
	ReasonPhantom           = "phantom"
	ReasonTooLarge          = "too_large"
	ReasonDuplicate         = "duplicate"
	ReasonEventIDConflict   = "event_id_conflict"
	ReasonLate              = "late"
	ReasonUnsupportedOp     = "unsupported_op"
	ReasonNotLinked         = "not_linked"
	ReasonUnknownPerson     = "unknown_person"
	ReasonTombstone         = "tombstone"
	ReasonOverLimit         = "over_limit"
	ReasonProcessing        = "processing_failed"
)

// Details of late records.
const (
	// DetailLate: its event time is too long before the watermark that it met.
	DetailLate = "occurred_at"
	// DetailGone: it was in time, but on its way for so long that a window of it is kept no longer. Such a
	// window does not count it as dropped.
	DetailGone = "window_gone"
)

const (
	// PrefixBytes is how much is kept of a value that is too large for the rejected topic: enough to see
	// what it is and who wrote it.
	PrefixBytes = 1 << 10
	// rejectedOverhead is the bytes of a RejectedRecord besides value, key and headers.
	rejectedOverhead = 1 << 10
)

// Counters, by reason: duplicates and conflicts count as rejected.
const (
	countRejected = "rejected_records"
	countLate     = "late_records"
)

// MaxEventID is the longest event id, in bytes, and the longest contact id. Both are kept in state by the
// dozen, and a changelog record has a limit.
const MaxEventID = 512

// Problem is why a record cannot be used: reason and field or rule, never a value. The zero problem
// is none.
type Problem struct{ Reason, Detail string }

// Found says whether there is a problem.
func (p Problem) Found() bool { return p.Reason != "" }

// ProblemOf turns an error of KindInvalid into a problem; ok is false for any other error, which is not the
// record's fault. Of the error's text nothing is kept but the place of a panic: it may hold a value.
func ProblemOf(err error, otherwise string) (Problem, bool) {
	if pipeline.KindOf(err) != pipeline.KindInvalid {
		return Problem{}, false
	}
	if e, ok := err.(*pipeline.Error); ok {
		if e.Reason == pipeline.ReasonPanic && e.Err != nil {
			return Problem{Reason: e.Reason, Detail: e.Err.Error()}, true // the place in the code, and no value
		}
		return Problem{Reason: e.Reason}, true
	}
	return Problem{Reason: otherwise}, true
}

// Rejecter writes RejectedRecords, to the rejected topic or the late one.
//
// It never fails: whatever a source has written must not stop the partition behind it. It writes in the
// same commit as everything else of the task, so that a record has one fate.
type Rejecter struct {
	out pipeline.Output
	// parts is the partitions of the topic; a source's partition number is taken modulo.
	parts int32
	// id and identifiedID are the schema ids of what is written, and of what is inside where it has come as
	// far as its owner.
	id, identifiedID int32
	// max is Config.MaxRejectedBytes.
	max        int
	attributes Attributes

	// v and the buffers are used again for each record.
	v               schemas.RejectedRecord
	buf, key, value []byte
}

// NewRejecter makes a rejecter for the rejected topic or the late one.
func NewRejecter(s *pipeline.Setup, c *Config, topic string) *Rejecter {
	out := s.Output(topic)
	return &Rejecter{out: out, parts: s.Partitions(out), id: c.Schemas.RejectedRecord, identifiedID: c.Schemas.Identified, max: c.MaxRejectedBytes,
		attributes: AttributesOf(s, "RejectedRecord")}
}

// Source rejects a record as it came from its source topic. It goes to the partition of its source
// partition's number, not of its key: sources may write null keys, and no order between sources is
// needed.
func (x *Rejecter) Source(ctx *pipeline.Context, r *pipeline.Record, p Problem, eventID string, at schemas.Millis) {
	if len(eventID) > MaxEventID {
		eventID = "" // whatever it is
	}
	x.v = schemas.RejectedRecord{
		Reason: p.Reason, Detail: p.Detail, Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
		Timestamp: schemas.Millis(r.Timestamp), RejectedAt: schemas.Millis(ctx.Now()), EventID: eventID, OccurredAt: at,
		Watermark: -1, Headers: x.v.Headers[:0],
	}
	x.keep(r)
	x.buf = x.v.AppendAvro(AppendFrame(x.buf[:0], x.id))
	ctx.EmitTo(x.out, r.Partition%x.parts, x.v.Key.V, x.buf, x.headers()...)
	ctx.Count(countRejected, p.Reason)
}

// headers has the CloudEvents id of a rejection: the place of its record, and the reason, since one
// record may be rejected twice, late for one window and refused for another fault.
func (x *Rejecter) headers() []pipeline.Header {
	id := append(append(x.attributes.Id[:0], x.v.Topic...), '/')
	id = append(strconv.AppendInt(id, int64(x.v.Partition), 10), '/')
	id = append(strconv.AppendInt(id, x.v.Offset, 10), '/')
	x.attributes.Id = append(id, x.v.Reason...)
	return x.attributes.Of(AliasString(x.attributes.Id), x.v.RejectedAt)
}

// keep takes the record's bytes along: all of them, or a prefix and a hash if they are too many. The
// hash lets an operator find the original in the source topic.
func (x *Rejecter) keep(r *pipeline.Record) {
	size := 2*len(r.Key) + len(r.Value) + rejectedOverhead // the key is the rejected record's, too
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value) + 8
	}
	x.v.Size = int64(len(r.Value))
	if size > x.max {
		sum := sha256.Sum256(r.Value)
		x.v.Sha256 = schemas.Some(sum[:])
		x.v.Value = schemas.Some(schemas.ProtectedBytes(r.Value[:min(len(r.Value), PrefixBytes)]))
		x.v.Key = schemas.Opt[schemas.ProtectedBytes]{V: r.Key[:min(len(r.Key), PrefixBytes)], OK: r.Key != nil}
		return
	}
	x.v.Key = schemas.Opt[schemas.ProtectedBytes]{V: r.Key, OK: r.Key != nil}
	x.v.Value = schemas.Opt[schemas.ProtectedBytes]{V: r.Value, OK: r.Value != nil}
	for _, h := range r.Headers {
		x.v.Headers = append(x.v.Headers, schemas.RecordHeader{Key: h.Key, Value: h.Value})
	}
}

// Identified rejects a touchpoint that had already come as far as its owner, or copies a late one.
// The value is the Identified record, which names the person by pseudonym only; the place is that of
// the source record, by which it is found.
func (x *Rejecter) Identified(ctx *pipeline.Context, in *schemas.Identified, p Problem, watermark schemas.Millis, windows []string) {
	x.v = schemas.RejectedRecord{
		Reason: p.Reason, Detail: p.Detail, Topic: in.SourceTopic, Partition: in.SourcePartition, Offset: in.SourceOffset,
		RejectedAt: schemas.Millis(ctx.Now()), Watermark: watermark, Windows: windows, Headers: x.v.Headers[:0],
	}
	switch in.Payload.Kind {
	case schemas.IdentifiedPayloadTouchpoint:
		x.v.EventID, x.v.OccurredAt = in.Payload.Touchpoint.EventID, in.Payload.Touchpoint.OccurredAt
	case schemas.IdentifiedPayloadConsent:
		x.v.EventID, x.v.OccurredAt = in.Payload.Consent.EventID, in.Payload.Consent.OccurredAt
	case schemas.IdentifiedPayloadActionOutcome:
		x.v.EventID, x.v.OccurredAt = in.Payload.ActionOutcome.EventID, in.Payload.ActionOutcome.OccurredAt
	}
	x.key = append(x.key[:0], in.PersonRef...)
	x.value = in.AppendAvro(AppendFrame(x.value[:0], x.identifiedID))
	x.v.Key = schemas.Some(schemas.ProtectedBytes(x.key))
	x.v.Value = schemas.Some(schemas.ProtectedBytes(x.value))
	x.v.Size = int64(len(x.value))
	x.buf = x.v.AppendAvro(AppendFrame(x.buf[:0], x.id))
	ctx.Emit(x.out, x.key, x.buf, x.headers()...)
	if p.Reason == ReasonLate {
		ctx.Count(countLate, p.Reason)
	} else {
		ctx.Count(countRejected, p.Reason)
	}
}
