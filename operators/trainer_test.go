package operators

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/schemas"
)

func testSpace(tb testing.TB, taxonomy string) *FeatureSpace {
	tb.Helper()
	t, err := schemas.LoadTaxonomy(taxonomy)
	if err != nil {
		tb.Fatal(err)
	}
	return NewFeatureSpace(t)
}

// randomExamples are labels with features that tell something about them.
func randomExamples(s *FeatureSpace, n int, seed uint64) []schemas.TrainingExample {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([]schemas.TrainingExample, n)
	for i := range list {
		label := min(r.IntN(len(s.taxonomy.Reasons)), r.IntN(len(s.taxonomy.Reasons)))
		x := &list[i]
		x.TaxonomyVersion, x.Reason, x.ExposureBand, x.ContactAfterMs = s.taxonomy.Version, s.taxonomy.Reasons[label].Code, -1, -1
		x.LabelledAt = schemas.Millis(i)
		for f := range int32(s.Size()) {
			if about := s.about[f]; r.IntN(s.Size()) < 10 || about == label && r.IntN(4) == 0 {
				x.Features = append(x.Features, f)
			}
		}
		if r.IntN(5) == 0 {
			x.Reason, x.Features, x.ExposureBand = schemas.ReasonNone, nil, int32(r.IntN(rateBands))
			x.PredictedAt = x.LabelledAt - horizons[r.IntN(len(horizons))]
			if r.IntN(3) == 0 {
				x.Reason, x.ContactAfterMs = schemas.ReasonUnknown, r.Int64N(int64(8*day))
			}
		}
	}
	return list
}

func trainerConfig() TrainerConfig {
	c := TrainerConfig{HalfLife: 300}
	c.SetDefaults()
	return c
}

// TestLearningOneByOneEqualsTheBatch recomputes the decayed counts from all examples at once.
func TestLearningOneByOneEqualsTheBatch(t *testing.T) {
	s, c := testSpace(t, "health"), trainerConfig()
	examples := randomExamples(s, 3000, 1)
	online := newLearned(s)
	var labelled []schemas.TrainingExample
	for i := range examples {
		if err := online.learn(&c, &examples[i]); err != nil {
			t.Fatal(err)
		}
		if examples[i].ExposureBand < 0 {
			labelled = append(labelled, examples[i])
		}
	}
	var got schemas.Model
	online.fillModel(&got)
	class, feature := make([]float64, len(s.taxonomy.Reasons)), make([]float64, len(s.taxonomy.Reasons)*s.Size())
	for i := range labelled {
		weight := math.Exp2(-float64(len(labelled)-1-i) / c.HalfLife)
		r := s.taxonomy.Index(labelled[i].Reason)
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
	s, c := testSpace(t, "health"), trainerConfig()
	learned, priors := newLearned(s), newPriors(s)
	loss, priorLoss, n := 0.0, 0.0, 0
	examples := randomExamples(s, 6000, 2)
	for i := range examples {
		x := &examples[i]
		if label := s.taxonomy.Index(x.Reason); label >= 0 && i%50 == 49 {
			var v schemas.Model
			learned.fillModel(&v)
			m, err := newNaiveBayes(s, &v)
			if err != nil {
				t.Fatal(err)
			}
			var p, q [schemas.MaxReasons]float64
			m.distribution(&p, x.Features)
			priors.distribution(&q, x.Features)
			loss, priorLoss, n = loss-math.Log(p[label]), priorLoss-math.Log(q[label]), n+1
		}
		if err := learned.learn(&c, x); err != nil {
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
	s, c := testSpace(t, "health"), trainerConfig()
	examples := randomExamples(s, 800, 3)
	straight, killed := newLearned(s), newLearned(s)
	changelog := map[string][]byte{}
	for i := range examples {
		for _, l := range []*learned{straight, killed} {
			if err := l.learn(&c, &examples[i]); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 != 0 {
			continue
		}
		killed.Changes(func(key, value []byte) { changelog[string(key)] = slices.Clone(value) })
		if i%70 == 0 {
			killed = newLearned(s)
			for key, value := range changelog {
				if err := killed.Restore([]byte(key), value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var a, b schemas.Model
	straight.fillModel(&a)
	killed.fillModel(&b)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("models differ (-straight +restored):\n%.2000s", d)
	}
}

// TestModelVersionsAreByCount: the same examples give the same versions, and the patient task takes
// the one in force.
func TestModelVersionsAreByCount(t *testing.T) {
	run := func() (versions []string, in string) {
		r := newRig(t, nil)
		for i := range 200 {
			at := noon + schemas.Millis(i)*hour
			who, contact := fmt.Sprintf("p-%d", i%9), fmt.Sprintf("call-%d", i)
			r.touch(who, webStep("", at, schemas.WebEventFormError, "refill/form", "R03"))
			r.touch(who, callStep("", at+minute, schemas.CallEventQueued, contact))
			r.touch(who, disposition("", at+5*minute, contact, "R03"))
			for _, x := range r.take(r.config.Emit.Topics.TrainingExamples) {
				r.give(r.trainer, 1, r.config.Emit.Topics.TrainingExamples, x.key, x.value)
			}
			for _, m := range r.take(r.config.Emit.Topics.Models) {
				versions = append(versions, fmt.Sprintf("%s after %d", m.key, i+1))
				r.give(r.patient, 2, r.config.Emit.Topics.Models, m.key, m.value)
			}
		}
		return versions, r.decide.predict.model.version
	}
	first, in := run()
	second, _ := run()
	if d := cmp.Diff(first, second); d != "" {
		t.Error(d)
	}
	t.Log(first)
	if len(first) < 10 || in == "priors" || !slices.Contains(first, "contact-reason/"+in+" after 200") && in == "" {
		t.Errorf("%d versions, in force %s", len(first)/2, in)
	}
}

func TestModelOfAnotherTaxonomyIsRefused(t *testing.T) {
	health, bank := testSpace(t, "health"), testSpace(t, "bank")
	var v schemas.Model
	newLearned(bank).fillModel(&v)
	if _, err := newNaiveBayes(health, &v); err == nil {
		t.Error("a model of the bank predicts for a hospital")
	}
	r := newRig(t, nil)
	value := v.AppendAvro(appendFrame(nil, 0))
	r.give(r.patient, 2, r.config.Emit.Topics.Models, []byte("contact-reason/v0"), value)
	r.give(r.patient, 2, r.config.Emit.Topics.Models, []byte("contact-reason/current"), value)
	r.give(r.patient, 2, r.config.Emit.Topics.Models, []byte("contact-reason/v1"), []byte("nonsense"))
	if p := r.decide.predict; p.model.version != "priors" || p.degraded != "model_refused" {
		t.Errorf("in force %s, degraded %q", p.model.version, p.degraded)
	}
}
