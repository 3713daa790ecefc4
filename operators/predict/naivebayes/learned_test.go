package naivebayes

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
	"github.com/google/go-cmp/cmp"
)

func spaceOf(tb testing.TB, taxonomy string) *evidence.FeatureSpace {
	tb.Helper()
	t, err := schemas.LoadTaxonomy(taxonomy)
	if err != nil {
		tb.Fatal(err)
	}
	return evidence.NewFeatureSpace(t)
}

// randomExamples are labels with features that tell something about them.
func randomExamples(s *evidence.FeatureSpace, n int, seed uint64) []schemas.TrainingExample {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([]schemas.TrainingExample, n)
	for i := range list {
		label := min(r.IntN(len(s.Taxonomy.Reasons)), r.IntN(len(s.Taxonomy.Reasons)))
		x := &list[i]
		x.TaxonomyVersion, x.Reason, x.ExposureBand, x.ContactAfterMs = s.Taxonomy.Version, s.Taxonomy.Reasons[label].Code, -1, -1
		x.LabelledAt = schemas.Millis(i)
		for f := range int32(s.Size()) {
			if about := s.About[f]; r.IntN(s.Size()) < 10 || about == label && r.IntN(4) == 0 {
				x.Features = append(x.Features, f)
			}
		}
		if r.IntN(5) == 0 {
			x.Reason, x.Features, x.ExposureBand = schemas.ReasonNone, nil, int32(r.IntN(predict.RateBands))
			x.PredictedAt = x.LabelledAt - predict.Horizons[r.IntN(len(predict.Horizons))]
			if r.IntN(3) == 0 {
				x.Reason, x.ContactAfterMs = schemas.ReasonUnknown, r.Int64N(int64(8*schemas.Day))
			}
		}
	}
	return list
}

var learning = predict.Learning{HalfLife: 300, Rate: 0.01}

// TestLearningOneByOneEqualsTheBatch recomputes the decayed counts from all examples at once.
func TestLearningOneByOneEqualsTheBatch(t *testing.T) {
	s := spaceOf(t, "health")
	examples := randomExamples(s, 3000, 1)
	online := newLearned(s, learning)
	var labelled []schemas.TrainingExample
	for i := range examples {
		if err := online.Learn(&examples[i]); err != nil {
			t.Fatal(err)
		}
		if examples[i].ExposureBand < 0 {
			labelled = append(labelled, examples[i])
		}
	}
	got := predict.Publish(online, s)
	class, feature := make([]float64, len(s.Taxonomy.Reasons)), make([]float64, len(s.Taxonomy.Reasons)*s.Size())
	for i := range labelled {
		weight := math.Exp2(-float64(len(labelled)-1-i) / learning.HalfLife)
		r := s.Taxonomy.Index(labelled[i].Reason)
		class[r] += weight
		for _, f := range labelled[i].Features {
			feature[r*s.Size()+int(f)] += weight
		}
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
	if !slices.EqualFunc(got.ClassWeight, class, near) || !slices.EqualFunc(got.FeatureWeight, feature, near) {
		t.Error("counts differ from those of the batch")
	}
	if got.Examples != int64(len(labelled)) {
		t.Errorf("got %d examples, want %d", got.Examples, len(labelled))
	}
}

// TestLearningImproves: with evidence that tells something, the loss falls below that of the priors.
func TestLearningImproves(t *testing.T) {
	s := spaceOf(t, "health")
	learned, priors := newLearned(s, learning), newPriors(s)
	loss, priorLoss, n := 0.0, 0.0, 0
	examples := randomExamples(s, 6000, 2)
	for i := range examples {
		x := &examples[i]
		if label := s.Taxonomy.Index(x.Reason); label >= 0 && i%50 == 49 {
			v := predict.Publish(learned, s)
			m, err := newModel(s, &v)
			if err != nil {
				t.Fatal(err)
			}
			var p, q [schemas.MaxReasons]float64
			m.Distribution(&p, x.Features)
			priors.Distribution(&q, x.Features)
			loss, priorLoss, n = loss-math.Log(p[label]), priorLoss-math.Log(q[label]), n+1
		}
		if err := learned.Learn(x); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("log loss of %d predictions: %.3f, of the priors %.3f", n, loss/float64(n), priorLoss/float64(n))
	if loss >= priorLoss {
		t.Errorf("log loss %.3f is not below that of the priors, %.3f", loss, priorLoss)
	}
}

// TestRestoredTrainerGoesOnAsIfNothingHadHappened writes the changes of every few examples to a
// changelog and restores from it.
func TestRestoredTrainerGoesOnAsIfNothingHadHappened(t *testing.T) {
	s := spaceOf(t, "health")
	examples := randomExamples(s, 800, 3)
	straight, killed := newLearned(s, learning), newLearned(s, learning)
	changelog := map[string][]byte{}
	for i := range examples {
		for _, l := range []*learned{straight, killed} {
			if err := l.Learn(&examples[i]); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 != 0 {
			continue
		}
		killed.Changes(func(key, value []byte) { changelog[string(key)] = slices.Clone(value) })
		if i%70 == 0 {
			killed = newLearned(s, learning)
			for key, value := range changelog {
				if err := killed.Restore([]byte(key), value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	a, b := predict.Publish(straight, s), predict.Publish(killed, s)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("models differ (-straight +restored):\n%.2000s", d)
	}
}
