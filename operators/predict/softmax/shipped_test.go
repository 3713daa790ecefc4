package softmax

import (
	"bytes"
	"math"
	"testing"

	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// shippedOf are the weights of a learner of some examples.
func shippedOf(tb testing.TB, n int, labels float64) (l *learner, b []byte) {
	tb.Helper()
	s := spaceOf(tb, "bank")
	l = newLearner(s, predict.Learning{})
	learnAll(tb, l, randomExamples(s, n, 20, 11))
	b, err := Ship(l, labels, 100)
	if err != nil {
		tb.Fatal(err)
	}
	return l, b
}

// Who begins with what is shipped predicts nearly as the one whose it was, and counts it as few labels.
func TestShippedWeightsSayWhatTheLearnerSaid(t *testing.T) {
	of, b := shippedOf(t, 4000, 2000)
	l := newLearner(of.space, predict.Learning{})
	l.shipped = b
	if !l.Begin() {
		t.Fatal("nothing was taken in")
	}
	if n := sum(l.class); math.Abs(n-2000) > 1 {
		t.Errorf("they count as %.1f labels, want 2000", n)
	}
	off, scratch := 0.0, 0.0
	nothing := newLearner(of.space, predict.Learning{})
	list := randomExamples(of.space, 200, 20, 12)
	for i := range list {
		for j, x := range []*learner{of, l, nothing} {
			x.predict(list[i].Features)
			for r := range x.reasons {
				switch j {
				case 1:
					off += math.Abs(x.p[r]-of.p[r]) / 200
				case 2:
					scratch += math.Abs(x.p[r]-of.p[r]) / 200
				}
			}
		}
	}
	if off > scratch/4 {
		t.Errorf("they are off by %.3f, without them it is %.3f", off, scratch)
	}
}

// What is shipped becomes part of the state at the beginning. Later weights of another build change nothing.
func TestShippedWeightsCountOnce(t *testing.T) {
	of, b := shippedOf(t, 2000, 500)
	list := randomExamples(of.space, 300, 20, 13)
	l := newLearner(of.space, predict.Learning{})
	l.shipped = b
	if !l.Begin() {
		t.Fatal("nothing was taken in")
	}
	l.Progress().Version = 1 // as the trainer does when it publishes them
	learnAll(t, l, list[:100])
	restored := newLearner(of.space, predict.Learning{})
	l.Changes(func(key, value []byte) {
		if err := restored.Restore(key, value); err != nil {
			t.Fatal(err)
		}
	})
	_, restored.shipped = shippedOf(t, 900, 900)
	if restored.Begin() {
		t.Error("other weights were taken in after a restart")
	}
	learnAll(t, l, list[100:])
	learnAll(t, restored, list[100:])
	v, w := predict.Publish(l, l.space), predict.Publish(restored, l.space)
	if !bytes.Equal(v.AppendAvro(nil), w.AppendAvro(nil)) {
		t.Error("a restart changes what is published")
	}
}

func TestShippedWeightsThatDoNotFitAreLeftOut(t *testing.T) {
	of, b := shippedOf(t, 500, 500)
	other := bytes.Clone(b)
	other[3] ^= 1 // the fingerprint
	for name, shipped := range map[string][]byte{"of other features": other, "cut short": b[:len(b)-1], "empty": {}, "of a later layout": append([]byte{99}, b[1:]...)} {
		l := newLearner(of.space, predict.Learning{})
		l.shipped = shipped
		if l.Begin() || l.headDirty || len(l.dirty) > 0 {
			t.Errorf("%s: taken in", name)
		}
	}
}

// TestShippedWeightsFitTheirTaxonomy fails after a change of the features: make weights makes new ones.
func TestShippedWeightsFitTheirTaxonomy(t *testing.T) {
	s := spaceOf(t, "health")
	b := schemas.ShippedWeights(s.Taxonomy.Version)
	l := newLearner(s, predict.Learning{})
	if err := l.load(b); err != nil {
		t.Fatalf("%v: run make weights", err)
	}
	if len(b) > 1<<20 || len(l.dirty) < 500 {
		t.Errorf("%d bytes, %d rows", len(b), len(l.dirty))
	}
	// 0 learned moments, but hazards of their own in many rows: those of other groups would be left out silently.
	if h := l.hazards.Published(nil); len(h) < 10_000 {
		t.Errorf("hazards of %d bytes: run make weights", len(h))
	}
	if v := (Family{}).Priors(s).Version(); v != shippedName(b) {
		t.Errorf("the model before the first label is called %s", v)
	}
	if v := (Family{FromNothing: true}).Priors(s).Version(); v != "priors" {
		t.Errorf("without them the model before the first label is called %s", v)
	}
}
