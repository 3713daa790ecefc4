package identify

import (
	"unicode/utf8"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// validator says what is wrong with what a source wrote.
// It keeps no state of its own, and is copied freely.
type validator struct {
	config   *Config
	taxonomy *schemas.Taxonomy
	// channel is that of the source topic.
	channel schemas.Channel
}

// eventID checks what duplicates are told by.
// Without an id a record that a source sends twice would count twice.
func (v validator) eventID(id string) emit.Problem {
	switch {
	case id == "":
		return emit.Problem{Reason: emit.ReasonMissingEventID, Detail: "event_id"}
	}
	// An event id has no form of its own: sources write UUIDs, counters and compound keys.
	return checkID(id, "event_id")
}

// checkID bounds an id of a source, which state keeps and consumers decode: Avro's strings are UTF-8, and
// a client that holds to it would stop at any other.
// A missing id is not its concern: a contact id may be missing.
func checkID(id, field string) emit.Problem {
	switch {
	case len(id) > emit.MaxEventID:
		return emit.Problem{Reason: emit.ReasonTooLarge, Detail: field}
	case !utf8.ValidString(id):
		return emit.Problem{Reason: emit.ReasonUndecodable, Detail: field}
	}
	return emit.Problem{}
}

// unlisted takes what is a reason to the contact center and not to the taxonomy for an unknown one: the call is over, and
// somebody answered it, all the same, and that calls of unknown reasons grow more says that people call about something new.
// What was chosen in the voice menu is left out. Both are counted.
func (v validator) unlisted(ctx *pipeline.Context, t *schemas.Touchpoint) {
	if t.Channel != schemas.ChannelCall || t.Body.Kind != schemas.TouchpointBodyCall {
		return
	}
	c := &t.Body.Call
	other := ""
	if c.Event == schemas.CallEventDisposition {
		other = schemas.ReasonUnknown
	}
	if c.Reason != "" && !v.taxonomy.Known(c.Reason) {
		c.Reason = other
		ctx.Count(countBlanked, "unlisted_reason")
	}
	if c.SecondReason != "" && !v.taxonomy.Known(c.SecondReason) {
		if c.SecondReason = other; c.Reason == other {
			c.SecondReason = ""
		}
		ctx.Count(countBlanked, "unlisted_reason")
	}
}

// touchpoint checks everything but time and identifiers. A reason that the taxonomy lacks is refused rather
// than dropped: windows would count it as none, and nobody would see why. unlisted comes before.
func (v validator) touchpoint(t *schemas.Touchpoint) emit.Problem {
	if p := v.eventID(t.EventID); p.Found() {
		return p
	}
	if t.ContactID.V == "" {
		t.ContactID = schemas.Opt[string]{} // some systems write an empty one for none
	}
	if p := checkID(t.ContactID.V, "contact_id"); p.Found() {
		return p
	}
	// A touchpoint in another channel's topic would move the wrong watermark.
	if t.Channel == schemas.ChannelUnknown || t.Channel != v.channel {
		return emit.Problem{Reason: emit.ReasonUnknownChannel, Detail: "channel"}
	}
	// The codec takes any body with any channel.
	// Wrong type and unknown reason are told apart: one is a fault of the mapping, the other of the taxonomy.
	reason, ok := bodyReason(t)
	if !ok {
		return emit.Problem{Reason: emit.ReasonWrongType, Detail: "body"}
	}
	if reason != "" && !v.taxonomy.Known(reason) {
		return emit.Problem{Reason: emit.ReasonUnknownReason, Detail: "body.reason"}
	}
	// The source says that it was no call. It would count as a contact, and models would learn from it.
	if t.Channel == schemas.ChannelCall && t.Body.Call.Phantom {
		return emit.Problem{Reason: emit.ReasonPhantom, Detail: "body.phantom"}
	}
	return emit.Problem{}
}

// bodyReason tells whether a body is that of its channel, which Avro's union leaves open. It returns the body's contact reason; ok is false where the body is of another channel.
// The table of channels knows both, so that a new channel needs no change here.
func bodyReason(t *schemas.Touchpoint) (reason string, ok bool) {
	s := t.Channel.Spec()
	if s == nil || t.Body.Kind != s.Body {
		return "", false
	}
	return s.Reason(&t.Body), true
}

// takenIn is when a record was taken in: the broker's time or, where the topic has the word of the producer
// instead (CreateTime), the present. A producer's clock proves nothing about its own records. It is the
// processing time of the step and hence the same in a replay.
func takenIn(ctx *pipeline.Context, r *pipeline.Record) schemas.Millis {
	if r.Claimed {
		return schemas.Millis(ctx.Now())
	}
	return schemas.Millis(r.Timestamp)
}

// time checks that an event time is possible: against when it was taken in, or in a recorded log
// against the log so far. One that is not would move the watermark past everything that follows.
func (v validator) time(ctx *pipeline.Context, r *pipeline.Record, at schemas.Millis) emit.Problem {
	if at < schemas.Millis(v.config.Earliest) || at > v.latest(ctx, r) {
		return emit.Problem{Reason: emit.ReasonAbsurdTime, Detail: "occurred_at"}
	}
	return emit.Problem{}
}

// received empties a time at which a source system says to have taken a touchpoint in, where it cannot be: the
// person would be judged as of a time to come.
func (v validator) received(ctx *pipeline.Context, r *pipeline.Record, t *schemas.Touchpoint) {
	if t.ReceivedAt > t.OccurredAt && t.ReceivedAt > v.latest(ctx, r) {
		t.ReceivedAt = 0
		ctx.Count(countBlanked, "received_at")
	}
}

// latest is the last time that a record may speak of.
func (v validator) latest(ctx *pipeline.Context, r *pipeline.Record) schemas.Millis {
	if !v.isLog(r) {
		return takenIn(ctx, r) + v.config.Ahead
	}
	// The first record has no watermark to be held against, only the broker's time.
	if so := ctx.SourceWatermark(); so != pipeline.MinTime {
		return schemas.Millis(so) + v.config.LogAhead
	}
	return takenIn(ctx, r) + v.config.LogAhead
}

// isLog says whether the record is of a recorded log, whose times are its own.
// A site that has not allowed it ignores the header: a source could set its own clock otherwise.
func (v validator) isLog(r *pipeline.Record) bool {
	if !v.config.LogClock {
		return false
	}
	for i := range r.Headers {
		if h := &r.Headers[i]; h.Key == "attune_clock" {
			return string(h.Value) == "log"
		}
	}
	return false
}
