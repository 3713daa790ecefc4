package evidence

import (
	"slices"
	"testing"

	"github.com/attune-health/attune/schemas"
)

func TestFeaturesAreNamedOnceAndAscend(t *testing.T) {
	for _, name := range []string{"health", "bank"} {
		taxonomy, err := schemas.LoadTaxonomy(name)
		if err != nil {
			t.Fatal(err)
		}
		s := NewFeatureSpace(taxonomy)
		seen := map[string]bool{}
		for f := range int32(s.Size()) {
			n, text := s.Describe(f)
			if seen[n] || text == "" {
				t.Errorf("%s: feature %d, %q: named twice or without words", name, f, n)
			}
			seen[n] = true
		}
		e := Evidence{last: 1, second: -1, commonest: 2, FailedNow: 3, FailedDay: 3, menu: -1, InContact: true, ViewedNow: 0b110, ViewedDay: 0b111, Facts: 1 << 9,
			LoopSet: 0b101, Weight: 3, hour: 23, weekday: 6, Overdue: 9, Frustration: 1}
		e.loops[0], e.loops[2] = 0b1001, 1<<len(s.Taxonomy.Reasons)
		e.Share[1], e.Share[2] = 1, 2
		got := s.Active(nil, &e)
		if !slices.IsSorted(got) || int(got[len(got)-1]) >= s.Size() || len(got) < 20 {
			t.Errorf("%s: %d features of %d, sorted %v", name, len(got), s.Size(), slices.IsSorted(got))
		}
	}
}
