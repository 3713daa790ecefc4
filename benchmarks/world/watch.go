package world

import (
	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// Horizons are those of P(contact within): 15 minutes, 2 hours, 24 hours, 7 days.
const Horizons = len(horizons)

// Moment is a moment at which a prediction is made, and the best probabilities that anyone could have then.
type Moment struct {
	// EventID is of the touchpoint that makes the moment; Patient is the patient's number.
	EventID string
	Patient uint32
	// At is the touchpoint's event time; of a fact of the health record, its arrival.
	At schemas.Millis
	// Contact is the contact center's id of a call that begins; empty at other moments.
	Contact string
	// Reason is what the call turns out to be about; -1 at other moments.
	Reason int
	// Reasons is the distribution of a contact's reason, if it comes now, in taxonomy order.
	Reasons [reasons]float64
	// Within is P(a contact begins within each horizon); zero where one begins.
	Within [Horizons]float64
	// Delivered is what was last delivered to the patient and when; it has no effect.
	Delivered   string
	DeliveredAt schemas.Millis
}

// watch computes the posterior of the patients who are watched. It keeps followers of those seen last.
type watch struct {
	g         *Generator
	table     *factorTable
	followers map[uint32]*follower
	// Patients in the order in which their followers came, for who must go.
	order []uint32
	// All that was seen of each patient, for who comes back.
	past map[uint32]*history

	// How many followers are kept.
	keep  int
	slots []Moment
	free  []uint32
	// What was delivered.
	delivered map[uint32]delivery
}

// history is what a follower is made of.
type history struct {
	seen []sight
	dues []due
}

type delivery struct {
	what string
	at   schemas.Millis
}

// followersKept bounds the memory of beliefs, eight kilobytes each.
const followersKept = 40_000

func newWatch(g *Generator) *watch {
	return &watch{g: g, keep: followersKept, table: &factorTable{law: g.law}, followers: map[uint32]*follower{}, past: map[uint32]*history{}, delivered: map[uint32]delivery{}}
}

// watches says whether a patient is watched.
func (w *watch) watches(patient uint32) bool {
	return w.g.config.Posterior == 1 || mix(w.g.seed^uint64(patient)<<1)%uint64(w.g.config.Posterior) == 0
}

// historyOf is what was seen of a patient.
func (w *watch) historyOf(patient uint32) *history {
	h := w.past[patient]
	if h == nil {
		h = &history{}
		w.past[patient] = h
	}
	return h
}

// follow finds the follower of a patient, or makes it of all that was seen.
func (w *watch) follow(patient uint32, t *traits) *follower {
	if f := w.followers[patient]; f != nil {
		return f
	}
	h := w.historyOf(patient)
	if len(w.order) >= w.keep {
		gone := w.order[0]
		w.order = w.order[1:]
		delete(w.followers, gone)
	}
	f := newFollower(w.g.law, w.table, t.segment)
	f.seen, f.who.dues = append(f.seen, h.seen...), append(f.who.dues, h.dues...)
	w.followers[patient] = f
	w.order = append(w.order, patient)
	return f
}

// saw notes what is seen of a patient. Most are never asked about, and have no follower.
func (w *watch) saw(patient uint32, s sight) {
	if f := w.followers[patient]; f != nil {
		f.saw(s)
	}
	h := w.historyOf(patient)
	i := len(h.seen)
	for i > 0 && h.seen[i-1].tick > s.tick {
		i--
	}
	h.seen = append(h.seen, sight{})
	copy(h.seen[i+1:], h.seen[i:])
	h.seen[i] = s
}

// hold keeps a moment until its touchpoint is written, and returns 1 + its place.
func (w *watch) hold(m *Moment) uint32 {
	if n := len(w.free); n > 0 {
		slot := w.free[n-1]
		w.free = w.free[:n-1]
		w.slots[slot] = *m
		return slot + 1
	}
	w.slots = append(w.slots, *m)
	return uint32(len(w.slots))
}

// take returns a moment that is due; it is valid until the next.
func (w *watch) take(moment uint32, t *schemas.Touchpoint, p *pending) *Moment {
	m := &w.slots[moment-1]
	m.EventID, m.Patient = t.EventID, p.patient
	if t.ContactID.OK {
		m.Contact = t.ContactID.V
	}
	d := w.delivered[p.patient]
	m.Delivered, m.DeliveredAt = d.what, d.at
	w.free = append(w.free, moment-1)
	return m
}

// asked says whether the posterior of moments of now is computed.
func (w *watch) asked() bool { return !w.g.config.FromStart || w.g.counting() }

// judges says whether the posterior of a moment outside calls is computed.
func (w *watch) judges(patient uint32, at int64) bool {
	return w.asked() && mix(w.g.seed^mix(uint64(patient)^uint64(at)<<20))%uint64(w.g.config.Moments) == 0
}

// share is the part of a tick's calls that begin no later in it than a time that lies in another tick.
func (w *watch) share(at int64) float64 {
	offset := (at-w.g.law.calendar.zero)%tickMillis - firstDeed + 1
	return max(0, min(1, float64(offset)/callOffsets))
}

// fact sees a fact of the health record, and makes a moment of it unless the patient is on the phone.
func (w *watch) fact(patient uint32, t *traits, k int, at int64) uint32 {
	if !w.watches(patient) {
		return 0
	}
	tick, l := w.g.tick, w.g.law
	if x := &facts[k]; x.clock != noClock {
		d := w.g.at.dues[len(w.g.at.dues)-1]
		if f := w.followers[patient]; f != nil {
			f.due(d)
		}
		h := w.historyOf(patient)
		h.dues = append(h.dues, d)
	}
	if tick < l.calendar.begin {
		return 0
	}
	moment := uint32(0)
	if p := &w.g.people[patient]; tick >= p.over && w.judges(patient, at) {
		surprise := k
		if k == refillDue {
			surprise = -1 // announced before the tick's surprise, if there is one
		}
		f := w.follow(patient, t)
		b := f.before(tick)
		moment = w.hold(&Moment{At: schemas.Millis(at), Reason: noReason, Reasons: f.reasonsAt(&b, tick),
			Within: f.within(b, tick, tick, w.share(at), surprise)})
	}
	if facts[k].causes != nil {
		w.saw(patient, sight{tick: tick, known: tick, kind: sawFact, fact: uint8(k)})
	}
	return moment
}

// reasonsAt is the distribution of a call's reason if it begins in a tick; where nothing is known of
// anybody yet, that of needs that arise.
func (f *follower) reasonsAt(b *belief, tick uint32) [reasons]float64 {
	p := b.reasonsNow(f.facts.of(tick, f.who.segment, open), false)
	sum := 0.0
	for _, x := range p {
		sum += x
	}
	if sum > 0 {
		return p
	}
	rates := f.law.rates(&f.who, dayOf(tick))
	for n, x := range rates {
		p[reasonOf[n]] += x
		sum += x
	}
	for r := range p {
		p[r] /= sum
	}
	return p
}

// moments are those of the steps of one session.
type moments struct {
	watch   *watch
	follow  *follower
	traits  *traits
	channel schemas.Channel
	steps   []journeys.Step
	person  uint32
	tick    uint32
	// What was believed before the session, where follow is not nil: once a moment has needed it.
	before belief
}

// session sees a session, from when on it is known.
func (w *watch) session(patient uint32, t *traits, c schemas.Channel, steps []journeys.Step, known uint32) (m moments) {
	if known == never || !w.watches(patient) {
		return m
	}
	steps = append([]journeys.Step(nil), steps...)
	if known == w.g.tick {
		m = moments{watch: w, traits: t, channel: c, steps: steps, person: patient, tick: w.g.tick}
	}
	w.saw(patient, sight{tick: w.g.tick, known: known, kind: sawSession, channel: c, steps: steps})
	return m
}

// at makes the moment of a step, and returns its place.
func (m *moments) at(step int, at int64) uint32 {
	if m.watch == nil || !m.watch.judges(m.person, at) {
		return 0
	}
	if m.follow == nil {
		m.follow = m.watch.follow(m.person, m.traits)
		m.before = m.follow.acting(m.tick)
	}
	b := m.before
	m.follow.shows(&b, m.tick, m.channel, m.steps[:step+1], false)
	return m.watch.hold(&Moment{At: schemas.Millis(at), Reason: noReason, Reasons: m.follow.reasonsAt(&b, m.tick+1),
		Within: m.follow.within(b, m.tick+1, m.tick, m.watch.share(at), -1)})
}

// call sees that a call begins, and says what is best to bet on.
func (w *watch) call(patient uint32, t *traits, c *pending, at int64, reason int) (uint32, bet) {
	if !w.watches(patient) || !w.asked() {
		return 0, bet{}
	}
	b := w.follow(patient, t).acting(w.g.tick)
	m := Moment{At: schemas.Millis(at), Reason: reason}
	m.Reasons = b.reasonsNow(w.table.of(w.g.tick, t.segment, open), c.menuUrgent)
	return w.hold(&m), m.bet()
}

// called sees that a call is over.
func (w *watch) called(patient, tick, over uint32, reason int, urgent bool, end ending) {
	if !w.watches(patient) {
		return
	}
	w.saw(patient, sight{tick: tick, known: tick, kind: sawCall, reason: uint8(reason), urgent: urgent, end: end, over: over})
}

// stranger sees that somebody calls who is no patient; of them too one in so many is watched.
func (w *watch) stranger(c *pending, h hour, at int64, reason int) (uint32, bet) {
	if !w.watches(c.patient) || !w.asked() {
		return 0, bet{}
	}
	m := Moment{At: schemas.Millis(at), Reason: reason}
	sum := 0.0
	for r, p := range w.g.law.strangerMix {
		m.Reasons[r] = p * h.calls(r)
		sum += m.Reasons[r]
	}
	for r := range m.Reasons {
		m.Reasons[r] /= sum
	}
	return w.hold(&m), m.bet()
}

// bet is the most probable reason.
func (m *Moment) bet() (b bet) {
	for r, p := range m.Reasons {
		if float32(p) > b.p {
			b = bet{float32(p), int8(r)}
		}
	}
	return b
}

// Moment is the moment that the event returned last makes; nil where it makes none. It is valid until the
// next call of Next.
func (g *Generator) Moment() *Moment { return g.writer.moment }

// Delivered notes that something was delivered to a patient. It is written with the patient's moments from
// then on, and has no effect.
func (g *Generator) Delivered(patient uint32, what string, at schemas.Millis) {
	if g.watch != nil {
		g.watch.delivered[patient] = delivery{what, at}
	}
}
