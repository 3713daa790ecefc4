package person

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

// TestPersonaWithoutTouchpointIsAsOfTheNewestConsent: it would be of 1970 otherwise.
func TestPersonaWithoutTouchpointIsAsOfTheNewestConsent(t *testing.T) {
	f := Folder{Config: &Config{}, Taxonomy: &schemas.Taxonomy{}}
	f.Config.SetDefaults()
	said := schemas.PolicyState{Consents: []schemas.ConsentEntry{{At: 7}, {At: 3}}, DoNotContactAt: 5}
	who := &Person{Ref: "p", State: &schemas.PersonState{Policy: said}}
	if got := f.Publish(who).AsOf; got != 7 || who.IsUnknown() {
		t.Errorf("as of %d, unknown %v", got, who.IsUnknown())
	}
	if who.State.Policy = (schemas.PolicyState{}); !who.IsUnknown() {
		t.Error("known by nothing")
	}
}
