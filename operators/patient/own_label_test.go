package patient

import (
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/naivebayes"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/schemas"
)

// TestNothingSeesItsOwnLabel plants another reason, outcome and wait in the disposition of one contact: what
// is learned of it must be the same, whether the contact's start was kept or its disposition is all that
// came. What the contact before it was about has to show.
func TestNothingSeesItsOwnLabel(t *testing.T) {
	for name, family := range map[string]predict.Family{"softmax": softmax.Family{}, "naive Bayes": naivebayes.Family{}} {
		for _, withStart := range []bool{true, false} {
			run := func(before, reason string, answered bool) (features []int32, predicted string) {
				r := newRig(t, func(c *siteConfig) { c.Model = family })
				tell := func(contact, reason string, at schemas.Millis, answered bool) {
					tp := disposition("", at, contact, reason)
					if tp.Body.Call.Answered = answered; !answered {
						tp.Body.Call.Abandoned, tp.Body.Call.WaitMs, tp.Body.Call.TalkMs = true, 400_000, 0
					}
					r.touch(pat, tp)
					r.train()
				}
				tell("call-0", before, noon, true)
				tell("call-1", "R02", noon+schemas.Hour, true)
				for i, about := range []string{"R03", "R07", "R05"} {
					r.touch(pat, webStep("", noon+3*schemas.Hour+schemas.Millis(i)*schemas.Minute, schemas.WebEventFormError, "form-of-"+about, about))
				}
				if withStart {
					r.touch(pat, callStep("", noon+4*schemas.Hour, schemas.CallEventQueued, "call-2"))
				}
				tp := disposition("", noon+4*schemas.Hour+9*schemas.Minute, "call-2", reason)
				tp.Body.Call.Answered, tp.Body.Call.Abandoned = answered, !answered
				clear(r.out)
				r.touch(pat, tp)
				for _, x := range r.examples() {
					if x.ExposureBand < 0 {
						features, predicted = x.Features, x.Predicted
					}
				}
				return features, predicted
			}
			one, p := run("R01", "R03", true)
			two, q := run("R01", "R07", false)
			if len(one) < 10 || !slices.Equal(one, two) {
				t.Errorf("%s, start kept %v: with another label the features are others: %v and %v", name, withStart, one, two)
			}
			if p != q {
				t.Errorf("%s, start kept %v: with another label the prediction is another", name, withStart)
			}
			if other, _ := run("R09", "R03", true); slices.Equal(one, other) {
				t.Errorf("%s, start kept %v: an earlier reason makes no difference: the test sees nothing", name, withStart)
			}
		}
	}
}
