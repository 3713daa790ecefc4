package patient

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestContactWithTwoReasonsIsTwoExamplesOfHalfTheWeight: both are learned from what was known at its start, and the
// contact center counts it once.
func TestContactWithTwoReasonsIsTwoExamplesOfHalfTheWeight(t *testing.T) {
	r := newRig(t, nil)
	call := func(contact string, at schemas.Millis, reason, second string) []schemas.TrainingExample {
		r.touch(pat, callStep("", at, schemas.CallEventQueued, contact))
		d := disposition("", at+schemas.Minute, contact, reason)
		d.Body.Call.SecondReason = second
		r.take(r.config.Emit.Topics.TrainingExamples)
		r.touch(pat, d)
		return r.examples()
	}
	x := call("k1", noon, "R03", "R08")
	if len(x) != 2 || x[0].Reason != "R03" || x[1].Reason != "R08" || x[0].Weight != .5 || x[1].Weight != .5 {
		t.Fatalf("examples %+v", x)
	}
	if x[0].PredictionID == "" || x[0].PredictionID != x[1].PredictionID || len(x[0].Features) == 0 || len(x[0].Features) != len(x[1].Features) {
		t.Errorf("they are not of one start: %+v", x)
	}
	if x[0].Outcome != 0 || x[1].Outcome != -1 {
		t.Errorf("the center counts it by %d and %d", x[0].Outcome, x[1].Outcome)
	}
	keys := r.out[r.config.Emit.Topics.TrainingExamples]
	if string(keys[0].key) == string(keys[1].key) {
		t.Error("both have one key")
	}
	for i, second := range []string{"", "R03", schemas.ReasonUnknown} {
		if x := call("k", noon+schemas.Millis(i+1)*schemas.Hour, "R03", second); len(x) != 1 || x[0].Weight != 1 {
			t.Errorf("second reason %q: %+v", second, x)
		}
	}
}
