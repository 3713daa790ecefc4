package journeys

import "github.com/attune-health/attune/schemas"

// Stretches of a call, in milliseconds.
var (
	menuTime   = spread{3 * second, 8 * second, 12 * second, 16 * second, 22 * second, 30 * second, 42 * second, 60 * second, 3 * minute}
	queueTime  = spread{500, 4 * second, 11 * second, 22 * second, 40 * second, 70 * second, 2 * minute, 4 * minute, 20 * minute}
	patience   = spread{4 * second, 45 * second, 100 * second, 3 * minute, 5 * minute, 8 * minute, 12 * minute, 20 * minute, 45 * minute}
	talkTime   = spread{15 * second, 70 * second, 2 * minute, 170 * second, 4 * minute, 330 * second, 8 * minute, 12 * minute, 45 * minute}
	wrapUp     = spread{2 * second, 6 * second, 10 * second, 15 * second, 22 * second, 32 * second, 50 * second, 90 * second, 5 * minute}
	redialLag  = spread{10 * second, 25 * second, 45 * second, 80 * second, 2 * minute, 4 * minute, 7 * minute, 15 * minute, 50 * minute}
	repeatLag  = spread{15 * minute, hour, 3 * hour, 8 * hour, 20 * hour, 40 * hour, 70 * hour, 110 * hour, 7 * day}
	abandonLag = spread{300, 700, second, 1_500, 2 * second, 3 * second, 5 * second, 8 * second, 20 * second}
)

// In how many of 100 calls something happens.
const (
	containedShare = 6  // the voice menu sufficed
	directShare    = 14 // an agent was free: no queue
	transferShare  = 8
	callbackShare  = 12 // of the abandoned
	withheldShare  = 4  // no number shown
	verifiedShare  = 25 // gave the member number to the voice menu
	redialShare    = 45 // of the abandoned
	repeatShare    = 9  // of the answered
)

// call plays a phone call from the menu to its disposition, and plans what
// follows from it.
func (g *Generator) call(of *pending) {
	t := traitsOf(g.seed, of.patient)
	g.contacts++
	c := pending{patient: of.patient, channel: schemas.ChannelCall, contact: g.contacts, cell: of.cell, reason: noNeed,
		agent: uint8(g.dice.below(200)), place: uint8(t.lines), urgent: of.urgent, near: of.near, flag: of.flag}
	c.priority = g.priority(&t, of.cell)
	g.caller(&c)
	now := of.at
	c.menu = int32(g.dice.of(&menuTime))
	g.callStep(&c, schemas.CallEventSelfService, now)
	now += int64(c.menu)
	if c.urgent == urgentNot && g.dice.percent(containedShare) {
		g.dispose(&c, t.segment, now+g.dice.of(&abandonLag))
		return
	}
	now = g.wait(&c, now)
	if c.outcome&callAbandoned != 0 {
		g.redial(&c, g.dispose(&c, t.segment, now+g.dice.of(&abandonLag)), now)
		return
	}
	now = g.talk(&c, now)
	g.repeat(&c, g.dispose(&c, t.segment, now+g.dice.of(&wrapUp)), now)
}

// priority is the contact center's own: it knows the record, not the need.
func (g *Generator) priority(t *traits, c cell) uint8 {
	switch {
	case c.trigger != noTrigger && triggers[c.trigger].urgent:
		return 2
	case t.segment&segmentChronic != 0:
		return 1
	}
	return 0
}

// caller settles which identifiers the call shows.
func (g *Generator) caller(c *pending) {
	s := &g.patients[c.patient]
	if g.dice.below(400) == 0 {
		s.phone = (s.phone + 1) % 100
		s.phoneKnown = false
	}
	c.phone, c.who = s.phone, whoContact
	if !g.dice.percent(withheldShare) {
		c.who |= whoPhone
	}
	if g.dice.percent(verifiedShare) {
		c.who |= whoMember
	}
}

// wait is the queue: none, an answer, or a caller who gives up.
func (g *Generator) wait(c *pending, now int64) int64 {
	if g.dice.percent(directShare) {
		return now
	}
	c.outcome |= callQueued
	g.callStep(c, schemas.CallEventQueued, now)
	wait, most := g.dice.of(&queueTime), g.dice.of(&patience)
	if most < wait {
		wait = most
		c.outcome |= callAbandoned
	}
	c.wait = int32(wait)
	now += wait
	if c.outcome&callAbandoned == 0 {
		return now
	}
	g.callStep(c, schemas.CallEventAbandoned, now)
	if g.dice.percent(callbackShare) {
		g.callStep(c, schemas.CallEventCallbackRequested, now+second)
	}
	return now
}

// talk is the time with an agent, who puts an unknown number on file.
func (g *Generator) talk(c *pending, now int64) int64 {
	c.outcome |= callAnswered
	g.callStep(c, schemas.CallEventAnswered, now)
	c.talk = int32(g.dice.of(&talkTime))
	if g.dice.percent(transferShare) {
		g.callStep(c, schemas.CallEventTransferred, now+int64(c.talk)/2)
	}
	now += int64(c.talk)
	g.callStep(c, schemas.CallEventEnded, now)
	s := &g.patients[c.patient]
	if c.who&whoPhone != 0 && s.registered && !s.phoneKnown && !g.backfilling(now) {
		s.phoneKnown = true
		g.link(c, schemas.LinkOpLink, schemas.IdentifierKindPhone, now+g.dice.of(&wrapUp), now)
		if s.phone > 0 {
			g.unlinkPhone(c, now)
		}
	}
	return now
}

// unlinkPhone takes the patient's former number off the file.
func (g *Generator) unlinkPhone(c *pending, now int64) {
	g.numbers++
	g.queue.push(&pending{kind: itemLink, at: now + minute, occurred: now, id: g.numbers, patient: c.patient,
		event: uint8(schemas.LinkOpUnlink), place: uint8(schemas.IdentifierKindPhone), phone: c.phone - 1})
}

// callStep delivers one step of a call.
func (g *Generator) callStep(c *pending, event schemas.CallEvent, at int64) {
	step := *c
	step.event, step.occurred = uint8(event), at
	if c.urgent == urgentMenu && event == schemas.CallEventSelfService {
		step.sign = c.flag
	}
	g.deliver(&step, 0)
}

// dispose ends a call: only now does it get its reason.
func (g *Generator) dispose(c *pending, segment int, at int64) need {
	n := c.urgent.reason()
	if n == noNeed {
		d := g.tables.posterior(segment, c.cell)
		n = g.fate.drawNeed(&d)
	}
	c.reason = int8(n)
	g.callStep(c, schemas.CallEventDisposition, at)
	return n
}

// redial follows an abandoned call, mostly.
func (g *Generator) redial(c *pending, reason need, now int64) {
	if !g.dice.percent(redialShare) {
		return
	}
	p := pending{at: now + g.dice.of(&redialLag), patient: c.patient, stage: stageCall, calls: true}
	p.cell = cell{repeats: int8(reason), redial: true}
	p.urgent, p.near, p.flag = c.urgent, c.near, c.flag
	g.later(&p)
}

// repeat follows an answered call that settled nothing.
func (g *Generator) repeat(c *pending, reason need, now int64) {
	if !g.dice.percent(repeatShare) {
		return
	}
	segment := traitsOf(g.seed, c.patient).segment
	p := pending{at: now + g.dice.of(&repeatLag), patient: c.patient, stage: stageFirst, calls: true}
	p.cell = g.tables.drawCell(g.dice, segment, reason, false)
	g.later(&p)
}
