package patient

import (
	"fmt"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/operators/predict/softmax"
	"github.com/attune-health/attune/schemas"
)

// momentsOf lets a person look at pages, 40 of them a minute apart, call after so long (0: never), and time pass.
// It returns what was told of moments.
func momentsOf(t *testing.T, call schemas.Millis, wait schemas.Millis) []schemas.TrainingExample {
	t.Helper()
	r := newRig(t, func(c *siteConfig) { c.Model = softmax.Family{} })
	for i := range 40 {
		r.touch(pat, webStep(fmt.Sprintf("page-%d", i), noon+schemas.Millis(i)*schemas.Minute, schemas.WebEventPageView, "refill/form", "R03"))
	}
	if call > 0 {
		r.touch(pat, callStep("", noon+call, schemas.CallEventQueued, "call-1"))
	}
	r.watermark("call", noon+wait, false)
	var told []schemas.TrainingExample
	for _, x := range r.examples() {
		if x.Interval >= 0 {
			told = append(told, x)
		}
	}
	return told
}

// TestMomentsTellWhenTheirIntervalIsOver: neither a contact nor its absence is told sooner.
func TestMomentsTellWhenTheirIntervalIsOver(t *testing.T) {
	for name, call := range map[string]schemas.Millis{"no contact": 0, "contact after three hours": 3 * schemas.Hour} {
		told := momentsOf(t, call, 9*schemas.Day)
		last := map[schemas.Millis]int32{}
		for _, x := range told {
			if want := x.PredictedAt + predict.Horizons[x.Interval]; x.LabelledAt != want {
				t.Errorf("%s: interval %d told at %d, want %d", name, x.Interval, x.LabelledAt, want)
			}
			if before, ok := last[x.PredictedAt]; ok != (x.Interval > 0) || ok && before != x.Interval-1 {
				t.Errorf("%s: interval %d told after %d", name, x.Interval, before)
			}
			last[x.PredictedAt] = x.Interval
			came := call > 0 && x.Interval == 2
			if (x.ContactAfterMs >= 0) != came || came && x.ContactAfterMs != int64(noon+call-x.PredictedAt) {
				t.Errorf("%s: interval %d: contact after %d ms", name, x.Interval, x.ContactAfterMs)
			}
		}
		if len(last) == 0 || len(last) > predict.MaxOpenMoments {
			t.Errorf("%s: %d moments of 40 touchpoints", name, len(last))
		}
		for at, k := range last {
			if want := int32(3); call == 0 && k != want || call > 0 && k != 2 {
				t.Errorf("%s: the moment at %d was told up to interval %d", name, at, k)
			}
		}
	}
}

// TestMomentsKnowNothingOfWhatComes: with a contact to come or without one, their tokens are the same.
func TestMomentsKnowNothingOfWhatComes(t *testing.T) {
	with, without := momentsOf(t, 50*schemas.Minute, 9*schemas.Day), momentsOf(t, 0, 9*schemas.Day)
	for i := range with {
		at := slices.IndexFunc(without, func(x schemas.TrainingExample) bool {
			return x.PredictedAt == with[i].PredictedAt && x.Interval == with[i].Interval
		})
		if at < 0 || !slices.Equal(without[at].Features, with[i].Features) || len(with[i].Features) < 10 {
			t.Errorf("moment at %d: %v, without the contact %v", with[i].PredictedAt, with[i].Features, at)
		}
	}
}

// TestWhatASearchFoundIsRememberedWhileTheVisitGoesOn: who has found little calls, also after another page.
func TestWhatASearchFoundIsRememberedWhileTheVisitGoesOn(t *testing.T) {
	after := func(results int32) (features []int32) {
		r := newRig(t, func(c *siteConfig) { c.Model = softmax.Family{} })
		search := webStep("search", noon, schemas.WebEventSearch, "help", "R03")
		search.Body.Web.Results = results
		r.touch(pat, search)
		for i := range 12 {
			r.touch(pat, webStep(fmt.Sprintf("turn-%d", i), noon+schemas.Millis(1+i)*schemas.Minute, schemas.WebEventPageView, "refill/form", "R03"))
		}
		r.watermark("call", noon+schemas.Day, false)
		for _, x := range r.examples() {
			if x.Interval == 0 && x.PredictedAt > noon {
				features = append(features, x.Features...)
			}
		}
		return features
	}
	few, more, many := after(2), after(2), after(9)
	if len(few) == 0 || !slices.Equal(few, more) || slices.Equal(few, many) {
		t.Errorf("a search with two results, and again, and one with nine: %v, %v, %v", few, more, many)
	}
}
