package patient

import (
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/schemas"
)

// TestReasonThatTheTaxonomyLacksEndsTheCallAllTheSame: a contact center has a code for what is new before attune has. The
// call counts, as one of an unknown reason; a page of such a reason is a mistake in the content map, and refused.
func TestReasonThatTheTaxonomyLacksEndsTheCallAllTheSame(t *testing.T) {
	s := newWholeSite(t)
	for _, c := range []struct {
		id             string
		event          schemas.CallEvent
		reason, second string
	}{
		{"listed", schemas.CallEventDisposition, "R03", "R02"},
		{"new", schemas.CallEventDisposition, "R99", ""},
		{"second is new", schemas.CallEventDisposition, "R03", "R99"},
		{"both are new", schemas.CallEventDisposition, "R98", "R99"},
		{"menu", schemas.CallEventSelfService, "R99", ""},
	} {
		v := callStep(c.id, t0, c.event, "c "+c.id, phone(c.id))
		v.Body.Call.Reason, v.Body.Call.SecondReason = c.reason, c.second
		s.touch(v, 0)
	}
	s.touch(webStep("page", t0, schemas.WebEventPageView, "home", "R99", cookie("c")), 0)
	s.quiet()
	got := map[string][2]string{}
	for _, in := range s.identified() {
		v := &in.Payload.Touchpoint
		got[v.EventID] = [2]string{v.Body.Call.Reason, v.Body.Call.SecondReason}
	}
	for id, want := range map[string][2]string{
		"listed": {"R03", "R02"}, "new": {schemas.ReasonUnknown, ""}, "second is new": {"R03", schemas.ReasonUnknown}, "both are new": {schemas.ReasonUnknown, ""}, "menu": {"", ""},
	} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
	if len(got) != 5 || len(s.rejected(s.config.Emit.Topics.Rejected)["page"]) != 1 {
		t.Errorf("%d are taken, and rejected: %v", len(got), s.rejected(s.config.Emit.Topics.Rejected))
	}
	for _, r := range s.rejected(s.config.Emit.Topics.Rejected)["page"] {
		if r.Reason != emit.ReasonUnknownReason {
			t.Errorf("the page is rejected as %s", r.Reason)
		}
	}
	s.call("whole", t0+schemas.Hour, "R99", mrn("m1"))
	s.quiet()
	wantFacts(t, s.factsOf("whole"), "0 failed", "0 failed, concluded "+schemas.ReasonUnknown)
}
