package naivebayes

import (
	"bytes"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

// FuzzLearnedRestore: what is restored is written again as it was, and nothing panics.
func FuzzLearnedRestore(f *testing.F) {
	t, err := schemas.LoadTaxonomy("health")
	if err != nil {
		f.Fatal(err)
	}
	s := evidence.NewFeatureSpace(t)
	l := newLearned(s, learning)
	for _, x := range randomExamples(s, 30, 9) {
		if err := l.Learn(&x); err != nil {
			f.Fatal(err)
		}
	}
	l.Changes(func(key, value []byte) { f.Add(bytes.Clone(key), bytes.Clone(value)) })
	f.Fuzz(func(t *testing.T, key, value []byte) {
		l := newLearned(s, learning)
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
