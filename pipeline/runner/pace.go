package runner

import (
	"hash/fnv"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// leastDrift is how far a worker may always read ahead of the others, in the time at which things became known.
	leastDrift = pipeline.Time(10 * time.Second / time.Millisecond)
	// listenFor is how long a worker that does not have all merged sources listens for others before it reads
	// on by itself.
	listenFor = time.Second / 2
	// silentAfter is how long a worker is waited for that does not say how far it is.
	silentAfter = 5 * time.Second
)

// gauge measures how fast time passes in what is read, in times of real time.
type gauge struct {
	// known was reached at that time. speed is 0 until two times are known.
	known pipeline.Time
	at    time.Time
	speed float64
}

// read notes that all until known has been read at a time. The speed follows a rise at once, and a fall slowly.
func (g *gauge) read(known pipeline.Time, at time.Time) {
	// A worker that slows down for a moment, in a commit, must not be taken for a slow one: all would wait for it.
	if took := at.Sub(g.at); took > 0 && isTime(known) && isTime(g.known) {
		speed := float64(max(0, known-g.known)) / (float64(took) / float64(time.Millisecond))
		g.speed = max(speed, (smoothing*g.speed+speed)/(smoothing+1))
	} else if !isTime(known) {
		g.speed = 0
	}
	g.known, g.at = known, at
}

// isTime is false of what a worker has reached that has read nothing yet, or is not behind.
func isTime(t pipeline.Time) bool { return t != pipeline.MinTime && t != pipeline.MaxTime }

// pace keeps the processes of a group together while they are behind: each says in its control records how
// far it has read, and none reads on that is too far ahead of the slowest. How far is too far is no constant,
// which would be a limit to the speed of all, since what is heard of the others is old by then:
//
//	others     said 12:00 ─────── commit, fetch ──────► heard; they are at 12:10 by now, at the speed at which
//	this one   may read until 12:00 + twice what they   they came to 12:00
//	           will have done since + leastDrift
//
// So it may be ahead of them by what they do in the time that news takes, and if they become faster, by more.
// One that says nothing is not waited for, nor is one that is not behind.
type pace struct {
	// mu: all workers of the process hear of others and ask for the limit.
	mu sync.Mutex
	// own are the names of this process's workers: what they say comes back in control records, and a process
	// that listened to them would wait for itself.
	own    map[uint64]bool
	others map[uint64]*heardOf

	// back is how far the process had come when it said what it has heard of itself last: what the others move until they hear
	// of it is what this process hears of them meanwhile.
	back pipeline.Time

	// begun is when what the process reads was assigned anew while others read the rest; zero where there are none.
	begun time.Time
	// started is how far it had come then.
	started pipeline.Time
}

// heardOf is what is known of another worker.
type heardOf struct {
	gauge
	// gap is the time between the last two times that it said something: what is heard may be as old as that, since
	// it speaks once a commit.
	gap time.Duration
	// led is until when tables may be trusted, as it said at ledAt.
	led   pipeline.Time
	ledAt time.Time
}

// nameOf is what a worker is called in Progress. It is the same after a restart: to the others a new one would stand
// beside the dead one, and be waited for twice.
func nameOf(c *Config, worker int) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.Instance)) // a hash's Write has no error
	_, _ = h.Write([]byte{0, byte(worker), byte(worker >> 8)})
	return h.Sum64()
}

func (p *pace) init(c *Config) {
	p.back = pipeline.MaxTime
	p.own, p.others = make(map[uint64]bool), make(map[uint64]*heardOf)
	for i := range c.Workers {
		p.own[nameOf(c, i)] = true
	}
}

// begin notes that sources are assigned anew. alone: there are no others, and what the ones from before have said
// must not hold up anybody.
func (p *pace) begin(now time.Time, alone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun, p.started, p.back = now, pipeline.MaxTime, pipeline.MaxTime
	if alone {
		p.begun = time.Time{}
		clear(p.others)
	}
}

// hear takes what another worker said at a time.
func (p *pace) hear(said pipeline.Progress, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.own[said.From] {
		p.back = said.Known
		return
	}
	o := p.others[said.From]
	// One word gives a place and no speed: until the next, nobody reads further than leastDrift ahead of it.
	if o == nil {
		p.others[said.From] = &heardOf{gauge: gauge{known: said.Known, at: at}, led: said.Led, ledAt: at}
		return
	}
	if at.After(o.ledAt) {
		o.led, o.ledAt = said.Led, at
	}
	if said.Known == o.known || !at.After(o.at) {
		return // it was said in each partition
	}
	o.gap = at.Sub(o.at)
	o.read(said.Known, at)
}

// led is the time by which what became known may be looked up, as far as others read what the tables are made of.
func (p *pace) led(now time.Time) pipeline.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	led := pipeline.MaxTime
	for _, o := range p.others {
		if now.Sub(o.ledAt) <= silentAfter {
			led = min(led, o.led)
		}
	}
	return led
}

// moved is by how much the others have moved since this process said what it has heard of itself last, 0 where there are none.
func (p *pace) moved() (by pipeline.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.others {
		if isTime(o.known) && isTime(p.back) {
			by = max(by, o.known-p.back)
		}
	}
	return by
}

// slowest reports whether all others have read further than what became known at next, and more than a bit. They
// wait for this worker then: the bound on its backlog, which is to spare calls that come meanwhile, would make every
// process stand still.
func (p *pace) slowest(now time.Time, next pipeline.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	others := 0
	for _, o := range p.others {
		if now.Sub(o.at) <= silentAfter && isTime(o.known) {
			if o.known < next+leastDrift {
				return false
			}
			others++
		}
	}
	return others > 0
}

// limit is the time by which a record may have become known if it is to be read now, when the next one to be
// read became known at next.
func (p *pace) limit(now time.Time, next pipeline.Time) pipeline.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := pipeline.MaxTime
	// Others may be far behind and have had no time to say so. A short wait costs less than what would be late.
	if now.Sub(p.begun) < listenFor {
		p.started = min(p.started, next)
		limit = p.started + leastDrift
	}
	for from, o := range p.others {
		age := max(0, now.Sub(o.at))
		switch {
		// Dead, or without a commit: whoever takes over its partitions will speak for them.
		case now.Sub(o.ledAt) > silentAfter:
			delete(p.others, from)
		case isTime(o.known) && age <= silentAfter:
			limit = min(limit, o.known+leastDrift+pipeline.Time(2*o.speed*float64((age+o.gap).Milliseconds())))
		}
	}
	return limit
}
