package softmax

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
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
	s, err := evidence.NewGroupSpace(t)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// randomExamples are labels with codes that tell something about them: so many tokens each, of groups of
// their own.
func randomExamples(s *evidence.FeatureSpace, n, tokens int, seed uint64) []schemas.TrainingExample {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([]schemas.TrainingExample, n)
	reasons := len(s.Taxonomy.Reasons)
	for i := range list {
		label := min(r.IntN(reasons), r.IntN(reasons))
		x := &list[i]
		x.TaxonomyVersion, x.Reason, x.ExposureBand, x.ContactAfterMs, x.Interval = s.Taxonomy.Version, s.Taxonomy.Reasons[label].Code, -1, -1, -1
		x.LabelledAt = schemas.Millis(i)
		for g := range min(tokens, len(s.Groups())) {
			value := r.IntN(40)
			if r.IntN(3) == 0 {
				value = label
			}
			x.Features = append(x.Features, int32(g)<<16|int32((g*977+value*131)%s.Size()))
		}
		about := label
		if r.IntN(2) == 0 {
			about = r.IntN(reasons)
		}
		x.Features = append(x.Features, evidence.CodeAligned<<26|int32(r.IntN(len(s.Aligned())))<<5|int32(about))
		x.Features = append(x.Features, evidence.CodeAmount<<26|int32(r.IntN(len(s.Amounts())))<<21|int32(about)<<16|int32(r.IntN(900)))
	}
	return list
}

func learnAll(tb testing.TB, l *learner, list []schemas.TrainingExample) {
	tb.Helper()
	for i := range list {
		if err := l.Learn(&list[i]); err != nil {
			tb.Fatal(err)
		}
	}
}

// TestLearnerAgreesWithThePlainOne steps both by the same examples: one by formulas and running counts, the
// other by numeric derivatives and sums over all that was.
func TestLearnerAgreesWithThePlainOne(t *testing.T) {
	s := spaceOf(t, "bank")
	fast, slow := newLearner(s, predict.Learning{}), newPlain(s)
	for i, x := range randomExamples(s, 60, 4, 5) {
		label := s.Taxonomy.Index(x.Reason)
		fast.predict(x.Features)
		for r, want := range slow.probabilities(x.Features) {
			if math.Abs(fast.p[r]-want) > 1e-6 {
				t.Fatalf("example %d, reason %d: %.9f, plain %.9f", i, r, fast.p[r], want)
			}
		}
		learnAll(t, fast, []schemas.TrainingExample{x})
		slow.learn(x.Features, label)
	}
	for i, want := range slow.v {
		if math.Abs(fast.weights[i]-want) > 1e-6 {
			t.Errorf("weight %d: %.9f, plain %.9f", i, fast.weights[i], want)
		}
	}
}

// TestPublishedModelPredictsAsTheLearnerDoes: rounding aside.
func TestPublishedModelPredictsAsTheLearnerDoes(t *testing.T) {
	for _, taxonomy := range []string{"bank", "health"} {
		s := spaceOf(t, taxonomy)
		l := newLearner(s, predict.Learning{})
		list := randomExamples(s, 2000, 30, 7)
		learnAll(t, l, list)
		v := predict.Publish(l, s)
		m, err := predict.Ready(Family{}, s, &v)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list[:200] {
			var p [schemas.MaxReasons]float64
			m.Distribution(&p, list[i].Features)
			l.predict(list[i].Features)
			for r := range l.reasons {
				if math.Abs(p[r]-l.p[r]) > 2e-3 {
					t.Fatalf("%s: example %d, reason %d: published %.5f, learned %.5f", taxonomy, i, r, p[r], l.p[r])
				}
			}
		}
	}
}

// TestLearningImproves: with evidence that tells something, the loss falls far below that of the mix.
func TestLearningImproves(t *testing.T) {
	s := spaceOf(t, "health")
	l := newLearner(s, predict.Learning{})
	list := randomExamples(s, 6000, 20, 2)
	learnAll(t, l, list[:5000])
	loss, mix := 0.0, 0.0
	for i := range list[5000:] {
		x := &list[5000+i]
		l.predict(x.Features)
		loss -= math.Log(l.p[s.Taxonomy.Index(x.Reason)]) / 1000
		mix -= math.Log(l.slow[s.Taxonomy.Index(x.Reason)]/sum(l.slow)) / 1000
	}
	t.Logf("log loss %.3f, of the mix %.3f", loss, mix)
	if loss > mix/2 {
		t.Errorf("log loss %.3f, not half of that of the mix, %.3f", loss, mix)
	}
}

// TestRestoredLearnerGoesOnAsIfNothingHadHappened writes the changes of every few examples to a changelog and
// restores from it.
func TestRestoredLearnerGoesOnAsIfNothingHadHappened(t *testing.T) {
	s := spaceOf(t, "bank")
	straight, killed := newLearner(s, predict.Learning{}), newLearner(s, predict.Learning{})
	changelog := map[string][]byte{}
	for i, x := range randomExamples(s, 600, 20, 3) {
		learnAll(t, straight, []schemas.TrainingExample{x})
		learnAll(t, killed, []schemas.TrainingExample{x})
		if i%7 != 0 {
			continue
		}
		killed.Changes(func(key, value []byte) { changelog[string(key)] = slices.Clone(value) })
		if i%70 == 0 {
			killed = newLearner(s, predict.Learning{})
			for key, value := range changelog {
				if err := killed.Restore([]byte(key), value); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if d := cmp.Diff(predict.Publish(straight, s), predict.Publish(killed, s)); d != "" {
		t.Errorf("models differ (-straight +restored):\n%.2000s", d)
	}
}

// TestGroupsKeepWhatTheyLearnedByName: numbers of groups and kinds may be others in another build.
func TestGroupsKeepWhatTheyLearnedByName(t *testing.T) {
	s := spaceOf(t, "bank")
	l := newLearner(s, predict.Learning{})
	learnAll(t, l, randomExamples(s, 300, 20, 3))
	names := l.weightNames()
	head := l.appendHead(nil)
	slices.Reverse(names)
	n, r := 0, &reader{b: head}
	for range 4 {
		r.varint()
	}
	r.floats(make([]float64, 1+3*l.reasons))
	weights, grads := make([]float64, len(names)), make([]float64, len(names))
	r.named(names)(weights, grads)
	for i := range names {
		if weights[i] == l.weights[len(names)-1-i] {
			n++
		}
	}
	if r.bad || n != len(names) {
		t.Errorf("%d of %d weights found their names", n, len(names))
	}
}

// TestSameExamplesGiveTheSameBits holds the arithmetic against a figure: a fused product or another order of a
// sum changes it.
func TestSameExamplesGiveTheSameBits(t *testing.T) {
	s := spaceOf(t, "bank")
	l := newLearner(s, predict.Learning{})
	learnAll(t, l, randomExamples(s, 500, 20, 9))
	v := predict.Publish(l, s)
	h := exact.Hash64(string(v.Table))
	for _, list := range [][]float64{l.weights, l.groups, l.class, l.slow, l.table} {
		for _, x := range list {
			h = h*31 + math.Float64bits(x)
		}
	}
	if want := uint64(0x6406f687a33a369a); h != want {
		t.Errorf("checksum %#x, want %#x", h, want)
	}
	other := newLearner(s, predict.Learning{})
	learnAll(t, other, randomExamples(s, 500, 20, 9))
	if w := predict.Publish(other, s); !bytes.Equal(v.Table, w.Table) {
		t.Error("two learners of the same examples differ")
	}
}

func TestRenormalisingChangesNothing(t *testing.T) {
	s := spaceOf(t, "bank")
	l := newLearner(s, predict.Learning{})
	list := randomExamples(s, 500, 20, 9)
	learnAll(t, l, list)
	l.unit *= 7 // as if counts were older
	var before [schemas.MaxReasons]float64
	l.predict(list[0].Features)
	before = l.p
	l.renormalise()
	l.predict(list[0].Features)
	for r := range l.reasons {
		if math.Abs(before[r]-l.p[r]) > 1e-9 {
			t.Errorf("reason %d: %v, before %v", r, l.p[r], before[r])
		}
	}
}

func TestCodesOfAnotherBuildAreRefused(t *testing.T) {
	s := spaceOf(t, "bank")
	l := newLearner(s, predict.Learning{})
	for _, c := range []int32{-1, 255 << 16, 200 << 16, evidence.CodeAligned<<26 | 200<<5, evidence.CodeAligned<<26 | 31, evidence.CodeAmount<<26 | 31<<21, 3 << 26} {
		x := schemas.TrainingExample{Reason: "PS", ExposureBand: -1, Interval: -1, Features: []int32{c}}
		if l.Learn(&x) == nil {
			t.Errorf("code %#x is learned", c)
		}
	}
	if l.progress.Examples != 0 || sum(l.class) != 0 {
		t.Error("a refused example has been counted")
	}
}

// TestRareReasonIsNamedSooner: the top reason is by the rule, everything else by the probability.
func TestRareReasonIsNamedSooner(t *testing.T) {
	s := spaceOf(t, "bank")
	m := Family{}.Priors(s)
	var p [schemas.MaxReasons]float64
	p[s.Taxonomy.Index("PS")], p[s.Taxonomy.Index("TT")] = 0.5, 0.4
	if got := s.Taxonomy.Reasons[m.Top(&p)].Code; got != "TT" {
		t.Errorf("got %s: half of the common one against two fifths of one that is 35 times as rare", got)
	}
	p[s.Taxonomy.Index("TT")] = 0.2
	if got := s.Taxonomy.Reasons[m.Top(&p)].Code; got != "PS" {
		t.Errorf("got %s", got)
	}
}

func TestLogarithmIsThatOfMath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		x := math.Exp((r.Float64() - 0.5) * 200)
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
			t.Fatalf("ln(%v) = %v, want %v", x, got, want)
		}
	}
}

// FuzzSoftmaxRestore: what is restored is written again as it was, and nothing panics.
func FuzzSoftmaxRestore(f *testing.F) {
	s := spaceOf(f, "bank")
	l := newLearner(s, predict.Learning{})
	learnAll(f, l, randomExamples(s, 30, 5, 9))
	l.Changes(func(key, value []byte) { f.Add(bytes.Clone(key), bytes.Clone(value)) })
	f.Fuzz(func(t *testing.T, key, value []byte) {
		l := newLearner(s, predict.Learning{})
		if l.Restore(key, value) != nil {
			return
		}
		l.headDirty = string(key) == l.prefix+headKey
		for row, o := range l.owner {
			if o != 0 {
				l.mark(row)
			}
		}
		l.Changes(func(k, v []byte) {
			if !bytes.Equal(v, value) && len(v) == len(value) && string(k) != l.prefix+headKey {
				t.Errorf("%q is written again as %x, not %x", k, v, value)
			}
		})
	})
}

// FuzzModelTable: a damaged table is refused, or read; nothing panics, and it predicts.
func FuzzModelTable(f *testing.F) {
	s := spaceOf(f, "bank")
	l := newLearner(s, predict.Learning{})
	list := randomExamples(s, 30, 5, 9)
	learnAll(f, l, list)
	v := predict.Publish(l, s)
	f.Add(v.Table)
	f.Fuzz(func(t *testing.T, table []byte) {
		v.Table = table
		m, err := newModel(s, &v)
		if err != nil {
			return
		}
		var p [schemas.MaxReasons]float64
		m.Distribution(&p, list[0].Features)
		if total := sum(p[:m.reasons]); math.Abs(total-1) > 1e-9 {
			t.Errorf("probabilities add up to %v", total)
		}
	})
}

// trained is a model of a site with many tokens, and what it learned from.
func trained(tb testing.TB, tokens int) (*learner, *model, []schemas.TrainingExample) {
	tb.Helper()
	s := spaceOf(tb, "health")
	l := newLearner(s, predict.Learning{})
	list := randomExamples(s, 3000, tokens, 4)
	learnAll(tb, l, list)
	v := predict.Publish(l, s)
	m, err := newModel(s, &v)
	if err != nil {
		tb.Fatal(err)
	}
	return l, m, list
}

func TestPredictingAndLearningAllocateNothing(t *testing.T) {
	l, m, list := trained(t, 60)
	var p [schemas.MaxReasons]float64
	i := 0
	if n := testing.AllocsPerRun(200, func() {
		x := &list[i%len(list)]
		i++
		m.Distribution(&p, x.Features)
		if l.Learn(x) != nil {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPredict60Tokens(b *testing.B) {
	_, m, list := trained(b, 60)
	var p [schemas.MaxReasons]float64
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Distribution(&p, list[i%len(list)].Features)
	}
}

func BenchmarkLearn60Tokens(b *testing.B) {
	l, _, list := trained(b, 60)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if l.Learn(&list[i%len(list)]) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	l, _, _ := trained(b, 60)
	for b.Loop() {
		v := predict.Publish(l, l.space)
		_ = v
	}
}

// TestModelNoBetterThanTheMixNamesNothing: labels that have nothing to do with what is known teach a model that its
// guesses are guesses, whatever it says of a single person. One that tells persons apart names their reasons.
func TestModelNoBetterThanTheMixNamesNothing(t *testing.T) {
	s := spaceOf(t, "bank")
	for _, tells := range []bool{true, false} {
		l := newLearner(s, predict.Learning{})
		list := randomExamples(s, 3000, 20, 31)
		if !tells {
			for i := range list {
				list[i].Reason = list[(i*7919+1)%len(list)].Reason
			}
		}
		learnAll(t, l, list)
		v := predict.Publish(l, s)
		m, err := newModel(s, &v)
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for i := range list[:300] {
			var p [schemas.MaxReasons]float64
			m.Distribution(&p, list[i].Features)
			if m.Knows(&p) {
				known++
			}
		}
		if tells && (v.Skill < 0.1 || known < 200) || !tells && (v.Skill > skillLeast || known > 0) {
			t.Errorf("told apart %v: skill %.3f, %d of 300 are named", tells, v.Skill, known)
		}
		usual := m.usual
		for r := range usual {
			usual[r] = exact.Exp(usual[r])
		}
		if m.skilled = true; m.Knows(&usual) {
			t.Error("a prediction that is the usual mix names a reason")
		}
	}
}

// TestGainSurvivesARestart: a model that named nothing must not begin to guess after one.
func TestGainSurvivesARestart(t *testing.T) {
	s := spaceOf(t, "bank")
	l, restored := newLearner(s, predict.Learning{}), newLearner(s, predict.Learning{})
	learnAll(t, l, randomExamples(s, 300, 20, 32))
	l.Changes(func(key, value []byte) {
		if err := restored.Restore(key, value); err != nil {
			t.Fatal(err)
		}
	})
	if l.gain != restored.gain || l.gainOf != restored.gainOf || l.gain == skillStart*skillLabels {
		t.Errorf("gain %.3f of %.1f, restored %.3f of %.1f", l.gain, l.gainOf, restored.gain, restored.gainOf)
	}
}
