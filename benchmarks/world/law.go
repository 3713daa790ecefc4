package world

// ticksPerYear is how many ticks a year has.
const ticksPerYear = 365.25 * dayTicks

// law is all probabilities of a world. Generator and posterior read the same ones; what a patient's traits
// and known due dates make of them is in who.
type law struct {
	*playbook
	calendar calendar
	seed     uint64
	shocks   []daysOfShock
	// Onset in one tick, before traits and time.
	base [needs]float64
	// P(need | fact), of average frailty; flat ones do not depend on frailty.
	kappa [len(facts)][needs]float64
	flat  [len(facts)]bool
	// Arrival of any surprise in one tick of the busiest hour, and the running sums by fact.
	factRate float64
	factSums []float64
	// The same of facts with a due date.
	dueRate float64
	dueSums []float64
	// Onset in one tick by day of a clock.
	clockRate [clockKinds][][needs]float64
	// P(script | need), in ordinary times and in an outage, and their running sums.
	script     [2][needs][]float64
	scriptSums [2][needs][]float64
	// P(script | session without a purpose), browsing apart, and the running sums.
	routine     []float64
	routineSums []float64
	// Sessions without a purpose in one tick of the busiest hour.
	noise float64
	// P(need of a repeat | need of the call).
	again [needs][needs]float64
	// Calls by who is no patient: in one tick of the busiest hour, and their reasons.
	strangers   float64
	strangerMix [reasons]float64
	strangerSum []float64
	// The most that one clock adds to onset in a tick.
	mostClock [clockKinds]float64
	// Onset by day and segment, worked out once, and the most of any day in planDays from one on.
	onsets []*[segments][needs]float64
	most   []*[segments]float64
}

type daysOfShock struct {
	Shock
	from, to int
}

func newLaw(c *Config) *law {
	l := &law{playbook: newPlaybook(), calendar: newCalendar(c), seed: mix(uint64(c.Seed) ^ 0x776f726c64)}
	for _, s := range c.Shocks {
		from := dayOf(l.calendar.start + uint32(s.After.Milliseconds()/tickMillis) + dayTicks - 1)
		l.shocks = append(l.shocks, daysOfShock{s, from, from + max(1, int(s.For/day))})
	}
	site := siteFactors{uint64(c.Site)}
	for n := range needs {
		l.base[n] = float64(onsetsPerYear[n]*site.factor(siteOnset, n, 0)) / ticksPerYear
	}
	l.fillFacts(site)
	l.fillScripts(site)
	l.fillRest(c, site)
	return l
}

func dayOf(tick uint32) int { return int(tick / dayTicks) }

func (l *law) fillFacts(site siteFactors) {
	sum, dues := 0.0, 0.0
	for k := range facts {
		f := &facts[k]
		for _, c := range f.causes {
			l.kappa[k][c.need] = min(.2, float64(c.percent*site.factor(siteCause, k, c.need))/100)
		}
		if k == critical {
			l.flat[k] = true
			l.kappa[k][criticalResult] = .6
		}
		l.limitCauses(k)
		if k < surprises {
			sum += f.perYear
			l.factSums = append(l.factSums, sum)
			if f.clock != noClock {
				dues += f.perYear
			}
			l.dueSums = append(l.dueSums, dues)
		}
	}
	l.factRate = sum / ticksPerYear / meanCourse(&factCourse)
	l.dueRate = dues / ticksPerYear / meanCourse(&factCourse)
	for k := range clocks {
		for _, share := range clocks[k].byDay {
			var day [needs]float64
			sum := 0.0
			for _, c := range clocks[k].causes {
				day[c.need] = float64(c.percent*site.factor(siteClock, k, c.need)) / 100 * share / 100 / dayTicks
				sum += day[c.need]
			}
			l.mostClock[k] = max(l.mostClock[k], sum)
			l.clockRate[k] = append(l.clockRate[k], day)
		}
	}
}

// limitCauses keeps a fact from giving the frailest a need with more than certainty.
func (l *law) limitCauses(k int) {
	sum := 0.0
	for _, p := range l.kappa[k] {
		sum += p
	}
	if most := .95 / frailty[nodes-1]; !l.flat[k] && sum > most {
		for n := range l.kappa[k] {
			l.kappa[k][n] = float64(l.kappa[k][n] * (most / sum))
		}
	}
}

func (l *law) fillScripts(site siteFactors) {
	for n := range needs {
		weights := make([]float64, len(l.patterns))
		sum := 0.0
		for q := range l.patterns {
			weights[q] = float64(l.patterns[q].weights[n] * site.factor(sitePattern, q, n))
			sum += weights[q]
		}
		for outage, fails := range [...]float64{failsUsually, failsInOutage} {
			total := 0.0
			for i := range l.scripts {
				s := &l.scripts[i]
				p := weights[s.pattern] / sum
				switch s.outcome {
				case failed:
					p = float64(p * fails / 100)
				case worked:
					p = float64(p * (100 - fails) / 100)
				}
				total += p
				l.script[outage][n] = append(l.script[outage][n], p)
				l.scriptSums[outage][n] = append(l.scriptSums[outage][n], total)
			}
		}
	}
	sum := 0.0
	for i := range l.scripts {
		if s := &l.scripts[i]; s.outcome != failed {
			sum += l.patterns[s.pattern].routine
		}
		l.routineSums = append(l.routineSums, sum)
	}
	for i := range l.scripts {
		before := 0.0
		if i > 0 {
			before = l.routineSums[i-1]
		}
		l.routine = append(l.routine, (l.routineSums[i]-before)/sum*routineShare/100)
	}
}

func (l *law) fillRest(c *Config, site siteFactors) {
	l.noise = idleSessions / ticksPerYear / meanCourse(&digitalCourse)
	sum := 0.0
	for n := range reasons {
		sum += l.base[n]
	}
	for n := range needs {
		for m := range reasons {
			l.again[n][m] = (100 - sameNeed) / 100.0 * l.base[m] / sum
		}
		l.again[n][n] += sameNeed / 100.0
	}
	mix := [reasons]float64{0: 45, 1: 5, coverage: 14, billing: 6, 10: 22, 11: 3, 9: 5}
	total := 0.0
	for n := range mix {
		total += float64(mix[n] * site.factor(siteStranger, n, 0))
		l.strangerSum = append(l.strangerSum, total)
	}
	for n := range mix {
		before := 0.0
		if n > 0 {
			before = l.strangerSum[n-1]
		}
		l.strangerMix[n] = (l.strangerSum[n] - before) / total
	}
	l.strangers = strangerCalls * float64(c.Patients) / ticksPerYear / meanCourse(&callCourse)
}

// strangerCalls is how many calls per patient and year come from who is no patient: one in twenty.
const strangerCalls = 0.13

// meanCourse is the mean over a week without holidays, of 1.
func meanCourse(course *[dayKinds][24]int) float64 {
	sum := 0
	for h := range 24 {
		sum += course[monday][h] + 4*course[workday][h] + course[saturday][h] + course[sunday][h]
	}
	return float64(sum) / 7 / 24 / 100
}

// hour is a tick's place in the courses.
type hour struct {
	kind dayKind
	hour int
}

func (l *law) hour(tick uint32) hour {
	return hour{l.calendar.kind(dayOf(tick)), int(tick % dayTicks / hourTicks)}
}

func (h hour) calls(need int) float64 {
	if need == symptom || need >= reasons {
		return float64(symptomCourse[h.kind][h.hour]) / 100
	}
	return float64(callCourse[h.kind][h.hour]) / 100
}

func (h hour) digital() float64 { return float64(digitalCourse[h.kind][h.hour]) / 100 }
func (h hour) facts() float64   { return float64(factCourse[h.kind][h.hour]) / 100 }

// outage says whether the portal is out of order: two hours of some days, and whole days of shocks.
func (l *law) outage(tick uint32) int {
	d := dayOf(tick)
	for i := range l.shocks {
		if s := &l.shocks[i]; s.Kind == ShockOutage && d >= s.from && d < s.to {
			return 1
		}
	}
	h := mix(l.seed ^ mix(uint64(d)+0x6f757461))
	if h%outageDays == 0 {
		if from := uint32(7 + h>>32%12); tick%dayTicks/hourTicks-from < 2 {
			return 1
		}
	}
	return 0
}

// outageDays is how many days pass between two outages, on average.
const outageDays = 18

// onset is λ of a day and segment, due dates apart.
func (l *law) onset(d, segment int) *[needs]float64 {
	for len(l.onsets) <= d {
		l.onsets = append(l.onsets, nil)
	}
	if l.onsets[d] == nil {
		all := new([segments][needs]float64)
		for s := range all {
			l.fillOnset(&all[s], d, s)
		}
		l.onsets[d] = all
	}
	return &l.onsets[d][segment]
}

// mostOnset is the most of a day's onset of all needs, for planDays from a day on.
func (l *law) mostOnset(d, segment int) float64 {
	for len(l.most) <= d {
		most := new([segments]float64)
		for s := range most {
			for ahead := range planDays {
				sum := 0.0
				for _, p := range l.onset(len(l.most)+ahead, s) {
					sum += p
				}
				most[s] = max(most[s], sum)
			}
		}
		l.most = append(l.most, most)
	}
	return l.most[d][segment]
}

func (l *law) fillOnset(into *[needs]float64, d, segment int) {
	month := int(l.calendar.date(d).Month())
	sum := 0.0
	for n := range needs {
		into[n] = float64(l.base[n] * traitFactor(segment, n) * l.drift(d, n))
		if month == 12 || month < 3 {
			into[n] = float64(into[n] * seasonOf[n])
		}
		sum += into[n]
	}
	for i := range l.shocks {
		switch s := &l.shocks[i]; {
		case d < s.from || d >= s.to:
		case s.Kind == ShockSurge:
			into[s.Reason] += sum * surgeShare / (100 - surgeShare)
		case s.Kind == ShockFlu:
			into[symptom] *= 3
			into[urgentSymptom] *= 2
		}
	}
}

// surgeShare is the percent of needs that a surge makes one reason.
const surgeShare = 65

// drift is the factor of a week: it wanders by some 15 %.
func (l *law) drift(d, need int) float64 {
	week := uint64(l.calendar.firstDay+int64(d)) / 7
	sum := 0.0
	for back := range uint64(4) {
		sum += normal(l.seed ^ mix((week-back)<<8|uint64(need)+0x647269))
	}
	return exp(float64(0.075 * sum))
}

// digitalShare is how likely an act in a cell is a digital attempt.
func digitalShare(c, need int, segment int) float64 {
	p := cells[c].digital
	if p < 0 {
		p = digitalFirst[need]
	}
	if segment&segmentUnversed != 0 {
		p = float64(p * unversedDigital)
	}
	return p
}

// act is the probability of an act in one tick of the busiest hour.
func act(c, need int) float64 {
	if need >= reasons {
		return cells[c].urgent
	}
	return cells[c].act
}

// A branch is one thing that may happen to a patient in a tick.
type branch struct {
	p    float64
	what event
	need uint8
}

type event uint8

const (
	nothing event = iota
	onset
	call
	attempt
	leave
	advance
	browse
)

// branches lists what may happen in a tick to a patient in a cell, but nothing: the rest. It is the law that
// the generator draws by, and that the enumeration of the tests sums over.
func (l *law) branches(into []branch, w *who, c uint8, need uint8, tick uint32) []branch {
	h := l.hour(tick)
	into = append(into[:0], branch{p: float64(l.noise * h.digital()), what: browse})
	if c == idle {
		rates := l.rates(w, dayOf(tick))
		for n, p := range rates {
			if p > 0 {
				into = append(into, branch{p: float64(w.frailty * p), what: onset, need: uint8(n)})
			}
		}
		return into
	}
	a, share := act(int(c), int(need)), digitalShare(int(c), int(need), w.segment)
	return append(into,
		branch{p: float64(float64(a*(1-share)) * h.calls(int(need))), what: call},
		branch{p: float64(float64(a*share) * h.digital()), what: attempt},
		branch{p: cells[c].leave, what: leave},
		branch{p: cells[c].advance, what: advance})
}

// rates is λ of a patient on a day, known due dates included.
func (l *law) rates(w *who, d int) [needs]float64 {
	rates := *l.onset(d, w.segment)
	for _, x := range w.dues {
		if into := d - x.day + clocks[x.kind].before; into >= 0 && into < len(clocks[x.kind].byDay) {
			for n, p := range &l.clockRate[x.kind][into] {
				rates[n] += p
			}
		}
	}
	return rates
}

// who is what the law depends on, of a patient.
type who struct {
	segment int
	// Nobody knows it.
	frailty float64
	dues    []due
}

// due is a due date on record.
type due struct {
	day  int
	kind clockKind
}

// gone says that a due date has no effect any more.
func (x due) gone(d int) bool { return d-x.day+clocks[x.kind].before >= len(clocks[x.kind].byDay) }

// needOfFact is P(need | fact) of a patient.
func (l *law) needOfFact(w *who, k, need int) float64 {
	if l.flat[k] {
		return l.kappa[k][need]
	}
	return float64(w.frailty * l.kappa[k][need])
}

// after is the cell of a patient whom an attempt left without a solution.
func after(c uint8) uint8 { return cells[c].unsolved }

// forward is the cell of the next bin, idle after the last.
func forward(c uint8) uint8 {
	if cells[c].last {
		return idle
	}
	return c + 1
}
