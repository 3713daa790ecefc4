package journeys

import "github.com/attune-health/attune/schemas"

// Delays between what happens and its arrival, by source, in milliseconds.
var (
	clickDelay = spread{40, 90, 150, 250, 400, 700, 1_200, 2_500, 9_000}
	callDelay  = spread{80, 150, 250, 400, 700, 1_500, 4_000, 12_000, 60_000}
	ehrDelay   = spread{20_000, 60_000, 2 * minute, 4 * minute, 8 * minute, 15 * minute, 30 * minute, 70 * minute, 4 * hour}
	// lineDelay is the delay of a device that was off line.
	lineDelay = spread{5 * minute, 10 * minute, 15 * minute, 25 * minute, 40 * minute, 70 * minute, 2 * hour, 4 * hour, 12 * hour}
	// Copies come soon (a retry) or long after (a replay).
	soonCopy = spread{5, 60, 150, 400, 900, 1_800, 3_500, 8_000, 30_000}
	farCopy  = spread{2 * minute, 5 * minute, 10 * minute, 20 * minute, 40 * minute, 80 * minute, 3 * hour, 8 * hour, 20 * hour}
)

const (
	second = 1_000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// deliver gives a touchpoint its number and its arrival, and queues it with its
// copies. The delay of a device that was off line is added.
func (g *Generator) deliver(p *pending, offLine int64) {
	var delay int64
	switch p.channel {
	case schemas.ChannelCall:
		delay = g.dice.of(&callDelay)
	case schemas.ChannelEhr:
		delay = g.dice.of(&ehrDelay)
	default:
		delay = g.dice.of(&clickDelay)
	}
	g.arrive(p, p.occurred+delay+offLine)
}

// arrive queues a touchpoint that reaches its topic at a given time.
func (g *Generator) arrive(p *pending, at int64) {
	g.numbers++
	p.kind, p.id, p.at, p.copy = itemTouch, g.numbers, at, 0
	p.received = max(p.occurred, at-20-int64(g.dice.below(60)))
	g.debt++
	if g.backfilling(at) {
		return
	}
	g.queue.push(p)
	g.duplicate(p)
}

// duplicate sometimes queues a second delivery of the same bytes.
func (g *Generator) duplicate(p *pending) {
	if !g.dice.hit(g.duplicates) {
		return
	}
	g.debt++
	again := *p
	again.copy = 1
	if g.dice.percent(10) {
		again.at += g.dice.of(&farCopy)
	} else {
		again.at += g.dice.of(&soonCopy)
	}
	g.queue.push(&again)
}
