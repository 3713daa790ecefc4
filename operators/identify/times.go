package identify

import (
	"encoding/binary"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Times returns what tells when the records of one of INGEST's or IDENTITY's topics became known and happened
// (pipeline.Source.Times). What a recorded log holds was known when its source system took it in, where the
// record says so, or else when it happened; all else when the broker took it in. When a record happened matters to
// sources with priority only: of the others it is the same.
// The engine merges sources by these times, and asks for each record before any task has decoded it.
func Times(e emit.Config, c Config, topic string, priority int) func(*pipeline.Record) (known, event pipeline.Time) {
	e.SetDefaults()
	t := timesOf{logs: validator{config: &c}, priority: priority > 0, schemaID: e.Schemas.Touchpoint, received: true}
	switch topic {
	case e.Topics.Consents:
		t.schemaID, t.received = e.Schemas.Consent, false
	case e.Topics.IdentityLinks:
		t.schemaID, t.received = e.Schemas.IdentityLink, false
	// An outcome has decision_id and person_ref before its time.
	case e.Topics.ActionOutcomes:
		t.schemaID, t.received, t.before = e.Schemas.ActionOutcome, false, 2
	}
	return t.of
}

// timesOf finds the times in a value without decoding the rest. They are the first fields of every record
// type that INGEST reads: event_id, before other strings, occurred_at, and perhaps received_at.
// It never fails: what it cannot read gets the header's or the broker's time, and INGEST rejects the record
// later.
type timesOf struct {
	// logs knows the records of a recorded log by their header.
	logs     validator
	priority bool
	schemaID int32
	// before is how many strings stand between event_id and occurred_at.
	before int
	// received says that received_at follows occurred_at.
	received bool
}

// of answers for one record. Most need no look into the value.
func (t *timesOf) of(r *pipeline.Record) (known, event pipeline.Time) {
	isLog := t.logs.isLog(r)
	// The broker's time is both, and the value is not looked at.
	if !isLog && !t.priority {
		return pipeline.Time(r.Timestamp), pipeline.Time(r.Timestamp)
	}
	occurred, received, ok := t.read(r.Value)
	if !ok {
		occurred = t.header(r)
		received = occurred
	}
	if !isLog {
		return pipeline.Time(r.Timestamp), occurred
	}
	// Nothing is known before it happened, whatever a clock says.
	return max(occurred, received), occurred
}

// read takes the times out of a framed value of this build's schema.
func (t *timesOf) read(value []byte) (occurred, received pipeline.Time, ok bool) {
	id, b, ok := emit.SplitFrame(value)
	if !ok || id != t.schemaID {
		return 0, 0, false
	}
	// A string is its length as a varint, and then its bytes.
	for range 1 + t.before {
		n, size := binary.Varint(b)
		// A length that is a lie must not read past the value.
		if size <= 0 || n < 0 || n > int64(len(b)-size) {
			return 0, 0, false
		}
		b = b[size+int(n):]
	}
	at, size := binary.Varint(b)
	if size <= 0 {
		return 0, 0, false
	}
	// Where the source does not say when it received something, that is when it happened.
	occurred, received = pipeline.Time(at), pipeline.Time(at)
	if t.received {
		if at, size = binary.Varint(b[size:]); size <= 0 {
			return 0, 0, false
		}
		received = pipeline.Time(at)
	}
	return occurred, received, true
}

// header is the time that CloudEvents have, for values of another schema than ours.
// The broker's time is the last resort.
func (t *timesOf) header(r *pipeline.Record) pipeline.Time {
	if v, ok := schemas.FindHeader(r.Headers, schemas.HeaderTime); ok {
		if at, err := time.Parse(time.RFC3339Nano, string(v)); err == nil {
			return pipeline.Time(at.UnixMilli())
		}
	}
	return pipeline.Time(r.Timestamp)
}
