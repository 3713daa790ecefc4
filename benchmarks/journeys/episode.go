package journeys

// How many of 100 episodes are of which kind; the rest is noise, browsing
// without any need.
const (
	contactShare = 30 // end with a call
	solvedShare  = 38 // end in the digital channel, by success or by giving up
	recordShare  = 12 // are a fact of the record that leads to nothing
)

// How many of 100 attempts fail.
const (
	failsBeforeCall = 82
	failsOtherwise  = 27
)

// Stages of an episode, in order.
const (
	stageFirst = iota
	stageSecond
	stageCall
)

// Time between the stages, in milliseconds.
var (
	afterFact    = spread{3 * second, 15 * second, 45 * second, 2 * minute, 5 * minute, 12 * minute, 40 * minute, 4 * hour, 36 * hour}
	afterAttempt = spread{20 * second, 60 * second, 2 * minute, 4 * minute, 8 * minute, 15 * minute, 40 * minute, 2 * hour, 9 * hour}
	beforeCall   = spread{8 * second, 20 * second, 35 * second, 60 * second, 110 * second, 4 * minute, 9 * minute, 25 * minute, 2 * hour}
)

// begin starts an episode of some patient.
func (g *Generator) begin(at int64) {
	patient := g.choose(at)
	p := pending{kind: itemEpisode, at: at, occurred: at, patient: patient, stage: stageFirst}
	p.cell.repeats = noNeed
	share := g.dice.below(100)
	if g.callsOnly() {
		share = 0
	}
	switch {
	case share < contactShare:
		p.calls = true
		g.need(&p, noNeed)
	case share < contactShare+solvedShare:
		g.solved(&p)
	case share < contactShare+solvedShare+recordShare:
		g.fact(&p, 1+g.dice.below(len(triggers)-1+len(otherFacts)))
		g.mourn(&p)
	default:
		g.noise(&p)
	}
}

// need draws what the episode shows and begins with its trigger, if it has one.
func (g *Generator) need(p *pending, repeats need) {
	segment := traitsOf(g.seed, p.patient).segment
	p.cell = g.tables.drawCell(g.dice, segment, repeats, false)
	if repeats == noNeed {
		switch share := g.dice.below(100); {
		case share < urgentShare:
			g.urgent(p)
			return
		case share < urgentShare+nearShare:
			g.near(p)
		}
	}
	if p.cell.trigger != noTrigger {
		g.fact(p, int(p.cell.trigger))
		p.at += g.dice.of(&afterFact)
	}
	g.resume(p)
}

// solved is an episode with at least one attempt and without a call.
func (g *Generator) solved(p *pending) {
	segment := traitsOf(g.seed, p.patient).segment
	for range 8 {
		p.cell = g.tables.drawCell(g.dice, segment, noNeed, false)
		if p.cell.first != noPattern {
			break
		}
	}
	p.cell.trigger = noTrigger
	if p.cell.first == noPattern {
		p.cell.first = uint8(1 + g.dice.below(len(g.tables.patterns)-1))
	}
	g.resume(p)
}

// resume plans the stage that is due, and queues the one after it.
func (g *Generator) resume(p *pending) {
	switch p.stage {
	case stageFirst:
		p.stage = stageSecond
		if p.cell.first == noPattern {
			break
		}
		p.at = g.attempt(p, int(p.cell.first))
		if p.cell.second != noPattern {
			p.at += g.dice.of(&afterAttempt)
			g.later(p)
			return
		}
	case stageSecond:
		if p.cell.second != noPattern {
			p.at = g.attempt(p, int(p.cell.second))
		}
	case stageCall:
		g.call(p)
		return
	}
	if !p.calls {
		return
	}
	p.stage = stageCall
	if p.cell.first != noPattern {
		p.at += g.dice.of(&beforeCall)
	}
	g.later(p)
}

// later queues the rest of an episode.
func (g *Generator) later(p *pending) {
	p.kind = itemEpisode
	state := &g.patients[p.patient]
	state.busyUntil = max(state.busyUntil, p.at)
	g.queue.push(p)
}

// choose picks a patient who is awake and not in the middle of something, as
// far as a few tries find one. One patient in a hundred does the most.
func (g *Generator) choose(at int64) (patient uint32) {
	n := len(g.patients)
	for try := range 8 {
		i := g.dice.below(n)
		if g.dice.percent(20) {
			i = g.dice.below(1 + n/100)
		}
		s := &g.patients[i]
		if s.gone {
			continue
		}
		patient = uint32(i)
		awake := activity[localHour(at, traitsOf(g.seed, patient).zone)]
		if s.busyUntil <= at && g.dice.below(256) < awake || try == 7 {
			break
		}
	}
	return patient
}
