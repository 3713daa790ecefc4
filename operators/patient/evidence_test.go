package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/schemas"
)

// TestEvidenceIsListedByGroup: steps of one visit are one thing that speaks for a reason, and not five.
func TestEvidenceIsListedByGroup(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Model = softmax.Family{} })
	for i, e := range []schemas.WebEvent{schemas.WebEventPageView, schemas.WebEventFormStart, schemas.WebEventFormError, schemas.WebEventFormAbandon} {
		r.touch(pat, webStep(fmt.Sprintf("step-%d", i), noon+schemas.Millis(i)*schemas.Minute, e, "refill/form", "R03"))
	}
	r.touch(pat, callStep("", noon+10*schemas.Minute, schemas.CallEventQueued, "call-1"))
	found := decodeAll[schemas.Prediction](t, r.take(r.config.Emit.Topics.Predictions))
	v := &found[len(found)-1]
	if v.Reasons[0].Code != "R03" || len(v.Evidence) < 3 || len(v.Evidence) > 5 {
		t.Fatalf("%v, evidence %v", v.Reasons[:3], v.Evidence)
	}
	seen := map[string]bool{}
	for i, e := range v.Evidence {
		if key := e.Feature + e.Text; seen[key] || i > 0 && e.Weight > v.Evidence[i-1].Weight {
			t.Errorf("%s is there twice, or not the strongest first: %v", e.Feature, v.Evidence)
		} else {
			seen[key] = true
		}
	}
}
