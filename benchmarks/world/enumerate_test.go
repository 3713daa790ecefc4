package world

import (
	"math"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// course is one patient's course as the law has it: what happened so far, and how likely that is.
type course struct {
	p    float64
	who  who
	cell uint8
	need uint8
	// The first tick in which something may happen: later than now during a call.
	free uint32
}

// A witness says what is seen in each tick, and by when.
type witness map[uint32]*sight

// enumeration walks through every course that shows what was seen, one branch of the law after the other. It knows the
// generator's law and nothing of the filter.
type enumeration struct {
	law  *law
	seen witness
	// Facts by tick.
	facts map[uint32]int
	// Hidden sessions before it would have been revealed by now.
	linked  uint32
	courses int
}

// walk calls each with every course as it stands before a tick.
func (e *enumeration) walk(c course, tick, to uint32, each func(course)) {
	if c.p == 0 {
		return
	}
	if tick == to {
		e.courses++
		each(c)
		return
	}
	if tick < c.free {
		e.walk(c, tick+1, to, each)
		return
	}
	seen := e.seen[tick]
	rest := 1.0
	if k, some := e.facts[tick]; some && c.cell == idle {
		for n := range needs {
			q := e.law.needOfFact(&c.who, k, n)
			rest -= q
			if seen == nil {
				next := c
				next.p, next.cell, next.need = c.p*q, latent, uint8(n)
				e.walk(next, tick+1, to, each)
			}
		}
	}
	c.p *= rest
	quiet := 1.0
	for _, b := range e.law.branches(nil, &c.who, c.cell, c.need, tick) {
		quiet -= b.p
		next := c
		next.p = c.p * b.p
		switch b.what {
		case onset:
			next.cell, next.need = latent, b.need
		case leave:
			next.cell = idle
		case advance:
			next.cell = forward(c.cell)
		case browse:
			e.browse(next, tick, to, each)
			continue
		case attempt:
			e.attempt(next, tick, to, each)
			continue
		case call:
			e.call(next, tick, to, each)
			continue
		}
		if seen == nil {
			e.walk(next, tick+1, to, each)
		}
	}
	if seen == nil {
		c.p *= quiet
		e.walk(c, tick+1, to, each)
	}
}

// unseen is the probability that a session of this tick is not seen by now, and seen that it is as it was.
func (e *enumeration) visible(tick uint32, hidden float64) (unseen, seen float64) {
	unseen = hidden
	if tick < e.linked {
		unseen = hidden * (100 - revealedShare) / 100
	}
	seen = 1 - hidden
	if s := e.seen[tick]; s != nil && s.known > s.tick {
		seen = hidden * revealedShare / 100
	}
	return unseen, seen
}

func (e *enumeration) attempt(c course, tick, to uint32, each func(course)) {
	for i, p := range e.law.script[e.law.outage(tick)][c.need] {
		s := &e.law.scripts[i]
		unseen, seen := e.visible(tick, s.hidden)
		q := p * unseen
		if w := e.seen[tick]; w != nil {
			q = 0
			if w.kind == sawSession && same(s.channel, s.steps, w) {
				q = p * seen
			}
		}
		for _, solved := range [...]bool{false, true} {
			next := c
			if solved {
				next.p, next.cell = c.p*q*s.solved, idle
			} else {
				next.p, next.cell = c.p*q*(1-s.solved), after(c.cell)
			}
			e.walk(next, tick+1, to, each)
		}
	}
}

func (e *enumeration) browse(c course, tick, to uint32, each func(course)) {
	w := e.seen[tick]
	q := 0.0
	for i, p := range e.law.routine {
		s := &e.law.scripts[i]
		unseen, seen := e.visible(tick, s.hidden)
		switch {
		case w == nil:
			q += p * unseen
		case w.kind == sawSession && same(s.channel, s.steps, w):
			q += p * seen
		}
	}
	unseen, seen := e.visible(tick, hiddenPublic/100.0)
	switch {
	case w == nil:
		q += (100 - routineShare) / 100.0 * unseen
	case w.kind == sawSession:
		q += (100 - routineShare) / 100.0 * seen * e.law.browsing(w.channel, w.steps, true)
	}
	c.p *= q
	e.walk(c, tick+1, to, each)
}

func (e *enumeration) call(c course, tick, to uint32, each func(course)) {
	w := e.seen[tick]
	if w == nil || w.kind != sawCall || int(w.reason) != int(reasonOf[c.need]) {
		return
	}
	c.p *= menuChoice(int(c.need), w.urgent)
	c.free = w.over
	end := func(p float64, cell, need uint8) {
		next := c
		next.p, next.cell, next.need = c.p*p, cell, need
		e.walk(next, tick+1, to, each)
	}
	switch w.end {
	case endContained:
		end(1, idle, 0)
	case endAbandoned:
		end(redialled/100.0, redial, c.need)
		end(1-redialled/100.0, idle, 0)
	default:
		end(1-repeated/100.0, idle, 0)
		for n, p := range e.law.again[c.need] {
			end(p*repeated/100, repeat, uint8(n))
		}
	}
}

func same(c schemas.Channel, steps []journeys.Step, w *sight) bool {
	if c != w.channel || len(steps) != len(w.steps) {
		return false
	}
	for i := range steps {
		if steps[i] != w.steps[i] {
			return false
		}
	}
	return true
}

// smallWorld is a law with few needs and scripts and fast courses, so that all courses of some ticks can be listed.
func smallWorld(t *testing.T) *law {
	t.Helper()
	c := Config{Seed: 5, Patients: 1}
	c.setDefaults()
	l := newLaw(&c)
	keep := map[int]bool{medication: true, symptom: true, urgentSymptom: true}
	for n := range needs {
		if l.base[n] *= 2000; !keep[n] {
			l.base[n] = 0
		}
		for m := range needs {
			if !keep[m] {
				l.again[n][m] = 0
			}
		}
		for k := range facts {
			if !keep[n] {
				l.kappa[k][n] = 0
			}
		}
		for k := range clocks {
			for i := range l.clockRate[k] {
				if l.clockRate[k][i][n] *= 5; !keep[n] {
					l.clockRate[k][i][n] = 0
				}
			}
		}
	}
	l.noise *= 300
	few := map[string]bool{"refill-form": true, "symptom-search": true, "danger": true}
	dangers := 0
	for i := range l.scripts {
		name := l.patterns[l.scripts[i].pattern].name
		if name == "danger" {
			dangers++
		}
		if few[name] && dangers < 2 {
			continue
		}
		l.routine[i] = 0
		for n := range needs {
			l.script[0][n][i], l.script[1][n][i] = 0, 0
		}
	}
	whole(l.routine, routineShare/100.0)
	for n := range needs {
		whole(l.script[0][n], 1)
		whole(l.script[1][n], 1)
	}
	return l
}

// whole makes shares sum to something.
func whole(shares []float64, to float64) {
	sum := 0.0
	for _, p := range shares {
		sum += p
	}
	for i := range shares {
		shares[i] *= to / max(sum, 1e-300)
	}
}

// sessionOf is what a script shows.
func sessionOf(l *law, name string, o outcome, tick, known uint32) *sight {
	for i := range l.scripts {
		if s := &l.scripts[i]; l.patterns[s.pattern].name == name && s.outcome == o {
			return &sight{tick: tick, known: known, kind: sawSession, channel: s.channel, steps: s.steps}
		}
	}
	panic(name)
}

func TestPosteriorIsThatOfAllCourses(t *testing.T) {
	l := smallWorld(t)
	from := l.calendar.tick(time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC).UnixMilli())
	run := nextLinks(from) // of the night
	visit := dayOf(from) + 1
	for _, c := range []struct {
		name  string
		from  uint32
		ticks uint32
		seen  []*sight
		facts map[uint32]int
		dues  []due
	}{
		{name: "nothing seen", from: from, ticks: 4},
		{name: "due dates", from: from, ticks: 4, dues: []due{{visit, visitClock}, {visit, refillClock}}},
		{name: "fact and session", from: from, ticks: 5, facts: map[uint32]int{from + 1: 3}, seen: []*sight{sessionOf(l, "refill-form", failed, from+3, from+3)}},
		{name: "fact in the tick of a session", from: from, ticks: 4, facts: map[uint32]int{from + 1: 3}, seen: []*sight{sessionOf(l, "refill-form", worked, from+1, from+1)}},
		{name: "two sessions", from: from, ticks: 5, seen: []*sight{sessionOf(l, "refill-form", failed, from+1, from+1), sessionOf(l, "symptom-search", failed, from+3, from+3)}},
		{name: "danger", from: from, ticks: 4, seen: []*sight{sessionOf(l, "danger", neither, from+1, from+1)}},
		{name: "an abandoned call", from: from, ticks: 6, seen: []*sight{{tick: from + 2, known: from + 2, kind: sawCall, reason: medication, end: endAbandoned, over: from + 4}}},
		{name: "an answered call of a symptom", from: from, ticks: 5, seen: []*sight{{tick: from + 2, known: from + 2, kind: sawCall, reason: symptom, end: endAnswered, over: from + 3}}},
		{name: "the urgent line", from: from, ticks: 5, seen: []*sight{{tick: from + 2, known: from + 2, kind: sawCall, reason: symptom, urgent: true, end: endAnswered, over: from + 3}}},
		{name: "links that reveal nothing", from: run - 3, ticks: 5},
		{name: "links that reveal a session", from: run - 3, ticks: 5, seen: []*sight{sessionOf(l, "symptom-search", failed, run-2, run)}},
		{name: "a call over the time of links", from: run - 3, ticks: 5, seen: []*sight{{tick: run - 1, known: run - 1, kind: sawCall, reason: symptom, end: endContained, over: run + 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFollower(l, &factorTable{law: l}, segmentChronic)
			f.at = c.from
			e := enumeration{law: l, seen: witness{}, facts: c.facts}
			if run > c.from && run <= c.from+c.ticks {
				e.linked = run
			}
			for _, s := range c.seen {
				e.seen[s.tick] = s
				f.saw(*s)
			}
			for tick, k := range c.facts {
				f.saw(sight{tick: tick, known: tick, kind: sawFact, fact: uint8(k)})
			}
			f.who.dues = c.dues
			to := c.from + c.ticks
			got := f.before(to)
			got.scale()
			var want belief
			for k := range nodes {
				start := course{p: frailtyWeight[k], cell: idle, who: who{segment: segmentChronic, frailty: frailty[k], dues: c.dues}}
				e.walk(start, c.from, to, func(c course) {
					if c.cell == idle {
						want.idle[k] += c.p
					} else {
						want.cells[c.need][c.cell][k] += c.p
					}
				})
			}
			want.scale()
			compare(t, &got, &want)
			t.Logf("%d courses", e.courses)
			compareWithin(t, l, f, &got, to, c.dues)
			compareShown(t, l, c.from, c.seen, c.facts, c.dues)
		})
	}
}

// tolerance of sums in another order.
const tolerance = 1e-12

// compare holds two beliefs beside each other.
func compare(t *testing.T, got, want *belief) {
	t.Helper()
	worst := 0.0
	for k := range nodes {
		worst = max(worst, math.Abs(got.idle[k]-want.idle[k]))
		for n := range needs {
			for c := range allCells {
				worst = max(worst, math.Abs(got.cells[n][c][k]-want.cells[n][c][k]))
			}
		}
	}
	if worst > tolerance {
		t.Errorf("the filter is off by %g", worst)
	}
}

// compareWithin holds P(contact within 15 minutes) beside the sum over all courses of the next ticks.
func compareWithin(t *testing.T, l *law, f *follower, b *belief, tick uint32, dues []due) {
	t.Helper()
	got := f.within(*b, tick, tick-1, lastTick, -1)[0]
	w := forecast{law: l, end: tick + horizons[0] - 1}
	for k := range nodes {
		who := who{segment: f.who.segment, frailty: frailty[k], dues: dues}
		w.walk(course{p: b.idle[k], cell: idle, who: who}, tick)
		for n := range needs {
			for c := range allCells {
				w.walk(course{p: b.cells[n][c][k], cell: uint8(c), need: uint8(n), who: who}, tick)
			}
		}
	}
	if math.Abs(got-w.called) > tolerance {
		t.Errorf("P(contact within 15 minutes) is %.15f, over all courses %.15f", got, w.called)
	}
}

// compareShown holds the belief that a session's last step leaves beside that of the tick after it.
func compareShown(t *testing.T, l *law, from uint32, seen []*sight, facts map[uint32]int, dues []due) {
	t.Helper()
	for _, s := range seen {
		if s.kind != sawSession || s.known > s.tick {
			continue
		}
		follow := func() *follower {
			f := newFollower(l, &factorTable{law: l}, segmentChronic)
			f.at, f.who.dues = from, dues
			for _, s := range seen {
				f.saw(*s)
			}
			for tick, k := range facts {
				f.saw(sight{tick: tick, known: tick, kind: sawFact, fact: uint8(k)})
			}
			return f
		}
		f := follow()
		got := f.acting(s.tick)
		f.shows(&got, s.tick, s.channel, s.steps, true)
		want := follow().before(s.tick + 1)
		want.scale()
		compare(t, &got, &want)
	}
}

// lastTick is the share of the last tick that lies within the horizon.
const lastTick = .3

// forecast walks through every course of the next ticks, with facts that may come, and adds up those that call.
type forecast struct {
	law    *law
	end    uint32
	called float64
}

func (w *forecast) walk(c course, at uint32) {
	if c.p == 0 || at > w.end {
		return
	}
	c.p *= w.surprise(c, at)
	quiet := 1.0
	for _, b := range w.law.branches(nil, &c.who, c.cell, c.need, at) {
		next := c
		next.p = c.p * b.p
		if b.what != browse {
			quiet -= b.p
		}
		switch b.what {
		case call:
			if at == w.end {
				next.p *= lastTick
			}
			w.called += next.p
		case onset:
			next.cell, next.need = latent, b.need
			w.walk(next, at+1)
		case leave:
			next.cell = idle
			w.walk(next, at+1)
		case advance:
			next.cell = forward(c.cell)
			w.walk(next, at+1)
		case attempt:
			w.attempt(next, at)
		}
	}
	c.p *= quiet
	w.walk(c, at+1)
}

// surprise walks through what facts that may come make of an idle patient, and returns the probability that
// none gives a need.
func (w *forecast) surprise(c course, at uint32) float64 {
	rest, before := 1.0, 0.0
	if c.cell != idle {
		return rest
	}
	for k, sum := range w.law.factSums {
		comes := w.law.factRate * w.law.hour(at).facts() * (sum - before) / w.law.factSums[surprises-1]
		before = sum
		for n := range needs {
			q := comes * w.law.needOfFact(&c.who, k, n)
			rest -= q
			next := c
			next.p, next.cell, next.need = c.p*q, latent, uint8(n)
			w.walk(next, at+1)
		}
	}
	return rest
}

func (w *forecast) attempt(c course, at uint32) {
	solved := 0.0
	for i, p := range w.law.script[w.law.outage(at)][c.need] {
		solved += p * w.law.scripts[i].solved
	}
	next := c
	next.p, next.cell = c.p*solved, idle
	w.walk(next, at+1)
	next.p, next.cell = c.p*(1-solved), after(c.cell)
	w.walk(next, at+1)
}
