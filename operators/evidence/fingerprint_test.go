package evidence

import (
	"testing"

	"github.com/attune-health/attune/schemas"
)

func smallTaxonomy() *schemas.Taxonomy {
	return &schemas.Taxonomy{Version: "small-1", Reasons: []schemas.Reason{{Code: "A", Words: "a"}, {Code: "B", Words: "b"}}}
}

// TestLayoutIsThatOfUnstampedBuilds: whoever changes a block sets likeUnstamped to false and gives the
// new fingerprint here. Otherwise what builds wrote before fingerprints is taken for this layout.
func TestLayoutIsThatOfUnstampedBuilds(t *testing.T) {
	const unstamped = 1880941095876891885
	if got := NewFeatureSpace(smallTaxonomy()).Fingerprint(); likeUnstamped && got != unstamped {
		t.Errorf("got %d, want %d: the layout has changed", got, unstamped)
	}
}

func TestFingerprintTellsSpacesApart(t *testing.T) {
	s := NewFeatureSpace(smallTaxonomy())
	if again := NewFeatureSpace(smallTaxonomy()); again.Fingerprint() != s.Fingerprint() || s.Fingerprint() == 0 {
		t.Errorf("got %d and %d of the same taxonomy", s.Fingerprint(), again.Fingerprint())
	}
	version, order, name := smallTaxonomy(), smallTaxonomy(), smallTaxonomy()
	version.Version = "small-2"
	order.Reasons[0], order.Reasons[1] = order.Reasons[1], order.Reasons[0]
	name.Reasons[1].Code = "C"
	for _, other := range []*schemas.Taxonomy{version, order, name} {
		x := NewFeatureSpace(other)
		if x.Fingerprint() == s.Fingerprint() || s.Made(x.Fingerprint(), "small-1") {
			t.Errorf("%s of %s, %s has the same fingerprint", other.Version, other.Reasons[0].Code, other.Reasons[1].Code)
		}
	}
	if !s.Made(s.Fingerprint(), "") || !s.Made(0, "small-1") || s.Made(0, "small-2") || s.Made(0, "") {
		t.Error("got the space of a fingerprint, or of none, wrong")
	}
}
