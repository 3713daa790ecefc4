package softmax

import (
	"math"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// TestHalfAnExampleCountsHalf: what a label adds to counts and takes off weights goes with its weight.
func TestHalfAnExampleCountsHalf(t *testing.T) {
	s, err := evidence.NewGroupSpace(schemas.DefaultTaxonomy())
	if err != nil {
		t.Fatal(err)
	}
	token := int32(evidence.CodeToken<<26 | 2<<16 | 9)
	learned := func(weight float64) *learner {
		l := newLearner(s, predict.Learning{})
		if err := l.Learn(&schemas.TrainingExample{Reason: s.Taxonomy.Reasons[4].Code, Features: []int32{token}, ExposureBand: -1, Interval: -1, Weight: weight}); err != nil {
			t.Fatal(err)
		}
		return l
	}
	whole, half := learned(1), learned(.5)
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	near("class", half.class[4], whole.class[4]/2)
	near("row", half.table[9*3*half.reasons+4], whole.table[9*3*whole.reasons+4]/2)
	if w, h := whole.table[9*3*whole.reasons+2*whole.reasons+4], half.table[9*3*half.reasons+2*half.reasons+4]; h <= 0 || h >= w {
		t.Errorf("half an example moves a weight by %v, a whole one by %v", h, w)
	}
	for _, bad := range []float64{-1, 2, math.NaN()} {
		if err := newLearner(s, predict.Learning{}).Learn(&schemas.TrainingExample{Reason: "R03", ExposureBand: -1, Interval: -1, Weight: bad}); err == nil {
			t.Errorf("weight %v is learned", bad)
		}
	}
}
