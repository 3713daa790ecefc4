package operators

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/schemas"
)

// FuzzLearnedRestore: what is restored is written again as it was, and nothing panics.
func FuzzLearnedRestore(f *testing.F) {
	t, err := schemas.LoadTaxonomy("health")
	if err != nil {
		f.Fatal(err)
	}
	s, c := NewFeatureSpace(t), trainerConfig()
	l := newLearned(s)
	for _, x := range randomExamples(s, 30, 9) {
		if err := l.learn(&c, &x); err != nil {
			f.Fatal(err)
		}
	}
	l.Changes(func(key, value []byte) { f.Add(bytes.Clone(key), bytes.Clone(value)) })
	f.Fuzz(func(t *testing.T, key, value []byte) {
		l := newLearned(s)
		if l.Restore(key, value) != nil {
			return
		}
		l.headDirty = string(key) == l.prefix+headKey
		l.Changes(func(k, v []byte) {
			if !bytes.Equal(v, value) && len(v) == len(value) {
				t.Errorf("%q is written again as %x, not %x", k, v, value)
			}
		})
	})
}

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
		e := evidence{failedDay: -1, failedNow: -1}
		facts := facts{evidence: &e, p: &p}
		g.run(&facts, &schemas.PolicyState{}, 0, nil)
		g.explain(&facts, &schemas.PolicyState{}, nil)
	})
}
