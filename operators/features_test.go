package operators

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
			if n := s.Name(f); seen[n] || s.Text(f) == "" {
				t.Errorf("%s: feature %d, %q: named twice or without words", name, f, n)
			}
			seen[s.Name(f)] = true
		}
		e := evidence{last: 1, second: -1, commonest: 2, failedNow: 3, failedDay: 3, menu: -1, inContact: true, viewedNow: 0b110, viewedDay: 0b111, facts: 1 << 9,
			loopSet: 0b101, weight: 3, hour: 23, weekday: 6, overdue: 9, frustration: 1}
		e.loops[0], e.loops[2] = 0b1001, 1<<len(s.taxonomy.Reasons)
		e.share[1], e.share[2] = 1, 2
		got := s.active(nil, &e)
		if !slices.IsSorted(got) || int(got[len(got)-1]) >= s.Size() || len(got) < 20 {
			t.Errorf("%s: %d features of %d, sorted %v", name, len(got), s.Size(), slices.IsSorted(got))
		}
	}
}
