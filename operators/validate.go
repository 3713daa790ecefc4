package operators

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// validator says what is wrong with what a source wrote.
type validator struct {
	config   *IdentifyConfig
	taxonomy *schemas.Taxonomy
	channel  schemas.Channel // of the source topic
}

func (v validator) eventID(id string) problem {
	switch {
	case id == "":
		return problem{reason: reasonMissingEventID, detail: "event_id"}
	case len(id) > maxEventID:
		return problem{reason: reasonTooLarge, detail: "event_id"}
	}
	return problem{}
}

// touchpoint checks everything but time and identifiers.
func (v validator) touchpoint(t *schemas.Touchpoint) problem {
	if p := v.eventID(t.EventID); p.found() {
		return p
	}
	if t.Channel == schemas.ChannelUnknown || t.Channel != v.channel {
		return problem{reason: reasonUnknownChannel, detail: "channel"}
	}
	reason, ok := bodyReason(t)
	if !ok {
		return problem{reason: reasonWrongType, detail: "body"}
	}
	if reason != "" && !v.taxonomy.Known(reason) {
		return problem{reason: reasonUnknownReason, detail: "body.reason"}
	}
	if t.Channel == schemas.ChannelCall && t.Body.Call.Phantom {
		return problem{reason: reasonPhantom, detail: "body.phantom"}
	}
	return problem{}
}

// bodyReason returns the body's contact reason; ok is false where the body is of another channel.
func bodyReason(t *schemas.Touchpoint) (reason string, ok bool) {
	switch t.Body.Kind {
	case schemas.TouchpointBodyWeb:
		return t.Body.Web.Reason, t.Channel == schemas.ChannelWeb
	case schemas.TouchpointBodyApp:
		return t.Body.App.Reason, t.Channel == schemas.ChannelApp
	case schemas.TouchpointBodyCall:
		return t.Body.Call.Reason, t.Channel == schemas.ChannelCall
	case schemas.TouchpointBodyEhr:
		return t.Body.Ehr.Reason, t.Channel == schemas.ChannelEhr
	}
	return "", false
}

// time checks that an event time is possible: against the broker's timestamp, or in a recorded log
// against the log so far. One that is not would move the watermark past everything that follows.
func (v validator) time(ctx *pipeline.Context, r *pipeline.Record, at schemas.Millis) problem {
	c := v.config
	latest := schemas.Millis(r.Timestamp) + c.Ahead
	if v.isLog(r) {
		latest = schemas.Millis(r.Timestamp) + c.LogAhead
		if so := ctx.SourceWatermark(); so != pipeline.MinTime {
			latest = schemas.Millis(so) + c.LogAhead
		}
	}
	if at < c.Earliest || at > latest {
		return problem{reason: reasonAbsurdTime, detail: "occurred_at"}
	}
	return problem{}
}

// isLog says whether the record is of a recorded log, whose times are its own.
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
