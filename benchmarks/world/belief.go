package world

import (
	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// belief is the joint probability of a patient's frailty, of what the patient is in, and of everything
// seen so far; it is scaled now and then. The frailties of one state lie side by side.
type belief struct {
	idle  [nodes]float64
	cells [needs]column
	// Whether any of the cells after a call may have mass.
	called bool
}

func newBelief() *belief { return &belief{idle: frailtyWeight} }

// passage says what a tick does to a belief where nothing is seen of the patient. The three kinds differ
// in what "nothing" excludes.
type passage uint8

const (
	// open: hidden sessions may yet be revealed.
	open passage = iota
	// final: links have come that would have revealed them.
	final
	// blind: sessions are not looked for; what is to come is moved through.
	blind
	passages
)

// unseen is the probability that a session is not seen, by the probability that it is hidden.
func (p passage) unseen(hidden float64) float64 {
	switch p {
	case open:
		return hidden
	case final:
		return float64(hidden * (100 - revealedShare) / 100)
	}
	return 1
}

// factors of one hour: what becomes of the mass of a cell in a tick.
type factors struct {
	// It stays, goes to the next bin, becomes idle, begins to wait, calls.
	stay, next, idle, wait, call [needs][allCells]float64
	// Idle mass stays so, before needs arise.
	idleStay float64
	// Needs that arise from facts to come, per unit of frailty, and flat.
	surprise, surpriseFlat [needs]float64
}

// factorKey is what factors depend on.
type factorKey struct {
	hour     hour
	unversed bool
	outage   int
	passage  passage
}

func (l *law) newFactors(k factorKey) *factors {
	f := &factors{}
	segment := 0
	if k.unversed {
		segment = segmentUnversed
	}
	browsing := float64(l.noise * k.hour.digital())
	unseenNoise := float64(browsing * l.unseenNoise(k.passage))
	f.idleStay = 1 - browsing + unseenNoise
	for n := range needs {
		solved, unsolved := l.unseenAttempt(k, n)
		for c := range allCells {
			a, share := act(c, n), digitalShare(c, n, segment)
			calls := float64(float64(a*(1-share)) * k.hour.calls(n))
			tries := float64(float64(a*share) * k.hour.digital())
			f.call[n][c] = calls
			f.stay[n][c] = 1 - calls - tries - cells[c].leave - cells[c].advance - browsing + unseenNoise
			f.idle[n][c] = cells[c].leave + float64(tries*solved)
			f.wait[n][c] = float64(tries * unsolved)
			if cells[c].last {
				f.idle[n][c] += cells[c].advance
			} else {
				f.next[n][c] = cells[c].advance
			}
		}
	}
	if k.passage == blind {
		l.fillSurprises(f, k.hour)
	}
	return f
}

// unseenAttempt is the probability that an attempt is not seen and solves the need, and that it does not.
func (l *law) unseenAttempt(k factorKey, need int) (solved, unsolved float64) {
	for i, p := range l.script[k.outage][need] {
		p = float64(p * k.passage.unseen(l.scripts[i].hidden))
		solved += float64(p * l.scripts[i].solved)
		unsolved += float64(p * (1 - l.scripts[i].solved))
	}
	return solved, unsolved
}

// unseenNoise is the probability that a session without a purpose is not seen.
func (l *law) unseenNoise(k passage) float64 {
	sum := float64((100 - routineShare) / 100.0 * k.unseen(hiddenPublic/100.0))
	for i, p := range l.routine {
		sum += float64(p * k.unseen(l.scripts[i].hidden))
	}
	return sum
}

func (l *law) fillSurprises(f *factors, h hour) {
	before := 0.0
	for k, sum := range l.factSums {
		p := l.factRate * h.facts() * (sum - before) / l.factSums[surprises-1]
		before = sum
		for n, q := range l.kappa[k] {
			if l.flat[k] {
				f.surpriseFlat[n] += p * q
			} else {
				f.surprise[n] += p * q
			}
		}
	}
}

// arising is the probability by frailty that an idle patient gets each need in a tick.
type arising [needs][nodes]float64

func arisingOf(rates *[needs]float64) (a arising) {
	for n := range a {
		for k := range a[n] {
			a[n][k] = float64(rates[n] * frailty[k])
		}
	}
	return a
}

// quiet moves the belief over a tick in which nothing is seen. It is nearly all of the work: for each need and
// frailty the cells are passed once, with all sums in registers.
func (b *belief) quiet(f *factors, a *arising) {
	idle := b.idle
	var gain, sum [nodes]float64
	for n := range b.cells {
		of, stay, next, leave, wait := &b.cells[n], &f.stay[n], &f.next[n], &f.idle[n], &f.wait[n]
		for k := range nodes {
			var on, left, wait1, wait2 float64
			for c := latent; c < waiting1; c++ {
				x := of[c][k]
				of[c][k] = float64(x*stay[c]) + on
				on = float64(x * next[c])
				left += float64(x * leave[c])
				wait1 += float64(x * wait[c])
			}
			for c := waiting1; c < redial; c++ {
				x := of[c][k]
				of[c][k] = float64(x*stay[c]) + on
				on = float64(x * next[c])
				left += float64(x * leave[c])
				wait2 += float64(x * wait[c])
			}
			if b.called {
				for c := redial; c < allCells; c++ {
					x := of[c][k]
					of[c][k] = float64(x*stay[c]) + on
					on = float64(x * next[c])
					left += float64(x * leave[c])
					wait1 += float64(x * wait[c])
				}
			}
			of[latent][k] += float64(idle[k] * a[n][k])
			of[waiting1][k] += wait1
			of[waiting2][k] += wait2
			gain[k] += left
			sum[k] += a[n][k]
		}
	}
	for k := range nodes {
		b.idle[k] = float64(idle[k]*(f.idleStay-sum[k])) + gain[k]
	}
}

// column is the mass of one need.
type column [allCells][nodes]float64

// fresh is the mass that facts have just given each need.
type fresh [needs][nodes]float64

// fact moves idle mass to the needs that a fact gives at once. It takes the place of the tick for that
// part of the mass, which the tick therefore leaves as it is: add puts it back.
func (b *belief) fact(l *law, k int) (set fresh) {
	for n := range needs {
		p := l.kappa[k][n]
		if p == 0 {
			continue
		}
		for j := range nodes {
			q := float64(p * frailty[j])
			if l.flat[k] {
				q = p
			}
			set[n][j] = float64(b.idle[j] * q)
		}
	}
	for j := range nodes {
		for n := range needs {
			b.idle[j] -= set[n][j]
		}
	}
	return set
}

func (b *belief) add(set *fresh) {
	for n := range needs {
		for j := range nodes {
			b.cells[n][latent][j] += set[n][j]
		}
	}
}

// marks is what a session shows: how likely an attempt of each need shows it and solves the need or not, and
// how likely a session without a purpose shows it.
type marks struct {
	solved, unsolved [needs]float64
	noise            float64
}

// marksOf reads the steps of a session, that is over or not. What is seen was not hidden; revealed ones were.
func (l *law) marksOf(c schemas.Channel, steps []journeys.Step, over, revealed bool, outage int) (m marks) {
	seen := func(hidden float64) float64 {
		if revealed {
			return float64(hidden * revealedShare / 100)
		}
		return 1 - hidden
	}
	for i := range l.scripts {
		s := &l.scripts[i]
		if over && len(s.steps) != len(steps) || !s.starts(c, steps) {
			continue
		}
		visible := seen(s.hidden)
		m.noise += float64(l.routine[i] * visible)
		for n := range needs {
			p := float64(l.script[outage][n][i] * visible)
			m.solved[n] += float64(p * s.solved)
			m.unsolved[n] += float64(p * (1 - s.solved))
		}
	}
	m.noise += float64((100-routineShare)/100.0*l.browsing(c, steps, over)) * seen(hiddenPublic/100.0)
	return m
}

// session moves the belief over a tick in which a session was seen: an attempt, or one without a purpose.
func (b *belief) session(l *law, m *marks, h hour, segment int) {
	noise := float64(float64(l.noise*h.digital()) * m.noise)
	var gain [nodes]float64
	for n := range needs {
		of := &b.cells[n]
		var wait [allCells][nodes]float64
		for c := range allCells {
			tries := float64(float64(act(c, n)*digitalShare(c, n, segment)) * h.digital())
			to := cells[c].unsolved
			for k := range nodes {
				x := of[c][k]
				gain[k] += float64(x * float64(tries*m.solved[n]))
				wait[to][k] += float64(x * float64(tries*m.unsolved[n]))
				of[c][k] = float64(x * noise)
			}
		}
		for c := range allCells {
			for k := range nodes {
				of[c][k] += wait[c][k]
			}
		}
	}
	for k := range nodes {
		b.idle[k] = float64(b.idle[k]*noise) + gain[k]
	}
}

// reasonsNow is the distribution of a call's reason, if the patient calls in a tick of this hour; urgent says that the
// caller chose the urgent line.
func (b *belief) reasonsNow(f *factors, urgent bool) (p [reasons]float64) {
	sum := 0.0
	for n := range needs {
		for c := range allCells {
			for _, x := range b.cells[n][c] {
				y := float64(float64(x*f.call[n][c]) * menuChoice(n, urgent))
				p[reasonOf[n]] += y
				sum += y
			}
		}
	}
	if sum > 0 {
		for r := range p {
			p[r] /= sum
		}
	}
	return p
}

// menuChoice is the probability that the caller chooses the urgent line, or does not.
func menuChoice(need int, urgent bool) float64 {
	share := 0.0
	if need == urgentSymptom {
		share = urgentMenu / 100.0
	}
	if urgent {
		return share
	}
	return 1 - share
}

// call moves the belief over a call whose reason and end are known.
func (b *belief) call(l *law, f *factors, reason int, urgent bool, end ending) {
	after := belief{called: true}
	for n := range needs {
		if int(reasonOf[n]) != reason {
			continue
		}
		for k := range nodes {
			x := 0.0
			for c := range allCells {
				x += float64(b.cells[n][c][k] * f.call[n][c])
			}
			x = float64(x * menuChoice(n, urgent))
			switch end {
			case endContained:
				after.idle[k] += x
			case endAbandoned:
				after.idle[k] += float64(x * (100 - redialled) / 100)
				after.cells[n][redial][k] += float64(x * redialled / 100)
			default:
				after.idle[k] += float64(x * (100 - repeated) / 100)
				for m := range needs {
					after.cells[m][repeat][k] += float64(float64(x*repeated/100) * l.again[n][m])
				}
			}
		}
	}
	*b = after
}

// ending is how a call ended.
type ending uint8

const (
	endAnswered ending = iota
	endAbandoned
	endContained
)

// scale makes the belief sum to one.
func (b *belief) scale() {
	sum := 0.0
	for _, x := range b.idle {
		sum += x
	}
	for n := range b.cells {
		for c := range b.cells[n] {
			for _, x := range b.cells[n][c] {
				sum += x
			}
		}
	}
	if sum <= 0 {
		panic("world: what was seen has probability 0")
	}
	for k := range b.idle {
		b.idle[k] /= sum
	}
	for n := range b.cells {
		for c := range b.cells[n] {
			for k := range b.cells[n][c] {
				b.cells[n][c][k] /= sum
			}
		}
	}
}

// calls is the probability of a call in a tick.
func (b *belief) calls(f *factors) float64 {
	last := digitalCells
	if b.called {
		last = allCells
	}
	sum := 0.0
	for n := range b.cells {
		for c := range last {
			p := f.call[n][c]
			m := &b.cells[n][c]
			sum += float64((m[0] + m[1] + m[2] + m[3] + m[4]) * p)
		}
	}
	return sum
}
