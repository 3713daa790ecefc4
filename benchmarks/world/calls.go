package world

import "github.com/attune-health/attune/schemas"

// call plays a phone call from the menu to its disposition, and what it leaves behind.
func (g *Generator) call(patient uint32, t *traits, d *dice) {
	p := &g.people[patient]
	g.register(patient, t, d)
	c := pending{patient: patient, channel: schemas.ChannelCall, contact: p.serial + 1, reason: noReason, agent: uint8(d.below(200)),
		place: uint8(t.line), proxy: uint8(t.proxy), priority: g.priority(t, p)}
	if p.need >= reasons {
		c.urgent, c.flag = true, schemas.Flag(p.flag)
		c.silent = p.need == urgentSymptom && p.cell < waiting1
		if c.menuUrgent = p.need == urgentSymptom && d.below(100) < urgentMenu; c.menuUrgent {
			c.silent = false
		}
	}
	g.caller(p, t, d, &c)
	start := g.law.calendar.millis(g.tick) + firstDeed + int64(d.below(callOffsets))
	var best bet
	if g.watch != nil {
		c.moment, best = g.watch.call(patient, t, &c, start, int(reasonOf[p.need]))
	}
	end, over := g.conversation(p, d, &c, start, reasonOf[p.need], best)
	p.over = over
	g.countCall(p, t, end)
	if g.watch != nil {
		g.watch.called(patient, g.tick, over, int(reasonOf[p.need]), c.menuUrgent, end)
	}
	g.leaveBehind(p, d, end)
}

// leaveBehind decides whether the call has solved the need.
func (g *Generator) leaveBehind(p *person, d *dice, end ending) {
	switch {
	case end == endAbandoned && d.below(100) < redialled:
		p.cell = redial
	case end == endAnswered && d.below(100) < repeated:
		p.cell = repeat
		u := d.unit()
		for m, q := range g.law.again[p.need] {
			if u < q {
				p.need = uint8(m)
				break
			}
			u -= q
		}
	default:
		p.cell = idle
	}
}

// priority is the contact center's own. It depends on what is on record.
func (g *Generator) priority(t *traits, p *person) uint8 {
	if t.segment&segmentChronic != 0 {
		return 1
	}
	return 0
}

// caller decides which identifiers a call shows: always enough to know the patient.
func (g *Generator) caller(p *person, t *traits, d *dice, c *pending) {
	c.who = whoContact
	withheld, verified := d.below(100) < withheldShare, d.below(100) < verifiedShare
	if !withheld {
		c.who |= whoPhone
	}
	c.shared = t.shared
	if withheld || verified || p.flags&phoneKnown == 0 {
		c.who |= whoMember
	}
}

// conversation delivers the steps of a call, and returns how it ended and the first tick after it.
func (g *Generator) conversation(p *person, d *dice, c *pending, now int64, reason int8, best bet) (ending, uint32) {
	c.menu = int32(d.of(&menuTime))
	g.callStep(p, d, c, schemas.CallEventSelfService, now)
	c.moment = 0
	now += int64(c.menu)
	end := endContained
	if d.below(100) >= contained {
		end = endAnswered
		if now = g.wait(p, d, c, now); c.outcome&callAbandoned != 0 {
			end = endAbandoned
		}
	}
	if end == endAnswered {
		now = g.talk(p, d, c, now) + d.of(&wrapUp)
	} else {
		now += d.of(&abandonLag)
	}
	c.reason, c.best = reason, best
	g.callStep(p, d, c, schemas.CallEventDisposition, now)
	return end, g.law.calendar.tick(now + 1)
}

// wait is the queue: none, an answer, or a caller who gives up.
func (g *Generator) wait(p *person, d *dice, c *pending, now int64) int64 {
	if d.below(100) < directShare {
		return now
	}
	c.outcome |= callQueued
	g.callStep(p, d, c, schemas.CallEventQueued, now)
	wait, most := d.of(&queueTime), d.of(&patience)
	if most < wait {
		wait = most
		c.outcome |= callAbandoned
	}
	c.wait = int32(wait)
	now += wait
	if c.outcome&callAbandoned == 0 {
		return now
	}
	g.callStep(p, d, c, schemas.CallEventAbandoned, now)
	if d.below(100) < callbackShare {
		g.callStep(p, d, c, schemas.CallEventCallbackRequested, now+second)
	}
	return now
}

// talk is the time with an agent, who puts an unknown number on file.
func (g *Generator) talk(p *person, d *dice, c *pending, now int64) int64 {
	c.outcome |= callAnswered
	g.callStep(p, d, c, schemas.CallEventAnswered, now)
	c.talk = int32(d.of(&talkTime))
	if d.below(100) < transferShare {
		g.callStep(p, d, c, schemas.CallEventTransferred, now+int64(c.talk)/2)
	}
	now += int64(c.talk)
	g.callStep(p, d, c, schemas.CallEventEnded, now)
	if c.patient < nobodyFrom && c.who&whoPhone != 0 && p.flags&phoneKnown == 0 && !c.shared {
		p.flags |= phoneKnown
		g.link(p, c, schemas.LinkOpLink, schemas.IdentifierKindPhone, now+d.of(&wrapUp), now)
	}
	return now
}

// callStep delivers one step of a call.
func (g *Generator) callStep(p *person, d *dice, c *pending, event schemas.CallEvent, at int64) {
	step := *c
	step.event, step.occurred = uint8(event), at
	if c.menuUrgent && event == schemas.CallEventSelfService {
		step.sign = c.flag
	}
	g.arrive(p, d, &step, at+d.of(&callDelay))
}

// nobodyFrom is the first number of a caller who is no patient.
const nobodyFrom = 20_000_000

// strangers plays a tick's calls of people who are no patients.
func (g *Generator) strangers() {
	l, h := g.law, g.law.hour(g.tick)
	tries := int(4*l.strangers) + 1
	for range tries {
		if g.stranger.unit() >= l.strangers/float64(tries) {
			continue
		}
		r := g.stranger.pick(l.strangerSum)
		if g.stranger.unit() >= h.calls(r) {
			continue
		}
		g.strangerN++
		p := person{serial: g.strangerN << 4}
		c := pending{patient: nobodyFrom + g.strangerN%10_000_000, channel: schemas.ChannelCall, contact: g.strangerN, reason: noReason,
			agent: uint8(g.stranger.below(200)), place: uint8(g.stranger.below(4)), who: whoContact | whoPhone}
		start := l.calendar.millis(g.tick) + firstDeed + int64(g.stranger.below(callOffsets))
		var best bet
		if g.watch != nil {
			c.moment, best = g.watch.stranger(&c, h, start, r)
		}
		g.conversation(&p, &g.stranger, &c, start, int8(r), best)
		if g.counting() {
			g.counts.Contacts[r]++
			g.counts.Strangers++
		}
	}
}

func (g *Generator) countCall(p *person, t *traits, end ending) {
	if !g.counting() {
		return
	}
	k := &g.counts
	k.Contacts[reasonOf[p.need]]++
	k.ByHour[g.tick%dayTicks/hourTicks]++
	k.ByWeekday[int(g.law.calendar.date(dayOf(g.tick)).Weekday())]++
	switch {
	case p.cell >= repeat:
		k.Repeats++
	case p.cell >= redial:
		k.Redials++
	case p.cell >= waiting1:
		k.AfterAttempt++
	}
	switch end {
	case endContained:
		k.Contained++
	case endAbandoned:
		k.Abandoned++
	}
	if p.need >= reasons {
		k.Urgent++
	}
}
