package operators

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

func TestCallAfterFailedRefillFormIsRoutedWithBrief(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Catalogue.Holdout.Share = 0 })
	r.touch(pat, ehrStep("e1", noon-day, schemas.EhrEventRefillDue, "R03"))
	r.touch(pat, webStep("w1", noon-50*second, schemas.WebEventFormStart, "refill/form", "R03"))
	r.touch(pat, webStep("w2", noon-40*second, schemas.WebEventFormError, "refill/form", "R03"))
	r.touch(pat, callStep("c1", noon, schemas.CallEventQueued, "call-1"))
	for _, a := range r.inputs() {
		t.Logf("%s %s %q %s cancelled %v brief %q", a.Decision.TriggerID, a.Decision.Action.ID, a.Decision.Action.Treatment, a.Decision.Action.Channel, a.Decision.Cancelled, a.Decision.Brief.Reveal())
	}
	got := r.actions()
	last := &got[len(got)-1]
	if last.Action.ID != "A02" && last.Action.ID != "A01" || last.ContactRef.V != "call-1" || !last.LastResort {
		t.Errorf("got %s for %q, last resort %v", last.Action.ID, last.ContactRef.V, last.LastResort)
	}
	for _, p := range r.predictions() {
		t.Logf("%s %v %v", p.Phase, p.Reasons[:2], p.P15m)
	}
}
