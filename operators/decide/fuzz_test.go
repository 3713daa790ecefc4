package decide

import (
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// FuzzParseCatalogue: no text makes the parser panic, and what it accepts can decide.
func FuzzParseCatalogue(f *testing.F) {
	for _, name := range []string{"health", "plain"} {
		text, err := catalogues.ReadFile("catalogues/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	t, err := schemas.LoadTaxonomy("health")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		c, err := ParseCatalogue(text, t)
		if err != nil {
			return
		}
		g := newJudgement(c)
		var p [schemas.MaxReasons]float64
		e := evidence.Evidence{FailedDay: -1, FailedNow: -1}
		facts := facts{Evidence: &e, p: &p}
		g.run(&facts, &schemas.PolicyState{}, 0, nil, -1)
		g.Explain(&facts, &schemas.PolicyState{}, nil)
	})
}
