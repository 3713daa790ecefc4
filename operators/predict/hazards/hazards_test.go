package hazards

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

func spaceOf(tb testing.TB) *evidence.FeatureSpace {
	tb.Helper()
	s, err := evidence.NewGroupSpace(schemas.DefaultTaxonomy())
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// randomMoments are told intervals of moments of so many tokens. The first token says how likely a contact is.
func randomMoments(n, tokens int, seed uint64) []schemas.TrainingExample {
	r := rand.New(rand.NewPCG(seed, 7))
	list := make([]schemas.TrainingExample, n)
	for i := range list {
		x := &list[i]
		x.Interval, x.ContactAfterMs = int32(r.IntN(intervals)), -1
		level := r.IntN(4)
		x.Features = append(x.Features, int32(level))
		for g := 1; g < tokens; g++ {
			x.Features = append(x.Features, int32(g%20)<<16|int32(100+r.IntN(evidence.MomentRows-100)))
		}
		if r.Float64() < chance(level) {
			x.ContactAfterMs = 1
		}
	}
	return list
}

func chance(level int) float64 { return 0.02 + 0.2*float64(level) }

func learnAll(tb testing.TB, l *Learner, list []schemas.TrainingExample) {
	tb.Helper()
	for i := range list {
		if err := l.Learn(&list[i]); err != nil {
			tb.Fatal(err)
		}
	}
}

func ready(tb testing.TB, l *Learner) *Model {
	tb.Helper()
	m, err := Ready(l.space, l.Published(nil))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestNothingLearnedGivesTheBaseRates(t *testing.T) {
	s := spaceOf(t)
	var p [intervals]float64
	ready(t, New(s)).Within(&p, []int32{5, 1<<16 | 7})
	for k, want := range s.Taxonomy.Contact.Base {
		if math.Abs(p[k]-want) > 1e-4 {
			t.Errorf("horizon %d: %.5f, want %.5f", k, p[k], want)
		}
	}
}

// TestHazardsFindWhatIsTrue: each interval has the chance that its token says. A weight that is rarely moved up
// and never far down takes long to find the rarest of them.
func TestHazardsFindWhatIsTrue(t *testing.T) {
	l := New(spaceOf(t))
	learnAll(t, l, randomMoments(40_000, 3, 1))
	m := ready(t, l)
	for level := range 4 {
		var p [intervals]float64
		m.Within(&p, []int32{int32(level)})
		none := 1.0
		for k := range p {
			none *= 1 - chance(level)
			if want := 1 - none; math.Abs(p[k]-want) > 0.12 {
				t.Errorf("level %d, horizon %d: %.3f, want %.3f", level, k, p[k], want)
			}
		}
	}
}

// TestLaterHorizonIsNeverLessLikely whatever has been learned, also nonsense.
func TestLaterHorizonIsNeverLessLikely(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	m := ready(t, New(spaceOf(t)))
	for i := range m.adds {
		for k := range m.adds[i] {
			m.adds[i][k] = int16(r.Uint32())
		}
	}
	for range 2000 {
		var codes []int32
		for range 1 + r.IntN(40) {
			codes = append(codes, int32(r.IntN(evidence.MomentRows)))
		}
		var p [intervals]float64
		m.Within(&p, codes)
		before := 0.0
		for _, x := range p {
			if !(x >= before && x <= 1) {
				t.Fatalf("%v", p)
			}
			before = x
		}
	}
}

// TestRestoredHazardsGoOnAsIfNothingHadHappened kills one of two learners every few examples.
func TestRestoredHazardsGoOnAsIfNothingHadHappened(t *testing.T) {
	s := spaceOf(t)
	straight, killed := New(s), New(s)
	log := map[string][]byte{}
	for i, x := range randomMoments(500, 8, 2) {
		one := []schemas.TrainingExample{x}
		learnAll(t, straight, one)
		learnAll(t, killed, one)
		if i%37 != 0 {
			continue
		}
		killed.Changes("", func(key, value []byte) { log[string(key)] = append([]byte(nil), value...) })
		killed = New(s)
		for key, value := range log {
			if ok, err := killed.Restore(key, value); !ok || err != nil {
				t.Fatalf("%s: taken %v: %v", key, ok, err)
			}
		}
	}
	if string(straight.Published(nil)) != string(killed.Published(nil)) || straight.examples != killed.examples {
		t.Error("a restored learner publishes other hazards")
	}
	for i := range straight.rows {
		if straight.rows[i] != killed.rows[i] {
			t.Fatalf("row %d: %v, restored %v", i, straight.rows[i], killed.rows[i])
		}
	}
}

// TestSameMomentsGiveTheSameBits: a fused product or another order of a sum changes the figure.
func TestSameMomentsGiveTheSameBits(t *testing.T) {
	l := New(spaceOf(t))
	learnAll(t, l, randomMoments(800, 20, 9))
	h := exact.Hash64(string(l.Published(nil)))
	for _, r := range l.rows {
		for k := range r.weights {
			h = h*31 + math.Float64bits(r.weights[k])
			h = h*31 + math.Float64bits(r.grads[k])
		}
	}
	if want := uint64(0x57e95ffce4e8aad6); h != want {
		t.Errorf("checksum %#x, want %#x", h, want)
	}
}

func TestExamplesOfAnotherBuildAreRefused(t *testing.T) {
	l := New(spaceOf(t))
	for _, x := range []schemas.TrainingExample{{Interval: -1}, {Interval: intervals}, {Features: []int32{-1}}, {Features: []int32{255 << 16}},
		{Features: []int32{evidence.MomentRows}}, {Features: []int32{evidence.CodeAligned << 26}}} {
		if l.Learn(&x) == nil {
			t.Errorf("%v is learned", x.Features)
		}
	}
	if l.examples != 0 || len(l.dirty) != 0 {
		t.Error("a refused example has left a trace")
	}
}

// TestHazardsOfAnotherSpaceGiveTheBaseRates: the reasons that they were published with stay in use.
func TestHazardsOfAnotherSpaceGiveTheBaseRates(t *testing.T) {
	l := New(spaceOf(t))
	learnAll(t, l, randomMoments(200, 8, 4))
	other := *l.space.Taxonomy
	other.Without = []string{"when/load"}
	s, err := evidence.NewGroupSpace(&other)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Ready(s, l.Published(nil))
	if err != nil {
		t.Fatal(err)
	}
	var p [intervals]float64
	if m.Within(&p, []int32{0, 1, 2}); math.Abs(p[0]-other.Contact.Base[0]) > 1e-4 {
		t.Errorf("%v", p)
	}
}

func TestPredictingAndLearningAllocateNothing(t *testing.T) {
	l := New(spaceOf(t))
	list := randomMoments(100, 60, 5)
	learnAll(t, l, list)
	m := ready(t, l)
	var p [intervals]float64
	if n := testing.AllocsPerRun(100, func() { m.Within(&p, list[0].Features); _ = l.Learn(&list[0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzPublishedHazards(f *testing.F) {
	l := New(spaceOf(f))
	learnAll(f, l, randomMoments(50, 5, 6))
	f.Add(l.Published(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := Ready(l.space, b); err == nil {
			var p [intervals]float64
			m.Within(&p, []int32{0, evidence.MomentRows - 1})
		}
	})
}

func FuzzHazardsRestore(f *testing.F) {
	l := New(spaceOf(f))
	learnAll(f, l, randomMoments(50, 5, 6))
	l.Changes("", func(key, value []byte) { f.Add(string(key), append([]byte(nil), value...)) })
	f.Fuzz(func(t *testing.T, key string, value []byte) { _, _ = New(l.space).Restore(key, value) })
}

func BenchmarkWithinAt60Tokens(b *testing.B) {
	l := New(spaceOf(b))
	list := randomMoments(2000, 60, 5)
	learnAll(b, l, list)
	m := ready(b, l)
	var p [predict.RateHorizons]float64
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Within(&p, list[i%len(list)].Features)
	}
}

func BenchmarkLearnAt60Tokens(b *testing.B) {
	l := New(spaceOf(b))
	list := randomMoments(2000, 60, 5)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = l.Learn(&list[i%len(list)])
	}
}
