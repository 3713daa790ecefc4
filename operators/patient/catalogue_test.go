package patient

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/schemas"
)

// TestHoldoutIsItsShareAndStays: persons are drawn by their name only, about as many as the share says.
func TestHoldoutIsItsShareAndStays(t *testing.T) {
	r := newRig(t, func(c *siteConfig) { c.Catalogue.Holdout.Share = 0.2 })
	n, held := 600, 0
	arms := map[string]string{}
	for round := range 2 {
		for i := range n {
			who := "person-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
			r.touch(who, webStep("", noon+schemas.Millis(round)*schemas.Hour, schemas.WebEventFormError, "refill/form", "R03"))
			r.touch(who, webStep("", noon+schemas.Millis(round)*schemas.Hour+schemas.Second, schemas.WebEventFormError, "refill/form", "R03"))
		}
		for _, in := range decodeAll[schemas.DecisionInput](t, r.take(r.config.Emit.Topics.DecisionInputs)) {
			d := &in.Decision
			if old, ok := arms[d.PersonRef.Reveal()]; ok && old != d.Arm {
				t.Errorf("a person moved from %s to %s", old, d.Arm)
			} else if !ok && d.Arm == decide.ArmHoldout {
				held++
			}
			arms[d.PersonRef.Reveal()] = d.Arm
			if d.Arm == decide.ArmHoldout && d.Action.ID != "A00" {
				t.Errorf("%s for the holdout", d.Action.ID)
			}
		}
	}
	if held < n/10 || held > 3*n/10 {
		t.Errorf("%d of %d are held out, the share is 0.2", held, n)
	}
}
