package patient

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// The record is put together field by field: it must be what its codec makes of it.
func TestDecisionInputIsWhatItsCodecMakes(t *testing.T) {
	r := newRig(t, nil)
	r.touch("p1", webStep("", t0, schemas.WebEventFormError, "refill/form", "R03"))
	r.touch("p1", callStep("", t0+schemas.Minute, schemas.CallEventQueued, "c1"))
	records := r.out[r.config.Emit.Topics.DecisionInputs]
	if len(records) == 0 {
		t.Fatal("no decision")
	}
	for _, k := range records {
		var v schemas.DecisionInput
		if err := schemas.DecodeWhole(&v, k.value[emit.FrameSize:]); err != nil {
			t.Fatal(err)
		}
		if again := v.AppendAvro(nil); string(again) != string(k.value[emit.FrameSize:]) {
			t.Errorf("got  %x\nwant %x", k.value[emit.FrameSize:], again)
		}
		if len(v.PolicyFacts) < 20 || v.Decision.DecisionID == "" || v.Prediction.PredictionID != v.Decision.PredictionID || v.Persona.Touchpoints == 0 {
			t.Errorf("incomplete: %d facts, %d touchpoints", len(v.PolicyFacts), v.Persona.Touchpoints)
		}
	}
}
