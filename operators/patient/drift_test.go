package patient

import (
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestReasonsThatTheTaxonomyLacksThenPredictionsSayUnknown: many calls end with a reason that is none of the taxonomy's.
// Predictions leave room for it and name none, until known reasons come again.
func TestReasonsThatTheTaxonomyLacksThenPredictionsSayUnknown(t *testing.T) {
	r := newRig(t, nil)
	topics := &r.config.Emit.Topics
	n := 0
	// A call of a new person each time; it returns how much is left for reasons of which nothing is known.
	call := func(reason string) (left float64, unknown bool) {
		n++
		person, contact, at := fmt.Sprintf("p-%d", n), fmt.Sprintf("k-%d", n), noon+schemas.Millis(n)*schemas.Minute
		r.touch(person, appStep("", at-schemas.Minute, schemas.AppEventFormError, "refill/form", "R03"))
		r.take(topics.Predictions)
		r.touch(person, callStep("", at, schemas.CallEventQueued, contact))
		said := decodeAll[schemas.Prediction](t, r.take(topics.Predictions))
		r.touch(person, disposition("", at+schemas.Minute/2, contact, reason))
		r.train()
		left = 1
		for _, x := range said[0].Reasons {
			left -= x.P
		}
		return left, slices.Contains(said[0].NotKnown, "reason")
	}
	for range 40 {
		call("R03")
	}
	if left, unknown := call("R03"); left > 1e-9 || left < -1e-9 || unknown {
		t.Errorf("%.3f is left where all reasons are known, none named: %v", left, unknown)
	}
	for i := range 50 {
		call([]string{schemas.ReasonUnknown, schemas.ReasonUnknown, "R03"}[i%3])
	}
	if left, unknown := call("R03"); left < .25 || left > .67 || !unknown {
		t.Errorf("%.3f is left, no reason named %v", left, unknown)
	}
	if r.counted["drift unknown"] == 0 {
		t.Errorf("counted %v", r.counted)
	}
	for range 300 {
		call("R03")
	}
	if left, _ := call("R03"); left > 1e-9 {
		t.Errorf("%.3f is left after 300 known ones", left)
	}
}
