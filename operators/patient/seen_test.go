package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestBusyShardStillKnowsWhatItHasSeen sends a kiosk's touchpoints, each twice, some of them much
// later, past the number of ids that it remembers.
func TestBusyShardStillKnowsWhatItHasSeen(t *testing.T) {
	c := testConfig()
	c.Observe.MaxSeen = 1000
	s := newSiteOf(t, c)
	step := func(i int) {
		s.touch(webStep(fmt.Sprint("e", i), t0+schemas.Millis(i), schemas.WebEventPageView, "p", "", cookie("kiosk")), 0)
		s.quiet()
	}
	const n = 3000
	for i := range n {
		step(i)
		step(i)
		if i >= 700 { // still remembered: a quarter of a thousand goes at once
			step(i - 700)
		}
	}
	if got, want := len(s.rejected(s.config.Emit.Topics.Rejected)), n; got != want {
		t.Errorf("%d events have a duplicate, want %d", got, want)
	}
	if p := s.personas()[s.owner(cookie("kiosk"))]; p.Touchpoints != n {
		t.Errorf("persona: %d touchpoints, want %d", p.Touchpoints, n)
	}
}
