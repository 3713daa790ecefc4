package world

import (
	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// sight is something seen of a patient.
type sight struct {
	// The tick in which it happened, and from which on it is known.
	tick, known uint32
	kind        sightKind
	// Of a fact.
	fact uint8
	// Of a call.
	reason uint8
	urgent bool
	end    ending
	// The first tick after a call.
	over uint32
	// Of a session.
	channel schemas.Channel
	steps   []journeys.Step
}

type sightKind uint8

const (
	sawFact sightKind = iota
	sawSession
	sawCall
)

// follower knows what could be known of one patient. It keeps the belief of the last run of the identity
// system, by when all links about the time before have come, and what was seen since.
type follower struct {
	law  *law
	who  who
	base belief
	// The tick that base stands before.
	at    uint32
	seen  []sight
	facts *factorTable
}

// factorTable keeps factors that were worked out.
type factorTable struct {
	law *law
	// By kind of day, hour, digital literacy, outage and passage.
	all [dayKinds][24][2][2][passages]*factors
}

func (t *factorTable) of(tick uint32, segment int, p passage) *factors {
	l := t.law
	h, outage, unversed := l.hour(tick), l.outage(tick), 0
	if segment&segmentUnversed != 0 {
		unversed = 1
	}
	f := &t.all[h.kind][h.hour][unversed][outage][p]
	if *f == nil {
		*f = l.newFactors(factorKey{h, unversed > 0, outage, p})
	}
	return *f
}

func newFollower(l *law, t *factorTable, segment int) *follower {
	return &follower{law: l, who: who{segment: segment}, base: *newBelief(), at: l.calendar.begin, facts: t}
}

// saw takes note. Sights come in order of their ticks, but for those that links reveal.
func (f *follower) saw(s sight) {
	i := len(f.seen)
	for i > 0 && f.seen[i-1].tick > s.tick {
		i--
	}
	f.seen = append(f.seen, sight{})
	copy(f.seen[i+1:], f.seen[i:])
	f.seen[i] = s
}

// due takes note of a due date.
func (f *follower) due(d due) { f.who.dues = append(f.who.dues, d) }

// before is what is believed before the acts of a tick.
func (f *follower) before(tick uint32) belief {
	for run := nextLinks(f.at); run <= tick; run = nextLinks(f.at) {
		f.at = f.pass(&f.base, f.at, run, run, final)
		f.base.scale()
		kept := f.seen[:0]
		for _, s := range f.seen {
			if s.tick >= f.at {
				kept = append(kept, s)
			}
		}
		f.seen = kept
		dues := f.who.dues[:0]
		for _, d := range f.who.dues {
			if !d.gone(dayOf(f.at)) {
				dues = append(dues, d)
			}
		}
		f.who.dues = dues
	}
	b := f.base
	f.pass(&b, f.at, tick, tick, open)
	return b
}

// acting is what is believed, in a tick, of a patient who acts: whom a fact has just given a need does not.
func (f *follower) acting(tick uint32) belief {
	b := f.before(tick)
	for i := range f.seen {
		if s := &f.seen[i]; s.tick == tick && s.kind == sawFact {
			b.fact(f.law, int(s.fact))
		}
	}
	return b
}

// shows moves the belief over a tick in which the patient shows these steps of a session, which is over or not.
func (f *follower) shows(b *belief, tick uint32, c schemas.Channel, steps []journeys.Step, over bool) {
	m := f.law.marksOf(c, steps, over, false, f.law.outage(tick))
	b.session(f.law, &m, f.law.hour(tick), f.who.segment)
	b.scale()
}

// pass moves a belief over the ticks from one to another with what is known by a third, and returns the
// tick that it has come to: a call may last longer.
func (f *follower) pass(b *belief, from, to, known uint32, p passage) uint32 {
	next, today, t := 0, -1, from
	var arises arising
	for t < to {
		if d := dayOf(t); d != today {
			today, arises = d, f.arises(d)
		}
		var fact, deed *sight
		for ; next < len(f.seen) && f.seen[next].tick <= t; next++ {
			switch s := &f.seen[next]; {
			case s.tick < t || s.known > known:
			case s.kind == sawFact:
				fact = s
			default:
				deed = s
			}
		}
		fs := f.facts.of(t, f.who.segment, p)
		switch {
		case deed != nil:
			t = f.deed(b, fact, deed, fs)
		case fact != nil:
			set := b.fact(f.law, int(fact.fact))
			b.quiet(fs, &arises)
			b.add(&set)
			t++
		default:
			b.quiet(fs, &arises)
			t++
		}
	}
	return t
}

// arises is how likely each need arises on a day.
func (f *follower) arises(d int) arising {
	rates := f.law.rates(&f.who, d)
	return arisingOf(&rates)
}

// deed moves the belief over a tick in which the patient did something, and returns the tick after it. A
// patient whom a fact has just given a need does nothing in that tick.
func (f *follower) deed(b *belief, fact, s *sight, fs *factors) uint32 {
	if fact != nil {
		b.fact(f.law, int(fact.fact))
	}
	if s.kind == sawCall {
		b.call(f.law, fs, int(s.reason), s.urgent, s.end)
		b.scale()
		return s.over
	}
	m := f.law.marksOf(s.channel, s.steps, true, s.known > s.tick, f.law.outage(s.tick))
	b.session(f.law, &m, f.law.hour(s.tick), f.who.segment)
	b.scale()
	return s.tick + 1
}

// horizons are those of P(contact within), in ticks: 15 minutes, 2 hours, 24 hours, 7 days.
var horizons = [...]uint32{3, 24, dayTicks, 7 * dayTicks}

// within is the probability that a contact begins within each horizon, for who believes b before the
// acts of a tick, in which a fact has come or none (-1). Of the tick in which a horizon ends, a share counts.
func (f *follower) within(b belief, first, now uint32, share float64, fact int) (p [len(horizons)]float64) {
	b.scale()
	today, absorbed := -1, 0.0
	var arises arising
	for t := first; ; t++ {
		if d := dayOf(t); d != today {
			today, arises = d, f.arises(d)
		}
		fs := f.facts.of(t, f.who.segment, blind)
		calls := b.calls(fs)
		for i, h := range horizons {
			if t == now+h {
				p[i] = absorbed + float64(calls*share)
			}
		}
		if t == now+horizons[len(horizons)-1] {
			return p
		}
		absorbed += calls
		var set fresh
		if fact >= 0 {
			set, fact = b.fact(f.law, fact), -1
		} else {
			set = b.surprised(fs)
		}
		b.quiet(fs, &arises)
		b.add(&set)
	}
}

// surprised is fact, for facts that may come.
func (b *belief) surprised(f *factors) (set fresh) {
	for j := range nodes {
		sum := 0.0
		for n := range needs {
			p := float64(f.surprise[n]*frailty[j]) + f.surpriseFlat[n]
			set[n][j] = float64(b.idle[j] * p)
			sum += set[n][j]
		}
		b.idle[j] -= sum
	}
	return set
}
