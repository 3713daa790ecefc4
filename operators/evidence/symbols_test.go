package evidence

import (
	"testing"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// A state may hold symbols that this build does not know: those of a later build.
func TestSymbolsOfALaterBuildStayInsideTheSpace(t *testing.T) {
	taxonomy, err := schemas.LoadTaxonomy("health")
	if err != nil {
		t.Fatal(err)
	}
	s := NewFeatureSpace(taxonomy)
	for k := range 256 {
		e := Evidence{At: schemas.Day, FailedNow: -1, FailedDay: 0, FailedKind: schemas.FailureKind(k), latest: -1, page: -1}
		e.collectFact(&person.FoldedFact{At: schemas.Day, Event: schemas.EhrEvent(k), Reason: -1})
		if known := e.Facts != 0; known != (k < schemas.EhrEventCount) {
			t.Errorf("fact %d counts: %v", k, known)
		}
		for _, f := range s.Active(nil, &e) {
			if int(f) >= s.Size() {
				t.Errorf("symbol %d: feature %d of %d", k, f, s.Size())
			}
		}
		in := func(b Block) (n int) {
			for _, f := range s.Active(nil, &e) {
				if s.BlockOf[f] == b {
					n++
				}
			}
			return n
		}
		if in(BlockFailedKind) != 1 || in(BlockNewestFact) != 1 {
			t.Errorf("symbol %d: a feature has left its block", k)
		}
	}
}
