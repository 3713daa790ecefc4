package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestEverySymbolIsTakenIn gives the roles each symbol of each enum that others write. Package growth
// runs it once more with a symbol that no operator knows.
func TestEverySymbolIsTakenIn(t *testing.T) {
	everySymbolOfPatient(t)
	everySymbolOfIngest(t)
}

// everySymbolOfPatient follows each fact of the health record with a call, whose evidence it is.
func everySymbolOfPatient(t *testing.T) {
	r := newRig(t, nil)
	at := noon
	next := func() schemas.Millis { at += schemas.Minute; return at }
	for e := range schemas.EhrEventCount {
		who := fmt.Sprintf("fact-%d", e)
		r.touch(who, ehrStep("", next(), schemas.EhrEvent(e), ""))
		r.touch(who, callStep("", next(), schemas.CallEventQueued, who))
		r.touch(who, disposition("", next(), who, r.config.Taxonomy.Reasons[0].Code))
	}
	for e := range schemas.WebEventCount {
		r.touch("web", webStep("", next(), schemas.WebEvent(e), "refill/form", ""))
	}
	for e := range schemas.AppEventCount {
		r.touch("app", appStep("", next(), schemas.AppEvent(e), "refill/form", ""))
	}
	for e := range schemas.CallEventCount {
		r.touch("call", callStep("", next(), schemas.CallEvent(e), "c-1"))
	}
	for s := range schemas.ConsentStatusCount {
		r.consent("web", schemas.Consent{OccurredAt: next(), Channel: "all", Purpose: "all", Status: schemas.ConsentStatus(s)})
	}
	for o := range schemas.OutcomeCount {
		r.outcome("web", "d-1", next(), schemas.Outcome(o))
	}
	if n := len(r.inputs()); n < schemas.EhrEventCount {
		t.Errorf("%d decisions, want one of each call at least", n)
	}
	for _, x := range decodeAll[schemas.RejectedRecord](t, r.out[r.config.Emit.Topics.Rejected]) {
		t.Errorf("rejected: %s %s", x.Reason, x.Detail)
	}
}

// everySymbolOfIngest gives each kind of identifier and of link to INGEST and IDENTITY.
func everySymbolOfIngest(t *testing.T) {
	j := newJob(t, 10)
	topics, ids := &j.config.Emit.Topics, &j.config.Emit.Schemas
	j.logs[topics.Rejected] = new(jobLog)
	n := int64(0)
	give := func(topic string, schema int32, record schemas.Record) {
		n++
		r := pipeline.Record{Topic: topic, Offset: j.offsets[topic], Timestamp: int64(noon), Value: record.AppendAvro(emit.AppendFrame(nil, schema))}
		j.offsets[topic]++
		j.step(j.tasks[topic], pipeline.InputRecord, &r)
		j.learn()
	}
	for k := range schemas.IdentifierKindCount {
		id := schemas.Identifier{Kind: schemas.IdentifierKind(k), Value: "0123456789"}
		step := webStep(fmt.Sprintf("step/%d", k), noon, schemas.WebEventLogin, "", "", id)
		give(topics.Touchpoints[schemas.ChannelWeb], ids.Touchpoint, &step)
		for op := range schemas.LinkOpCount {
			give(topics.IdentityLinks, ids.IdentityLink, &schemas.IdentityLink{
				EventID: fmt.Sprintf("link/%d/%d", k, op), OccurredAt: noon, Op: schemas.LinkOp(op), Identifier: id,
				Subject: schemas.Identifier{Kind: schemas.IdentifierKindMrn, Value: "1"},
			})
		}
	}
	j.drain()
	l := j.logs[topics.Rejected]
	for i := range l.records {
		var x schemas.RejectedRecord
		if err := schemas.DecodeWhole(&x, l.record(i).Value[emit.FrameSize:]); err != nil {
			t.Fatal(err)
		}
		if x.Reason == emit.ReasonProcessing || x.Reason == emit.ReasonUndecodable {
			t.Errorf("rejected: %s %s", x.Reason, x.Detail)
		}
	}
}
