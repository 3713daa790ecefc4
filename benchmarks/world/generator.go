package world

import (
	"fmt"
	"math"
	"strconv"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

// Generator makes the stream. It is not safe for concurrent use.
type Generator struct {
	config   Config
	law      *law
	seed     uint64
	end      int64
	copies   uint64
	people   []person
	agenda   agenda
	turn     chunk
	fetched  uint32
	queue    queue
	pool     []pooledDue
	free     uint32
	stranger dice

	// The tick to be played next, and when it begins.
	tick uint32
	now  int64
	// Callers so far who are no patients.
	strangerN uint32
	// The patient at hand, and scratch.
	at    who
	may   []branch
	steps []journeys.Step

	current pending
	writer  writer
	watch   *watch
	emitted int64
	counts  Counts
}

// pooledDue is a due date in the pool, and the next of the same patient.
type pooledDue struct {
	next uint32
	day  uint16
	kind clockKind
}

// Counts are figures of what has happened since Start, to be held beside published ones.
type Counts struct {
	// Contacts by reason, in taxonomy order; Strangers among them are no patients.
	Contacts  [reasons]int64
	Strangers int64
	// Needs that arose, and what ended them: a call, an attempt that worked, or something else.
	Onsets, Solved, Left int64
	// Calls by hour of the local day, and by day of the week.
	ByHour    [24]int64
	ByWeekday [7]int64
	// Sessions by what they are for, and how many were hidden.
	Attempts, Browsings, Hidden int64
	// Facts of the health record.
	Facts int64
	// Calls that were contained, abandoned, and that follow another.
	Contained, Abandoned, Redials, Repeats int64
	// Calls after an attempt, and calls of urgent needs.
	AfterAttempt, Urgent int64
}

// New makes a world whose first records arrive before the configured start: its history.
func New(config Config) (*Generator, error) {
	config.setDefaults()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("configure world: %w", err)
	}
	g := &Generator{config: config, law: newLaw(&config), agenda: newAgenda(), end: 1<<63 - 1}
	g.seed = g.law.seed
	g.people = make([]person, config.Patients)
	g.pool = make([]pooledDue, 1, 1024)
	g.stranger = dice{key: mix(g.seed ^ 0x737472)}
	g.copies = uint64(max(0, config.DuplicateShare) * (1 << 32))
	if config.Duration > 0 {
		g.end = config.Start.UnixMilli() + config.Duration.Milliseconds()
	}
	g.writer.init(g, strconv.FormatUint(mix(g.seed^uint64(config.Start.UnixMilli())^mix(uint64(config.Site)))>>24, 36))
	if config.Posterior > 0 {
		g.watch = newWatch(g)
	}
	for i := range g.people {
		g.born(uint32(i))
	}
	return g, nil
}

func (g *Generator) dice(patient uint32) dice {
	return dice{key: mix(g.seed^0x64696365) + mix(uint64(patient)+1), count: g.people[patient].count}
}

// born plans a patient's first looks.
func (g *Generator) born(patient uint32) {
	p, t, d := &g.people[patient], traitsOf(g.seed, patient), g.dice(patient)
	p.cell = idle
	g.at = who{segment: t.segment, frailty: frailty[t.node]}
	g.planSurprise(p, &d, 0)
	g.planDeed(p, &d, 0)
	p.count = d.count
	g.plan(patient, &t, 0)
}

// plan puts a patient into the agenda of a tick from one on.
func (g *Generator) plan(patient uint32, t *traits, from uint32) {
	p := &g.people[patient]
	g.agenda.put(patient, min(p.deed, p.surprise, t.refill(from), g.tick+agendaTicks-1))
}

// planAhead is how far ahead deeds are planned, and planDays the days that this touches.
const (
	planAhead = agendaTicks / 4
	planDays  = planAhead/dayTicks + 2
)

// planDeed draws the next tick, from one on, in which a patient may do something.
func (g *Generator) planDeed(p *person, d *dice, from uint32) {
	from = max(from, p.over, g.law.calendar.begin)
	p.bound = math.Nextafter32(float32(g.bound(p, from)), 1)
	gap := d.gap(float64(p.bound), planAhead)
	p.deed = from + gap
	p.flags &^= deedCut
	if gap == planAhead {
		p.flags |= deedCut
	}
}

// planSurprise draws the next tick, from one on, in which the health record may say something new. Before patients
// begin to live only what falls due later matters.
func (g *Generator) planSurprise(p *person, d *dice, from uint32) {
	rate, most := g.law.factRate, uint32(agendaTicks-2)
	if begin := g.law.calendar.begin; from < begin {
		rate, most = g.law.dueRate, begin-from
	}
	gap := d.gap(rate, most)
	p.surprise = from + gap
	p.flags &^= surpriseCut
	if gap == most {
		p.flags |= surpriseCut
	}
}

// bound is at least the probability that a patient does anything in a tick from one on, for as long as deeds are
// planned ahead.
func (g *Generator) bound(p *person, from uint32) float64 {
	if p.cell != idle {
		c := &cells[p.cell]
		return g.law.noise + act(int(p.cell), int(p.need)) + c.leave + c.advance
	}
	rate := g.law.mostOnset(dayOf(from), g.at.segment)
	for _, x := range g.at.dues {
		rate += g.law.mostClock[x.kind]
	}
	return g.law.noise + float64(g.at.frailty*rate)
}

// Next returns the next record in order of arrival, and whether there is one. What the event points to is
// valid until the next call.
func (g *Generator) Next() (journeys.Event, bool) {
	for {
		if at, some := g.queue.earliest(); some && at < g.now {
			if at >= g.end {
				return journeys.Event{}, false
			}
			g.queue.pop(&g.current)
			return g.emit(&g.current), true
		}
		if g.now >= g.end {
			return journeys.Event{}, false
		}
		g.play()
	}
}

func (g *Generator) emit(p *pending) journeys.Event {
	switch p.kind {
	case itemLink:
		return g.writer.link(p)
	case itemConsent:
		return g.writer.consent(p)
	}
	g.emitted++
	return g.writer.touchpoint(p)
}

// Emitted is how many touchpoints Next has returned, copies included.
func (g *Generator) Emitted() int64 { return g.emitted }

// Counts returns the figures of what has happened since Start.
func (g *Generator) Counts() Counts { return g.counts }

// counting says that the figures count what happens now.
func (g *Generator) counting() bool { return g.tick >= g.law.calendar.start }

// play plays one tick of everybody who is to be looked at.
func (g *Generator) play() {
	tick := g.tick
	g.now = g.law.calendar.millis(tick + 1)
	for g.agenda.take(tick, &g.turn) {
		turn := g.turn.patients[:g.turn.n]
		for _, patient := range turn {
			g.fetched += g.people[patient].count // fetches them side by side: they lie anywhere in a large memory
		}
		for _, patient := range turn {
			g.look(patient)
		}
	}
	if tick >= g.law.calendar.begin {
		g.strangers()
	}
	g.tick++
}

// look plays a tick of one patient: facts first, then deeds. A patient whom a fact has just given a need does
// nothing else in that tick.
func (g *Generator) look(patient uint32) {
	p, d, tick := &g.people[patient], g.dice(patient), g.tick
	t := traitsOf(g.seed, patient)
	g.at.segment, g.at.frailty = t.segment, frailty[t.node]
	g.loadDues(p)
	given, news := false, false
	if t.refill(tick) == tick {
		g.fact(patient, &t, &d, refillDue, false)
		news = true
	}
	if p.surprise == tick && p.flags&surpriseCut != 0 {
		g.planSurprise(p, &d, tick)
	}
	if p.surprise == tick {
		given = g.surprised(patient, &t, &d)
		news = true
		g.planSurprise(p, &d, tick+1)
	}
	if p.deed == tick && p.flags&deedCut != 0 {
		g.planDeed(p, &d, tick)
	}
	if p.deed == tick && !given {
		g.deed(patient, &t, &d)
		news = true
	}
	if news || p.deed <= tick {
		g.planDeed(p, &d, tick+1)
	}
	p.count = d.count
	g.plan(patient, &t, tick+1)
}

// loadDues lists a patient's due dates, and forgets those that are past.
func (g *Generator) loadDues(p *person) {
	g.at.dues = g.at.dues[:0]
	for link := &p.dues; *link != 0; {
		x := &g.pool[*link]
		if d := (due{int(x.day), x.kind}); !d.gone(dayOf(g.tick)) {
			g.at.dues = append(g.at.dues, d)
			link = &x.next
			continue
		}
		free := *link
		*link = x.next
		x.next, g.free = g.free, free
	}
}

func (g *Generator) addDue(p *person, d due) {
	slot := g.free
	if slot != 0 {
		g.free = g.pool[slot].next
	} else {
		slot = uint32(len(g.pool))
		g.pool = append(g.pool, pooledDue{})
	}
	g.pool[slot] = pooledDue{next: p.dues, day: uint16(d.day), kind: d.kind}
	p.dues = slot
	g.at.dues = append(g.at.dues, d)
}

// surprised sees whether a surprise comes, and says whether it gave the patient a need.
func (g *Generator) surprised(patient uint32, t *traits, d *dice) bool {
	if d.unit() >= g.law.hour(g.tick).facts() {
		return false
	}
	k := d.pick(g.law.factSums)
	if g.tick < g.law.calendar.begin {
		k = d.pick(g.law.dueSums)
	}
	p := &g.people[patient]
	n := needs
	if p.cell == idle && g.tick >= p.over && g.tick >= g.law.calendar.begin {
		n = g.needOf(k, d.unit())
	}
	g.fact(patient, t, d, k, n == criticalResult)
	if n < needs {
		g.arise(p, uint8(n))
	}
	return n < needs
}

// needOf is the need that a fact gives the patient at hand, or needs for none.
func (g *Generator) needOf(k int, u float64) int {
	for n := range needs {
		q := g.law.needOfFact(&g.at, k, n)
		if u < q {
			return n
		}
		u -= q
	}
	return needs
}

// arise begins an episode.
func (g *Generator) arise(p *person, need uint8) {
	p.cell, p.need, p.flag = latent, need, 0
	switch need {
	case urgentSymptom:
		p.flag = uint8(schemas.FlagUrgent)
	case criticalResult:
		p.flag = uint8(schemas.FlagCriticalResult)
	}
	if g.counting() {
		g.counts.Onsets++
	}
}

// deed draws what a patient does in this tick, if anything.
func (g *Generator) deed(patient uint32, t *traits, d *dice) {
	p := &g.people[patient]
	g.may = g.law.branches(g.may, &g.at, p.cell, p.need, g.tick)
	bound := float64(p.bound)
	u := d.unit() * bound
	for _, b := range g.may {
		if u >= b.p {
			u -= b.p
			bound -= b.p
			continue
		}
		switch b.what {
		case onset:
			g.arise(p, b.need)
		case browse:
			g.browse(patient, t, d)
		case attempt:
			g.attempt(patient, t, d)
		case call:
			g.call(patient, t, d)
		case leave:
			g.leave(p)
		case advance:
			if p.cell = forward(p.cell); p.cell == idle {
				g.leave(p)
			}
		}
		return
	}
	if bound < -1e-12 {
		panic("world: more may happen in a tick than its bound says")
	}
}

func (g *Generator) leave(p *person) {
	p.cell = idle
	if g.counting() {
		g.counts.Left++
	}
}
