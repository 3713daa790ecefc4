package evidence

import (
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestNoThresholdSwitchesARedFlagOff: a site may say how strong a sign has to be, and not that there is none.
func TestNoThresholdSwitchesARedFlagOff(t *testing.T) {
	var c Config
	if c.SetDefaults(); c.Validate() != nil {
		t.Fatal(c.Validate())
	}
	c = Config{ReadFor: schemas.Hour, MovedOn: -1, PageBefore: 1, PageBeforeGrave: 1, ToldBefore: 1, HarmBefore: 1, MenuBefore: 1, CriticalFor: -1}
	got := c.Validate()
	if got == nil || strings.Count(got.Error(), "red_flags.") != 8 {
		t.Errorf("got %v, want eight problems", got)
	}
}
