package train

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/schemas"
)

func newTestDrift(t *testing.T) *driftStore {
	t.Helper()
	s, err := evidence.NewGroupSpace(schemas.DefaultTaxonomy())
	if err != nil {
		t.Fatal(err)
	}
	return newDrift(s)
}

// feed gives labels whose shares are mix, of which the model says that they are said, with features of the groups that
// has draws. It returns after how many labels each thing began to drift.
func feed(d *driftStore, r *rand.Rand, n int, mix, said []float64, has func(group int) bool) map[string]int {
	began := map[string]int{}
	for i := range n {
		label, u := 0, r.Float64()
		for u -= mix[0]; u > 0 && label < len(mix)-1; u -= mix[label] {
			label++
		}
		x := schemas.TrainingExample{P: said[label]}
		for g := range d.groups {
			if has(g) {
				x.Features = append(x.Features, 0)
				x.Features[len(x.Features)-1] = evidence.CodeToken<<26 | int32(g)<<16 | 7
			}
		}
		d.add(&x, label, said)
		d.check()
		for k, on := range d.on {
			if _, ok := began[d.name(k)]; on && !ok {
				began[d.name(k)] = i + 1
			}
		}
	}
	return began
}

// mixOf gives the third reason so much, and all others the same.
func mixOf(n int, third float64) []float64 {
	p := make([]float64, n)
	for i := range p {
		p[i] = (1 - third) / float64(n-1)
	}
	p[2] = third
	return p
}

func half(r *rand.Rand) func(int) bool { return func(int) bool { return r.IntN(2) == 0 } }

// TestNothingDriftsWhereLabelsAreAsSaid: chance alone is not told as drift.
func TestNothingDriftsWhereLabelsAreAsSaid(t *testing.T) {
	d, r := newTestDrift(t), rand.New(rand.NewPCG(1, 2))
	mix := mixOf(d.reasons, .2)
	if began := feed(d, r, 20_000, mix, mix, half(r)); len(began) > 0 {
		t.Errorf("%v drift", began)
	}
}

func TestReasonThatComesMoreOftenThanSaidDriftsAndCeases(t *testing.T) {
	d, r := newTestDrift(t), rand.New(rand.NewPCG(1, 3))
	before, after := mixOf(d.reasons, .01), mixOf(d.reasons, .65)
	feed(d, r, 2000, before, before, half(r))
	began := feed(d, r, 200, after, before, half(r))
	name := "reason/" + d.space.Taxonomy.Reasons[2].Code
	if n := began[name]; n == 0 || n > 40 || began["loss"] == 0 || began["loss"] > 150 {
		t.Errorf("drift after so many labels: %v", began)
	}
	for k := range began {
		if strings.HasPrefix(k, "group/") {
			t.Errorf("%s drifts", k)
		}
	}
	feed(d, r, 3000, after, after, half(r))
	if slices.Contains(d.on, true) {
		t.Errorf("still drift: %v", d.on)
	}
}

func TestGroupOfFeaturesThatIsGoneDrifts(t *testing.T) {
	d, r := newTestDrift(t), rand.New(rand.NewPCG(1, 4))
	mix := mixOf(d.reasons, .2)
	feed(d, r, 3000, mix, mix, half(r))
	began := feed(d, r, 1500, mix, mix, func(g int) bool { return g != 3 && r.IntN(2) == 0 })
	if name := "group/" + d.space.Groups()[3].Name; len(began) != 1 || began[name] == 0 || began[name] > 1000 {
		t.Errorf("drift: %v, want %s alone", began, name)
	}
}

// TestDriftSurvivesARestart kills the store again and again: what it says afterwards is the same to the bit.
func TestDriftSurvivesARestart(t *testing.T) {
	whole, killed := newTestDrift(t), newTestDrift(t)
	one, other := rand.New(rand.NewPCG(9, 9)), rand.New(rand.NewPCG(9, 9))
	mix, said := mixOf(whole.reasons, .5), mixOf(whole.reasons, .1)
	for i := range 40 {
		feed(whole, one, 50, mix, said, half(one))
		feed(killed, other, 50, mix, said, half(other))
		whole.addUnknown(i%3 == 0)
		killed.addUnknown(i%3 == 0)
		again := newTestDrift(t)
		killed.Changes(func(key, value []byte) {
			if err := again.Restore(key, bytes.Clone(value)); err != nil {
				t.Fatal(err)
			}
		})
		killed = again
	}
	if !slices.Equal(whole.sums, killed.sums) || !slices.Equal(whole.on, killed.on) || !slices.Contains(whole.on, true) {
		t.Error("a restart changes what drifts")
	}
	if err := killed.Restore([]byte("another"), []byte("nonsense")); err != nil {
		t.Errorf("another space's: %v", err)
	}
	if err := killed.Restore([]byte(killed.key), []byte("nonsense")); err == nil {
		t.Error("nonsense is taken")
	}
}

func TestShareOfUnknownReasonsRisesAtOnce(t *testing.T) {
	d := newTestDrift(t)
	for i := range 500 {
		d.addUnknown(i%100 == 50)
	}
	if d.news() || d.share() > .03 {
		t.Errorf("a code is mistyped now and then: share %.3f", d.share())
	}
	first := 0
	for i := range 50 {
		d.addUnknown(i%20 < 13)
		if d.news() && first == 0 {
			first = i + 1
		}
	}
	if first == 0 || first > 20 || d.share() < .25 {
		t.Errorf("news after %d labels of 65 %%, share %.3f after 50", first, d.share())
	}
	told := d.told()
	if d.news() || told != d.share() {
		t.Error("news that has been told is none")
	}
	for range 300 {
		d.addUnknown(false)
	}
	if !d.news() || d.told() != 0 {
		t.Errorf("share %.3f after 300 labels of known reasons", d.share())
	}
}

func BenchmarkDrift(b *testing.B) {
	s, err := evidence.NewGroupSpace(schemas.DefaultTaxonomy())
	if err != nil {
		b.Fatal(fmt.Errorf("space: %w", err))
	}
	d := newDrift(s)
	said, x := mixOf(d.reasons, .2), schemas.TrainingExample{P: .1}
	for b.Loop() {
		d.add(&x, 3, said)
		d.check()
	}
}
