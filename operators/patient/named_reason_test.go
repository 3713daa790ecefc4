package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/schemas"
)

// TestNamedReasonStandsFirst: a model may name a rare reason that is not the most probable one. The list of
// the prediction, what its label is scored by and what the state keeps name the same.
func TestNamedReasonStandsFirst(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Model = softmax.Family{} })
	topics, other := &r.config.Emit.Topics, 0
	for i := range 240 {
		at, who, contact := noon+schemas.Millis(i)*schemas.Hour, fmt.Sprintf("p-%d", i%7), fmt.Sprintf("call-%d", i)
		reason := "R03"
		if i%5 < 2 {
			reason = "R12" // rare, as the taxonomy has it
		}
		r.touch(who, callStep("", at+schemas.Minute, schemas.CallEventQueued, contact))
		start := decodeAll[schemas.Prediction](t, r.take(topics.Predictions))
		r.touch(who, disposition("", at+5*schemas.Minute, contact, reason))
		for _, x := range r.examples() {
			if x.ExposureBand >= 0 {
				continue
			}
			p := &start[len(start)-1]
			if p.Reasons[0].Code != x.Predicted {
				t.Fatalf("call %d: the list begins with %s, the label is scored by %s", i, p.Reasons[0].Code, x.Predicted)
			}
			if p.Reasons[0].P < p.Reasons[1].P {
				other++
			}
		}
		r.train()
	}
	if other == 0 {
		t.Error("the most probable reason was always named: the test sees nothing")
	}
}
