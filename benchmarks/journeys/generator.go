package journeys

import (
	"fmt"
	"strconv"
)

// Generator makes the stream. It is not safe for concurrent use.
type Generator struct {
	config     Config
	seed       uint64
	start, end int64
	tables     *tables
	duplicates chance
	delayed    chance
	bads       chance

	// Everything observable.
	dice *dice
	// Reasons of contacts, at their end.
	fate     *dice
	patients []patientState
	queue    queue
	// Records so far.
	numbers  uint64
	sessions uint64
	contacts uint64
	present  visit

	// Simulated time.
	now int64
	// Microseconds since start at which the next episode begins.
	next int64
	// The same unit: before it only episodes with a call begin.
	backfill int64
	// Touchpoints planned since the last beginning.
	debt int64
	// Episodes that began after the start.
	begun int64
	// Touchpoints returned so far.
	emitted int64

	current pending
	// The last web or app touchpoint, for a conflicting copy.
	previous pending
	writer   writer
	ceiling  Ceiling
}

// New also plans the time before the start, so that episodes are under way then:
// all of them shortly before, further back only those that end with a call. The
// bounds keep that to a fraction of a second.
const (
	backfillAll   = 3 * minute
	backfillCalls = hour
	backfillSize  = 80_000 // touchpoints, or episodes with a call
	// episodeSize is how many touchpoints an episode has on average, copies and
	// repeats included. A test measures it.
	episodeSize = 5.1
)

// New makes a generator whose first record arrives at the configured start.
func New(config Config) (*Generator, error) {
	config.setDefaults()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("configure journeys: %w", err)
	}
	g := &Generator{
		config:     config,
		seed:       mix(uint64(config.Seed) ^ 0x6a6f75726e657973),
		start:      config.Start.UnixMilli(),
		tables:     newTables(),
		duplicates: toChance(config.DuplicateShare),
		delayed:    toChance(config.DelayedShare),
		bads:       toChance(config.BadShare),
		patients:   make([]patientState, config.Patients),
	}
	g.end = 1<<63 - 1
	if config.Duration > 0 {
		g.end = g.start + config.Duration.Milliseconds()
	}
	g.dice, g.fate = newDice(g.seed, 1), newDice(g.seed, 2)
	run := strconv.FormatUint(mix(g.seed^uint64(g.start))>>24, 36)
	g.writer.init(g, run)
	g.backfill = -1000 * min(backfillAll, int64(backfillSize/config.Rate*1000))
	g.next = g.backfill - 1000*min(backfillCalls, int64(backfillSize/(config.Rate/episodeSize*contactShare/100)*1000))
	return g, nil
}

// Next returns the next record in order of arrival, and whether there is one. What
// the event points to is valid until the next call.
func (g *Generator) Next() (Event, bool) {
	for {
		at, some := g.queue.earliest()
		begins := g.start + g.next/1000
		if !some || begins < at {
			at = begins
		}
		if at >= g.end {
			return Event{}, false
		}
		g.now = at
		if at == begins {
			g.begin(begins)
			g.pace()
			continue
		}
		g.queue.pop(&g.current)
		p := &g.current
		switch p.kind {
		case itemEpisode:
			g.resume(p)
			continue
		case itemTouch:
			if !g.patients[p.patient].registered {
				g.register(p.patient)
				g.queue.push(p) // behind what makes the patient known
				continue
			}
			g.emitted++
			g.spoil(p)
			return g.writer.touchpoint(p), true
		case itemLink:
			return g.writer.link(p), true
		case itemConsent:
			return g.writer.consent(p), true
		default:
			g.emitted++
			return g.writer.spoiled(p), true
		}
	}
}

// pace sets when the next episode begins: as far ahead as the touchpoints planned
// since the last one take at the configured rate. What follows an episode much
// later is counted when it is planned, so that the rate is right on average; a
// small correction makes up for what is under way.
func (g *Generator) pace() {
	if g.next > 0 {
		g.begun++
	}
	gap := float64(g.debt) * 1e6 / g.config.Rate
	if g.callsOnly() {
		gap = episodeSize * 1e6 * 100 / contactShare / g.config.Rate
	}
	g.debt = 0
	if elapsed := g.next; elapsed > 0 {
		behind := float64(elapsed)/1e6 - float64(g.emitted)/g.config.Rate // seconds
		gap *= 1 - max(-0.3, min(0.3, behind/60))
	}
	g.next += int64(gap) * int64(g.dice.below(2001)) / 1000
}

// callsOnly says that only episodes with a call begin, long before the start.
func (g *Generator) callsOnly() bool { return g.next < g.backfill }

// backfilling says that a record would have arrived before the start.
func (g *Generator) backfilling(at int64) bool { return at < g.start }

// Emitted is how many touchpoints Next has returned, copies and bad ones
// included.
func (g *Generator) Emitted() int64 { return g.emitted }
