package hazards

import (
	"bytes"
	"math"
	"testing"
)

// shippedOf is a learner of so many moments, and what it ships.
func shippedOf(tb testing.TB, n int) (*Learner, []byte) {
	tb.Helper()
	l := New(spaceOf(tb))
	learnAll(tb, l, randomMoments(n, 10, 21))
	return l, l.Ship(nil, 500)
}

// TestShippedHazardsSayWhatTheLearnerSaid: a site that begins with them knows from the first moment on who will
// call, and still learns from its own contacts.
func TestShippedHazardsSayWhatTheLearnerSaid(t *testing.T) {
	of, b := shippedOf(t, 20_000)
	l := New(of.space)
	if err := l.Begin(b); err != nil {
		t.Fatal(err)
	}
	was, is := ready(t, of), ready(t, l)
	for _, x := range randomMoments(200, 10, 22) {
		var p, q [intervals]float64
		was.Within(&p, x.Features)
		is.Within(&q, x.Features)
		for k := range p {
			if math.Abs(p[k]-q[k]) > 0.03 {
				t.Fatalf("horizon %d: %.3f, shipped %.3f", k, p[k], q[k])
			}
		}
	}
	if of.rows[biasRow].grads[0] < 10*l.rows[biasRow].grads[0] || l.examples != 0 {
		t.Errorf("shipped hazards count as %.0f of %.0f, and %d examples", l.rows[biasRow].grads[0], of.rows[biasRow].grads[0], l.examples)
	}
}

// TestShippedHazardsSurviveARestart: they are part of the state, and not looked up again.
func TestShippedHazardsSurviveARestart(t *testing.T) {
	of, b := shippedOf(t, 3000)
	l, restored := New(of.space), New(of.space)
	if err := l.Begin(b); err != nil {
		t.Fatal(err)
	}
	l.Changes("", func(key, value []byte) {
		if _, err := restored.Restore(string(key), value); err != nil {
			t.Fatal(err)
		}
	})
	if !bytes.Equal(l.Published(nil), restored.Published(nil)) {
		t.Error("a restart changes what is published")
	}
}

func TestShippedHazardsThatDoNotFitAreLeftOut(t *testing.T) {
	of, b := shippedOf(t, 3000)
	other := bytes.Clone(b)
	other[3] ^= 1 // the fingerprint
	for name, c := range map[string]struct {
		b   []byte
		bad bool
	}{"of other groups": {other, false}, "cut short": {b[:len(b)-1], true}, "empty": {nil, true}, "of a later layout": {append([]byte{99}, b[1:]...), true}} {
		l := New(of.space)
		if err := l.Begin(c.b); (err != nil) != c.bad || len(l.dirty) > 0 {
			t.Errorf("%s: %v, %d rows taken in", name, err, len(l.dirty))
		}
	}
}

func FuzzShippedHazards(f *testing.F) {
	of, b := shippedOf(f, 500)
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) { _ = New(of.space).Begin(b) })
}
