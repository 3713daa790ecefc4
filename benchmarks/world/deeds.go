package world

import (
	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/schemas"
)

const (
	second = 1_000
	minute = 60 * second
	hours  = 60 * minute
)

// Stretches of time, in milliseconds.
var (
	clickDelay = spread{40, 90, 150, 250, 400, 700, 1_200, 2_500, 9_000}
	callDelay  = spread{80, 150, 250, 400, 700, 1_500, 4_000, 12_000, 60_000}
	ehrDelay   = spread{20_000, 60_000, 2 * minute, 4 * minute, 8 * minute, 15 * minute, 30 * minute, 70 * minute, 115 * minute}
	soonCopy   = spread{5, 60, 150, 400, 900, 1_800, 3_500, 8_000, 30_000}
	farCopy    = spread{2 * minute, 5 * minute, 10 * minute, 20 * minute, 40 * minute, 80 * minute, 3 * hours, 8 * hours, 20 * hours}

	menuTime   = spread{3 * second, 8 * second, 12 * second, 16 * second, 22 * second, 30 * second, 42 * second, 60 * second, 3 * minute}
	queueTime  = spread{500, 4 * second, 11 * second, 22 * second, 40 * second, 70 * second, 2 * minute, 4 * minute, 20 * minute}
	patience   = spread{4 * second, 45 * second, 100 * second, 3 * minute, 5 * minute, 8 * minute, 12 * minute, 20 * minute, 45 * minute}
	talkTime   = spread{15 * second, 70 * second, 2 * minute, 170 * second, 4 * minute, 330 * second, 8 * minute, 12 * minute, 45 * minute}
	wrapUp     = spread{2 * second, 6 * second, 10 * second, 15 * second, 22 * second, 32 * second, 50 * second, 90 * second, 5 * minute}
	abandonLag = spread{300, 700, second, 1_500, 2 * second, 3 * second, 5 * second, 8 * second, 20 * second}
)

// Within a tick, in milliseconds: links come first, then facts, then deeds. A session begins in the first
// minute and its steps follow at most half a minute apart, so that it ends in its tick; the pauses are the
// same whatever the session is, and therefore say nothing.
const (
	linkOffsets   = 500
	refillOffset  = 500
	refillOffsets = 100
	factOffset    = 600
	factOffsets   = 300
	firstDeed     = 1_000
	sessionWithin = 59 * second
	leastPause    = 3 * second
	pauseWidth    = 27 * second
	callOffsets   = tickMillis - firstDeed
)

// In how many of 100 calls something happens.
const (
	directShare    = 14 // an agent was free: no queue
	transferShare  = 8
	callbackShare  = 12 // of the abandoned
	withheldShare  = 4  // no number shown, and the member number given
	verifiedShare  = 25 // the member number given to the voice menu
	visibleMembers = 65 // of sessions with a known cookie that also log in
)

// fact reports a fact of the health record. Before patients begin to live, only those matter that fall due later.
// sign says that it is the sign of a danger that the patient is in.
func (g *Generator) fact(patient uint32, t *traits, d *dice, k int, sign bool) {
	f, p := &facts[k], &g.people[patient]
	at := g.law.calendar.millis(g.tick) + factOffset + int64(d.below(factOffsets))
	if k == refillDue {
		at = g.law.calendar.millis(g.tick) + refillOffset + int64(d.below(refillOffsets))
	}
	x := pending{kind: itemTouch, patient: patient, channel: schemas.ChannelEhr, event: uint8(f.event), place: uint8(k), reason: f.reason,
		who: whoMRN, at: at, occurred: at - d.of(&ehrDelay)}
	if f.dueAfter > 0 {
		day := dayOf(g.tick) + f.dueAfter
		if f.dueWithin > 0 {
			day += d.below(f.dueWithin)
		}
		x.due = g.law.calendar.millis(uint32(day*dayTicks + dayTicks/2))
		g.addDue(p, due{day, f.clock})
	}
	if g.tick < g.law.calendar.begin && (f.clock == noClock || g.at.dues[len(g.at.dues)-1].gone(dayOf(g.law.calendar.begin))) {
		return
	}
	if g.tick < g.law.calendar.begin && g.config.LateNews {
		g.putOff(&x, f.clock, g.at.dues[len(g.at.dues)-1].day)
	} else {
		g.register(patient, t, d)
	}
	if sign {
		x.sign = schemas.FlagCriticalResult
	}
	x.near = k == criticalReviewed
	if g.watch != nil {
		x.moment = g.watch.fact(patient, t, k, at)
	}
	g.arrive(p, d, &x, x.at)
	if g.counting() {
		g.counts.Facts++
	}
	if k == criticalReviewed {
		g.review(patient, d)
	}
}

// putOff announces a fact of before the history when it begins to matter: more than the longest horizon before
// its clock begins, or at the history's beginning.
func (g *Generator) putOff(x *pending, c clockKind, due int) {
	l := &g.law.calendar
	news := max(l.millis(l.begin), l.millis(uint32(max(0, due-clocks[c].before-8)*dayTicks)))
	delay := x.at - x.occurred
	x.at = max(x.at, news+x.at%tickMillis)
	x.occurred = x.at - delay
}

// review reports that a clinician has seen a critical result.
func (g *Generator) review(patient uint32, d *dice) {
	f := &facts[reviewed]
	at := g.law.calendar.millis(g.tick+1+uint32(d.below(24))) + factOffset
	x := pending{kind: itemTouch, patient: patient, channel: schemas.ChannelEhr, event: uint8(f.event), place: reviewed, reason: f.reason,
		who: whoMRN, at: at, occurred: at - 20*second, near: true}
	g.arrive(&g.people[patient], d, &x, at)
}

// attempt plays what a patient with a need tries.
func (g *Generator) attempt(patient uint32, t *traits, d *dice) {
	p := &g.people[patient]
	i := d.pick(g.law.scriptSums[g.law.outage(g.tick)][p.need])
	s := &g.law.scripts[i]
	if s.flag != schemas.FlagNone {
		p.flag = uint8(s.flag)
	}
	hidden := d.unit() < s.hidden
	g.session(patient, t, d, s, s.steps, hidden)
	solved := d.unit() < s.solved
	if solved {
		p.cell = idle
	} else {
		p.cell = after(p.cell)
	}
	if g.counting() {
		g.counts.Attempts++
		if solved {
			g.counts.Solved++
		}
	}
}

// browse plays a session without a purpose.
func (g *Generator) browse(patient uint32, t *traits, d *dice) {
	if g.counting() {
		g.counts.Browsings++
	}
	if d.below(100) < routineShare {
		s := &g.law.scripts[d.pick(g.law.routineSums)]
		g.session(patient, t, d, s, s.steps, d.unit() < s.hidden)
		return
	}
	g.steps = g.law.drawBrowsing(d, g.steps)
	g.session(patient, t, d, &script{channel: schemas.ChannelWeb}, g.steps, d.below(100) < hiddenPublic)
}

// session delivers the steps of a session.
func (g *Generator) session(patient uint32, t *traits, d *dice, s *script, steps []journeys.Step, hidden bool) {
	p := &g.people[patient]
	if !hidden { // or else who counts registrations would know of it
		g.register(patient, t, d)
	}
	x := pending{kind: itemTouch, patient: patient, channel: s.channel, session: p.serial + 1, near: s.near}
	g.visitor(p, d, &x, hidden)
	now := g.law.calendar.millis(g.tick) + firstDeed + int64(d.below(sessionWithin))
	known := g.tick
	if hidden {
		known = g.revealed(p, d, &x)
	}
	g.introduce(p, d, &x, now)
	moments := moments{}
	if g.watch != nil {
		moments = g.watch.session(patient, t, s.channel, steps, known)
	}
	for i, step := range steps {
		if i > 0 {
			pause := leastPause + int64(d.below(pauseWidth))
			now += pause
			x.dwell = int32(pause)
		}
		y := x
		y.occurred, y.event, y.place, y.results = now, step.Event, step.Place, step.Results
		if s.flag != schemas.FlagNone && s.sign == i {
			y.sign = s.flag
		}
		y.moment = moments.at(i, now)
		g.arrive(p, d, &y, now+d.of(&clickDelay))
	}
	if hidden && g.counting() {
		g.counts.Hidden++
	}
}

// visitor decides by what a session is known. A hidden one has a cookie or device of its own.
func (g *Generator) visitor(p *person, d *dice, x *pending, hidden bool) {
	x.who = whoCookie
	if x.channel == schemas.ChannelApp {
		x.who = whoDevice
	}
	if hidden {
		x.cookie = x.session
		return
	}
	known := p.flags&cookieKnown != 0
	if x.channel == schemas.ChannelApp {
		known = p.flags&deviceKnown != 0
	}
	if !known || x.channel == schemas.ChannelApp || d.below(100) < visibleMembers {
		x.who |= whoMember
	}
}

// introduce links the cookie or device of a first known session to the patient.
func (g *Generator) introduce(p *person, d *dice, x *pending, now int64) {
	flag, kind := uint8(cookieKnown), schemas.IdentifierKindCookie
	if x.channel == schemas.ChannelApp {
		flag, kind = deviceKnown, schemas.IdentifierKindDevice
	}
	if x.cookie == 0 && p.flags&flag == 0 {
		p.flags |= flag
		g.link(p, x, schemas.LinkOpLink, kind, now+200+d.of(&clickDelay), now)
	}
}

// revealed sees whether a link reveals a hidden session at the next run of the identity system, and returns the
// tick from which on it is known.
func (g *Generator) revealed(p *person, d *dice, x *pending) uint32 {
	if d.below(100) >= revealedShare {
		return never
	}
	run := nextLinks(g.tick)
	kind := schemas.IdentifierKindCookie
	if x.channel == schemas.ChannelApp {
		kind = schemas.IdentifierKindDevice
	}
	at := g.law.calendar.millis(run) + int64(d.below(linkOffsets))
	g.link(p, x, schemas.LinkOpLink, kind, at, at-minute)
	return run
}

// never is the tick from which on something is known that nobody will know.
const never = ^uint32(0)

// arrive queues a touchpoint that reaches its topic at a given time, sometimes twice.
func (g *Generator) arrive(p *person, d *dice, x *pending, at int64) {
	p.serial++
	x.kind, x.id, x.at, x.copy = itemTouch, p.serial, at, 0
	x.received = max(x.occurred, at-20-int64(d.below(60)))
	g.queue.push(x)
	if d.next()>>32 >= g.copies {
		return
	}
	again := *x
	again.copy, again.moment = 1, 0
	if d.below(10) == 0 {
		again.at += d.of(&farCopy)
	} else {
		again.at += d.of(&soonCopy)
	}
	g.queue.push(&again)
}

// link queues an identity link. It occurred before it arrives.
func (g *Generator) link(p *person, x *pending, op schemas.LinkOp, kind schemas.IdentifierKind, at, occurred int64) {
	p.serial++
	g.queue.push(&pending{kind: itemLink, at: at, occurred: occurred, id: p.serial, patient: x.patient,
		event: uint8(op), place: uint8(kind), cookie: x.cookie})
}

// register makes a patient known before the first touchpoint: links of what is on record, consents, recorded
// needs and a standing prescription. All that the law depends on, but frailty, is thereby on record.
func (g *Generator) register(patient uint32, t *traits, d *dice) {
	p := &g.people[patient]
	if p.flags&registered != 0 {
		return
	}
	p.flags |= registered
	at := g.law.calendar.millis(g.tick)
	known := at - int64(1+d.below(90))*24*hours
	x := pending{patient: patient}
	g.link(p, &x, schemas.LinkOpLink, schemas.IdentifierKindMember, at, known)
	if !t.phoneOpen && !t.shared {
		p.flags |= phoneKnown
		g.link(p, &x, schemas.LinkOpLink, schemas.IdentifierKindPhone, at, known)
	}
	for i := range consentScopes[t.consent] {
		p.serial++
		g.queue.push(&pending{kind: itemConsent, at: at, occurred: known, id: p.serial, patient: patient, event: uint8(t.consent), place: uint8(i)})
	}
	for bit, k := range onRecord {
		if t.segment&(1<<bit) == 0 {
			continue
		}
		y := pending{patient: patient, channel: schemas.ChannelEhr, event: uint8(facts[k].event), place: uint8(k), reason: facts[k].reason,
			who: whoMRN, occurred: at - d.of(&ehrDelay), results: int16(t.social)}
		if bit == 1 {
			y.results, y.reason = int16(digitalLiteracy), noReason
		}
		g.arrive(p, d, &y, at)
	}
}

// onRecord is the fact by which each bit of a segment is on record.
var onRecord = [...]int{standing, needRecorded, needRecorded}
