package journeys

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/schemas"
)

// The best predictor, which is told traits and cell, is right as often as the
// ceiling says, and for each probability it gives.
func TestOracleReachesTheCeiling(t *testing.T) {
	type bin struct{ n, p, right float64 }
	var bins [10]bin
	right, peeked, n := 0, 0, 0
	g := play(t, fortnight(), 0, func(e *Event) {
		if !e.Truth.Disposition || e.Truth.Copy > 0 {
			return
		}
		hit := 0.0
		if e.Truth.Best == e.Touchpoint.Body.Call.Reason {
			right++
			hit = 1
		}
		if n++; hit == 1 || n%50 == 0 {
			peeked++ // knows one reason in fifty beforehand
		}
		b := &bins[min(9, int(e.Truth.P*10))]
		b.n, b.p, b.right = b.n+1, b.p+e.Truth.P, b.right+hit
	})
	c := g.Ceiling()
	got := float64(right) / float64(n)
	if got != c.Reached() || math.Abs(got-c.Accuracy()) > 4*c.Noise() {
		t.Errorf("oracle %.4f, ceiling %.4f with noise %.4f, reached %.4f", got, c.Accuracy(), c.Noise(), c.Reached())
	}
	if leaky := float64(peeked) / float64(n); leaky <= c.Accuracy()+4*c.Noise() {
		t.Errorf("one leak in fifty scores %.4f and is not caught at %.4f with noise %.4f", leaky, c.Accuracy(), c.Noise())
	}
	if c.Accuracy() < 2*c.Commonest() || c.Accuracy() > 0.65 {
		t.Errorf("ceiling %.3f, commonest %.3f: predictions would be pointless or trivial", c.Accuracy(), c.Commonest())
	}
	for i, b := range bins {
		if b.n > 0 && math.Abs(b.right-b.p) > 5*math.Sqrt(b.p*(1-b.p/b.n))+1 {
			t.Errorf("bin %d: right %.0f of %.0f, expected %.0f", i, b.right, b.n, b.p)
		}
	}
	t.Logf("contacts %d, ceiling %.4f, commonest %.4f, without precursor %.3f", c.Contacts, c.Accuracy(), c.Commonest(), float64(c.WithoutPrecursor)/float64(c.Contacts))
}

// honest is a decayed naive Bayes that sees the stream as it arrives, learns
// from each disposition after having predicted it, and is even told who is who.
type honest struct {
	patients map[uint32]*seen
	counts   map[string]*distribution
	total    distribution
	right, n int
}

// seen is what a patient did last: features with their times.
type seen struct {
	features map[string]schemas.Millis
}

func (h *honest) note(e *Event) *seen {
	s := h.patients[e.Truth.Patient]
	if s == nil {
		s = &seen{features: map[string]schemas.Millis{}}
		h.patients[e.Truth.Patient] = s
	}
	tp := e.Touchpoint
	switch tp.Channel {
	case schemas.ChannelWeb:
		s.features["web "+tp.Body.Web.Event.String()+" "+strings.Clone(tp.Body.Web.Page.Reveal())] = tp.OccurredAt
	case schemas.ChannelApp:
		s.features["app "+tp.Body.App.Event.String()+" "+strings.Clone(tp.Body.App.Screen.Reveal())] = tp.OccurredAt
	case schemas.ChannelEhr:
		s.features["ehr "+tp.Body.Ehr.Event.String()] = tp.OccurredAt
	}
	return s
}

// predict names the likeliest reason and then learns the true one.
func (h *honest) predict(s *seen, at schemas.Millis, truth need) {
	score := distribution{}
	for n := range score {
		score[n] = math.Log(h.total[n] + 1)
	}
	for f, when := range s.features {
		counts := h.counts[f]
		if at-when > 2*3600_000 && !strings.HasPrefix(f, "last ") {
			delete(s.features, f)
			continue
		}
		if counts == nil {
			counts = &distribution{}
			h.counts[f] = counts
		}
		for n := range score {
			score[n] += 0.8 * math.Log((counts[n]+1)/(h.total[n]+13))
		}
		counts[truth]++
	}
	best := 0
	for n := range score {
		if score[n] > score[best] {
			best = n
		}
	}
	h.total[truth]++
	h.n++
	if best == truth {
		h.right++
	}
}

func TestHonestPredictorStaysBelowTheCeiling(t *testing.T) {
	h := &honest{patients: map[uint32]*seen{}, counts: map[string]*distribution{}}
	g := play(t, fortnight(), 0, func(e *Event) {
		if e.Kind != KindTouchpoint || e.Truth.Copy > 0 {
			return
		}
		s := h.note(e)
		if !e.Truth.Disposition {
			return
		}
		reason := strings.Clone(e.Touchpoint.Body.Call.Reason)
		truth := 0
		for reasonCodes[truth] != reason {
			truth++
		}
		h.predict(s, e.Touchpoint.OccurredAt, truth)
		clear(s.features)
		s.features["last "+reason] = e.Touchpoint.OccurredAt
	})
	c := g.Ceiling()
	got := float64(h.right) / float64(h.n)
	if got > c.Accuracy()+4*c.Noise() {
		t.Errorf("honest predictor %.4f above the ceiling %.4f: something observable leaks the reason", got, c.Accuracy())
	}
	if got < 1.4*c.Commonest() {
		t.Errorf("honest predictor %.4f, commonest %.4f: precursors say too little", got, c.Commonest())
	}
	t.Logf("honest %.4f, ceiling %.4f, commonest %.4f", got, c.Accuracy(), c.Commonest())
}

// Given traits and cell, nothing about a call may say more about its reason:
// chi-square of each observable against reasons, over contacts of one cell.
func TestNothingObservableLeaksTheReason(t *testing.T) {
	observables := map[string]func(*schemas.Touchpoint) int{
		"talk":     func(t *schemas.Touchpoint) int { return third(t.Body.Call.TalkMs, 150_000, 400_000) },
		"wait":     func(t *schemas.Touchpoint) int { return third(t.Body.Call.WaitMs, 10_000, 60_000) },
		"menu":     func(t *schemas.Touchpoint) int { return third(t.Body.Call.SelfServiceMs, 14_000, 35_000) },
		"outcome":  func(t *schemas.Touchpoint) int { return int(one(t.Body.Call.Answered) + 2*one(t.Body.Call.Abandoned)) },
		"identity": func(t *schemas.Touchpoint) int { return len(t.Identifiers) },
		"hour":     func(t *schemas.Touchpoint) int { return int(t.OccurredAt/3_600_000) % 3 },
		"queue":    func(t *schemas.Touchpoint) int { return len(t.Body.Call.Queue) % 4 },
	}
	counts := map[string]*[4][needs]float64{}
	for name := range observables {
		counts[name] = &[4][needs]float64{}
	}
	var g *Generator
	g, err := New(Config{Seed: 11, Patients: 20_000, Rate: 5, Duration: 7 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		e, ok := g.Next()
		if !ok {
			break
		}
		if !e.Truth.Disposition || e.Truth.Precursor || traitsOf(g.seed, e.Truth.Patient).segment != 0 {
			continue
		}
		n++
		for name, of := range observables {
			counts[name][of(e.Touchpoint)][g.current.reason]++
		}
	}
	for name, table := range counts {
		stat, freedom := chiSquare(table)
		if limit := freedom + 5*math.Sqrt(2*freedom); stat > limit || n < 5000 {
			t.Errorf("%s: chi-square %.1f over %d contacts, at most %.1f if it says nothing", name, stat, n, limit)
		}
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func third(v, low, high int64) int {
	switch {
	case v < low:
		return 0
	case v < high:
		return 1
	}
	return 2
}

func chiSquare(table *[4][needs]float64) (stat, freedom float64) {
	var rows [4]float64
	var columns distribution
	sum := 0.0
	for i := range table {
		for j, n := range table[i] {
			rows[i] += n
			columns[j] += n
			sum += n
		}
	}
	used := 0.0
	for i := range table {
		if rows[i] == 0 {
			continue
		}
		used++
		for j, n := range table[i] {
			want := rows[i] * columns[j] / sum
			stat += (n - want) * (n - want) / want
		}
	}
	return stat, (used - 1) * (needs - 1)
}

// The posterior is what the drawing does: cells drawn need first, counted.
func TestPosteriorIsThatOfTheDrawing(t *testing.T) {
	tables := newTables()
	d := newDice(1, 1)
	type tally struct {
		n    int
		want distribution
		got  distribution
	}
	cells := map[cell]*tally{}
	const segment = segmentChronic
	for range 400_000 {
		prior := tables.before(segment, cell{repeats: noNeed})
		n := d.drawNeed(&prior)
		c := cell{repeats: noNeed, trigger: uint8(d.pick(tables.drawTrigger[n]))}
		if d.hit(tables.drawDigital[segment][n]) {
			c.first = uint8(d.pick(tables.drawPattern[n]))
			if d.percent(secondShare) {
				c.second = uint8(d.pick(tables.drawPattern[n]))
			}
		}
		if cells[c] == nil {
			cells[c] = &tally{want: tables.posterior(segment, c)}
		}
		cells[c].n++
		cells[c].got[n]++
	}
	checked := 0
	for c, x := range cells {
		if x.n < 2000 {
			continue
		}
		checked++
		for n := range x.got {
			p := x.want[n]
			if math.Abs(x.got[n]-p*float64(x.n)) > 5*math.Sqrt(p*(1-p)*float64(x.n))+1 {
				t.Errorf("cell %+v, %s: %.0f of %d, posterior %.3f", c, reasonCodes[n], x.got[n], x.n, p)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d cells were common enough to check", checked)
	}
}
