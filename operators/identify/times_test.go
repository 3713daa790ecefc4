package identify

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

const appended, occurred, received = 1_800_000_000_000, 1_700_000_000_000, 1_700_000_007_000

func TestWhenARecordBecameKnown(t *testing.T) {
	e := emit.Config{Schemas: emit.SchemaIDs{Touchpoint: 1, Consent: 2, ActionOutcome: 3}}
	e.SetDefaults()
	frame := func(id int32, v schemas.Record) []byte { return v.AppendAvro(emit.AppendFrame(nil, id)) }
	touchpoint := func(id int32, received schemas.Millis) []byte {
		return frame(id, &schemas.Touchpoint{EventID: "portal/e1", OccurredAt: occurred, ReceivedAt: received, Channel: schemas.ChannelWeb})
	}
	consent := frame(2, &schemas.Consent{EventID: "portal/c1", OccurredAt: occurred})
	outcome := frame(3, &schemas.ActionOutcome{EventID: "desk/o1", DecisionID: "d1", PersonRef: "p1", OccurredAt: occurred})
	isLog := pipeline.Header{Key: schemas.HeaderClock, Value: []byte(schemas.ClockLog)}
	ceTime := pipeline.Header{Key: schemas.HeaderTime, Value: []byte("2023-11-14T22:13:20Z")} // occurred
	for _, c := range []struct {
		name         string
		topic        string
		log          bool
		priority     int
		value        []byte
		headers      []pipeline.Header
		known, event pipeline.Time
	}{
		{"live", e.Topics.Touchpoints[schemas.ChannelWeb], false, 0, touchpoint(1, received), nil, appended, appended},
		{"live, with priority", e.Topics.Touchpoints[schemas.ChannelCall], false, 1, touchpoint(1, received), nil, appended, occurred},
		{"the clock is not the log's", e.Topics.Touchpoints[schemas.ChannelWeb], false, 0, touchpoint(1, received), []pipeline.Header{isLog}, appended, appended},
		{"recorded", e.Topics.Touchpoints[schemas.ChannelEhr], true, 0, touchpoint(1, received), []pipeline.Header{isLog}, received, occurred},
		{"recorded, never received", e.Topics.Touchpoints[schemas.ChannelWeb], true, 0, touchpoint(1, 0), []pipeline.Header{isLog}, occurred, occurred},
		{"not recorded, among others that are", e.Topics.Touchpoints[schemas.ChannelWeb], true, 0, touchpoint(1, received), nil, appended, appended},
		{"another's schema", e.Topics.Touchpoints[schemas.ChannelWeb], true, 0, touchpoint(9, received), []pipeline.Header{ceTime, isLog}, occurred, occurred},
		{"another's schema, without a time", e.Topics.Touchpoints[schemas.ChannelWeb], true, 0, touchpoint(9, received), []pipeline.Header{isLog}, appended, appended},
		{"consent", e.Topics.Consents, true, 1, consent, []pipeline.Header{isLog}, occurred, occurred},
		{"outcome", e.Topics.ActionOutcomes, true, 0, outcome, []pipeline.Header{isLog}, occurred, occurred},
		{"cut off", e.Topics.ActionOutcomes, true, 0, outcome[:12], []pipeline.Header{isLog}, appended, appended},
		{"nothing", e.Topics.Touchpoints[schemas.ChannelCall], false, 1, nil, nil, appended, appended},
	} {
		times := Times(e, Config{LogClock: c.log}, c.topic, c.priority)
		r := pipeline.Record{Topic: c.topic, Timestamp: appended, Value: c.value, Headers: c.headers}
		if known, event := times(&r); known != c.known || event != c.event {
			t.Errorf("%s: known %d, happened %d; want %d and %d", c.name, known, event, c.known, c.event)
		}
	}
}

func BenchmarkTimes(b *testing.B) {
	e := emit.Config{Schemas: emit.SchemaIDs{Touchpoint: 1}}
	e.SetDefaults()
	v := schemas.Touchpoint{EventID: "portal.example.org/web/8c1d0f2e-5a7b-4a67-9d24-1f6c0a2b9e11", OccurredAt: occurred, ReceivedAt: received}
	times := Times(e, Config{LogClock: true}, e.Topics.Touchpoints[schemas.ChannelWeb], 0)
	r := pipeline.Record{Timestamp: appended, Value: v.AppendAvro(emit.AppendFrame(nil, 1))}
	for range 6 {
		r.Headers = append(r.Headers, pipeline.Header{Key: "ce_something"})
	}
	r.Headers = append(r.Headers, pipeline.Header{Key: schemas.HeaderClock, Value: []byte(schemas.ClockLog)})
	b.ReportAllocs()
	for b.Loop() {
		times(&r)
	}
}
