package train

import (
	"bytes"
	"math"
	"testing"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/schemas"
)

// sayer is a learner that gives the true reason a set probability.
type sayer struct {
	predict.Learner
	p        float64
	progress predict.Progress
}

func (s *sayer) Said() []float64             { return []float64{s.p} }
func (s *sayer) Progress() *predict.Progress { return &s.progress }

func newTestContest(one, other float64) *contest {
	return &contest{key: "t", learners: [2]predict.Learner{&sayer{p: one, progress: predict.Progress{Version: 7, Examples: 9000}}, &sayer{p: other, progress: predict.Progress{Examples: 9000}}}}
}

// play scores windows and returns what each of them said. The contest is killed in the middle of each.
func play(t *testing.T, c *contest, windows int, margin float64, needed int64) (list []result) {
	t.Helper()
	for i := range windows * window {
		if i%window == window/2 {
			again := newTestContest(0, 0)
			again.learners = c.learners
			c.Changes(func(key, value []byte) {
				if err := again.Restore(key, bytes.Clone(value)); err != nil {
					t.Fatal(err)
				}
			})
			*c = *again
		}
		if r, ended := c.score(0, margin, needed); ended {
			list = append(list, r)
		}
	}
	return list
}

func TestChallengerIsPromotedAfterWindowsInARow(t *testing.T) {
	c := newTestContest(.4, .5)
	list := play(t, c, 3, .1, 3)
	if len(list) != 3 || list[0].promoted || list[1].promoted || !list[2].promoted || list[2].number != 3 {
		t.Fatalf("%+v", list)
	}
	if math.Abs(list[0].champion+math.Log(.4)) > 1e-9 || math.Abs(list[0].challenger+math.Log(.5)) > 1e-9 {
		t.Errorf("losses %+v", list[0])
	}
	if p := c.learners[c.champion].Progress(); c.champion != 1 || p.Version != 7 || p.Next != 9000 {
		t.Errorf("champion %d goes on from %+v", c.champion, p)
	}
	for _, r := range play(t, c, 4, .1, 3) {
		if r.promoted || r.champion > r.challenger {
			t.Errorf("the worse one of them is promoted: %+v", r)
		}
	}
}

func TestChallengerStaysWhereTheRuleDoesNotHold(t *testing.T) {
	for name, x := range map[string]struct {
		p, margin float64
	}{"no rule": {.9, 0}, "too close": {.42, .1}, "worse": {.3, .1}} {
		c := newTestContest(.4, x.p)
		for _, r := range play(t, c, 4, x.margin, 2) {
			if r.promoted {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

// TestNoChallengerCostsNothing: where none is set there is no second learner.
func TestNoChallengerCostsNothing(t *testing.T) {
	s, err := evidence.NewGroupSpace(schemas.DefaultTaxonomy())
	if err != nil {
		t.Fatal(err)
	}
	if c := newContest(nil, s, &Config{}, nil); c != nil {
		t.Errorf("%+v", c)
	}
}
