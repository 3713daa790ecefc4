package patient

import (
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// TestStepsThatArriveAfterTheCallAreLearned: an example has what the caller did online before the call,
// whether it arrived before the call, during it, or after its end and before its reason.
func TestStepsThatArriveAfterTheCallAreLearned(t *testing.T) {
	space := evidence.NewFeatureSpace(testConfig().Taxonomy)
	steps := []schemas.Touchpoint{
		webStep("e1", noon-5*schemas.Hour, schemas.WebEventPageView, "billing/statement", "R07"),
		webStep("e2", noon-3*schemas.Minute, schemas.WebEventPageView, "refill/form", "R03"),
		webStep("e3", noon-2*schemas.Minute, schemas.WebEventFormError, "refill/form", "R03"),
	}
	call := []schemas.Touchpoint{
		callStep("c1", noon, schemas.CallEventQueued, "call-1"),
		webStep("w1", noon+30*schemas.Second, schemas.WebEventLoginFailed, "login", "R09"), // during the call: no reason for it
		callStep("c2", noon+schemas.Minute, schemas.CallEventEnded, "call-1"),
		disposition("c3", noon+2*schemas.Minute, "call-1", "R03"),
	}
	learned := func(order ...schemas.Touchpoint) []string {
		r := newRig(t, nil)
		for _, tp := range order {
			r.touch(pat, tp)
		}
		var names []string
		for _, x := range r.examples() {
			if x.ExposureBand >= 0 {
				continue
			}
			for _, f := range x.Features {
				name := space.Names[f]
				if strings.HasPrefix(name, "failed") || strings.HasPrefix(name, "viewed") || strings.HasPrefix(name, "latest") || strings.HasPrefix(name, "page") || strings.HasPrefix(name, "digital") || strings.HasPrefix(name, "open_loop") {
					names = append(names, name)
				}
			}
		}
		return names
	}
	want := learned(slices.Concat(steps, call)...)
	if len(want) < 7 {
		t.Fatalf("learned in order: %q", want)
	}
	for at := 1; at < len(call); at++ {
		if got := learned(slices.Concat(call[:at], steps, call[at:])...); !slices.Equal(got, want) {
			t.Errorf("arriving after %d of the call: learned %q, want %q", at, got, want)
		}
		slices.Reverse(steps)
	}
}
