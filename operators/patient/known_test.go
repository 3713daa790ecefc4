package patient

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/schemas"
)

// lateFact is a result that the health record tells so long after it was final.
func lateFact(id string, final schemas.Millis, late schemas.Millis) schemas.Touchpoint {
	v := ehrStep(id, final, schemas.EhrEventResultFinal, "R04")
	v.ReceivedAt, v.Body.Ehr.Status = final+late, "abnormal_critical"
	return v
}

// TestFactOfTheHealthRecordIsJudgedAsOfWhenItBecameKnown: nobody can call about a result that nobody has heard of,
// and what the patient did meanwhile is known.
func TestFactOfTheHealthRecordIsJudgedAsOfWhenItBecameKnown(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Model = softmax.Family{} })
	topic := r.config.Emit.Topics.Predictions
	r.touch(pat, webStep("page", noon+10*schemas.Minute, schemas.WebEventPageView, "refill/form", "R03"))
	r.take(topic)
	r.touch(pat, lateFact("result", noon, 20*schemas.Minute))
	got := decodeAll[schemas.Prediction](t, r.take(topic))
	if len(got) != 1 || got[0].TriggerID != "result" || got[0].AsOf != noon+20*schemas.Minute {
		t.Fatalf("got %+v, want one prediction as of 20 minutes after noon", got)
	}
	// What was done ten minutes after the result was final is no future.
	for _, missing := range got[0].NotKnown {
		if missing == "digital_steps" {
			t.Error("the page that was looked at before the result became known is not known")
		}
	}
	for _, x := range decodeAll[schemas.NextBestAction](t, r.take(r.config.Emit.Topics.Actions)) {
		if x.TriggerID == "result" && x.AsOf != noon+20*schemas.Minute {
			t.Errorf("a decision is as of %d after noon", x.AsOf-noon)
		}
	}
}

// TestFactReachesTheCallThatIsUnderWayWhenItBecomesKnown: the result is of yesterday, and the agent hears of it now.
func TestFactReachesTheCallThatIsUnderWayWhenItBecomesKnown(t *testing.T) {
	for name, c := range map[string]struct {
		late   schemas.Millis
		inCall bool
	}{"during the call": {26 * schemas.Hour, true}, "a day after the call": {50 * schemas.Hour, false}} {
		r := newRig(t, func(*siteConfig) {})
		r.touch(pat, callStep("call", noon+26*schemas.Hour-schemas.Minute, schemas.CallEventQueued, "call-1"))
		r.take(r.config.Emit.Topics.Predictions)
		r.touch(pat, lateFact("result", noon, c.late))
		got := decodeAll[schemas.Prediction](t, r.take(r.config.Emit.Topics.Predictions))
		if len(got) != 1 || got[0].TriggerID != "result" || got[0].ContactRef.OK != c.inCall {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestTimeOfReceiptThatCannotBeIsEmptied: as of next year nobody is judged.
func TestTimeOfReceiptThatCannotBeIsEmptied(t *testing.T) {
	s := newSite(t)
	now := schemas.Millis(testStart)
	for id, received := range map[string]schemas.Millis{"soon": now + schemas.Minute, "never": now + 300*schemas.Day, "before": now - schemas.Hour} {
		v := ehrStep(id, now-schemas.Minute, schemas.EhrEventResultFinal, "R04", mrn("m1"))
		v.ReceivedAt = received
		s.produce(s.config.Emit.Topics.Touchpoints[schemas.ChannelEhr], 0, nil, v.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.Touchpoint)))
	}
	s.quiet()
	for _, in := range s.identified() {
		v := &in.Payload.Touchpoint
		if empty := v.EventID == "never"; (v.ReceivedAt == 0) != empty {
			t.Errorf("%s: received %d after now", v.EventID, v.ReceivedAt-now)
		}
	}
	if n := len(s.identified()); n != 3 {
		t.Errorf("%d touchpoints, want 3", n)
	}
}
