package evidence

import (
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// past is how a person's contacts went, over all shards, as of the evidence's time.
type past struct {
	// known is how many of the last contacts are there, newest first.
	known  int
	last   [person.MaxPast]pastContact
	counts [len(person.CountHalfLives)][schemas.MaxReasons]float64
	sums   [len(person.CountHalfLives)]float64
	// seen are the reasons that occurred, a bit each.
	seen uint32
	// follows is how often each reason followed that of the last contact.
	follows [schemas.MaxReasons]float64
	// unanswered is the decayed count of contacts that nobody answered, unansweredAt the newest of them.
	unanswered   float64
	unansweredAt schemas.Millis
	// open is how many other contacts have begun and are not told yet, openAt the newest start.
	open   int
	openAt schemas.Millis
}

type pastContact struct {
	at, started schemas.Millis
	wait, talk  int64
	reason      int
	outcome     int32
}

// session is a run of digital steps without a long pause.
type session struct {
	first, last schemas.Millis
	steps       int
	// reason is that of the newest step that had one, or -1.
	reason int
	// entered: its first step had a reason, so that somebody came for it rather than to look around.
	entered bool
	// about are the reasons of its steps, a bit each.
	about uint64
	// course is a hash of all steps.
	course uint64
	// found is how much its newest search has found, 0 without one; since are the steps after it.
	found, since uint64
}

// sessionPause is the time without a step that ends a session here. It is fixed, since features of a model
// are: a site's own gap is for figures.
const sessionPause = 10 * schemas.Minute

// CollectHistory fills in what the groups of features need besides Collect, which comes first. center may be
// nil.
func (e *Evidence) CollectHistory(j *person.Journey, t *schemas.Taxonomy, center *Center) {
	e.center, e.touchpoints = center, j.Persona.Touchpoints
	e.failed, e.shards = j.Failed, len(j.Shards)
	for n := len(e.failed); n > 0 && e.failed[n-1].At > e.At; n-- {
		e.failed = e.failed[:n-1]
	}
	// A label has its contact in the history only after the prediction, but a late disposition may come after
	// a later one.
	for n, st := range j.Shards {
		if len(st.Signals.History) > 0 {
			e.takeHistory(&st.Signals.History[0], t)
		}
		if !j.MayHaveContacts(n) {
			continue
		}
		for i := range st.Contacts {
			if c := &st.Contacts[i]; c != j.Contact && !c.Labelled && c.StartedAt <= e.At {
				e.history.open, e.history.openAt = e.history.open+1, max(e.history.openAt, c.StartedAt)
			}
		}
	}
	if e.history.known > 0 {
		e.collectFollows(j, t)
	}
	e.collectSessions(j, t)
	e.collectNewFacts(j.Signals(t))
	e.collectMoment(j, t)
}

func (e *Evidence) takeHistory(h *schemas.ContactHistory, t *schemas.Taxonomy) {
	p := &e.history
	for i := range h.Past {
		x := &h.Past[i]
		if r := t.Index(x.Reason); r >= 0 && x.At <= e.At {
			p.insert(pastContact{x.At, x.StartedAt, x.WaitMs, x.TalkMs, r, x.Outcome})
		}
	}
	factors := person.CountFactors(float64(e.At - h.CountedAt))
	for i := range h.Counts {
		c := &h.Counts[i]
		r := t.Index(c.Reason)
		if r < 0 {
			continue
		}
		p.seen |= 1 << r
		for k, x := range [...]float64{c.Day, c.Week, c.Month, c.Quarter} {
			x = float64(x * factors[k])
			p.counts[k][r] += x
			p.sums[k] += x
		}
	}
	p.unanswered += float64(h.Unanswered * exact.Decayed(float64(e.At-h.CountedAt), person.UnansweredHalfLife))
	p.unansweredAt = max(p.unansweredAt, h.UnansweredAt)
}

// collectFollows finds what followed the reason of the last contact, over all shards.
func (e *Evidence) collectFollows(j *person.Journey, t *schemas.Taxonomy) {
	for _, st := range j.Shards {
		if len(st.Signals.History) == 0 {
			continue
		}
		pairs := st.Signals.History[0].Follows
		for i := range pairs {
			x := &pairs[i]
			if next := t.Index(x.Next); next >= 0 && t.Index(x.Reason) == e.history.last[0].reason {
				e.history.follows[next] += x.Weight
			}
		}
	}
}

// insert keeps the newest contacts of all shards, newest first.
func (p *past) insert(c pastContact) {
	i := p.known
	for i > 0 && p.last[i-1].at <= c.at {
		i--
	}
	if i >= len(p.last) {
		return
	}
	p.known = min(p.known+1, len(p.last))
	copy(p.last[i+1:p.known], p.last[i:])
	p.last[i] = c
}

// collectSessions finds the newest sessions among the last steps of the web and the app.
func (e *Evidence) collectSessions(j *person.Journey, t *schemas.Taxonomy) {
	for walk := j.Recent(); ; {
		s := walk.Next()
		if s == nil {
			return
		}
		if !s.Channel.IsDigital() || s.At > e.At {
			continue
		}
		if e.sessionN == 0 || e.sessions[e.sessionN-1].first-s.At > sessionPause {
			if e.sessionN == len(e.sessions) {
				return
			}
			e.sessions[e.sessionN] = session{first: s.At, last: s.At, reason: -1}
			e.sessionN++
		}
		x := &e.sessions[e.sessionN-1]
		x.first, x.steps = min(x.first, s.At), x.steps+1
		reason := reasonOf(s, t)
		// The newest come first: the last one seen is the visit's first.
		if x.entered = reason >= 0; reason >= 0 {
			if x.about |= 1 << reason; x.reason < 0 {
				x.reason = reason
			}
		}
		// A sum, so that the order of steps of one time does not matter.
		step := stepOf(s)
		x.course += step
		if x.found == 0 {
			if x.found = found(s.Found - 1); x.found == 0 {
				x.since++
			}
		}
		if e.sessionN == 1 {
			e.addStep(step)
		}
	}
}

// reasonOf is what a step was about, or -1. The page says it where the content map does not.
func reasonOf(s *schemas.RecentStep, t *schemas.Taxonomy) int {
	if s.Reason == "" {
		h, _ := t.Hint(s.Page.Reveal())
		return t.Index(h.Reason)
	}
	return t.Index(s.Reason)
}

// addStep keeps a hash of what was done where in the newest session, each once.
func (e *Evidence) addStep(h uint64) {
	for _, x := range e.steps[:e.stepN] {
		if x == h {
			return
		}
	}
	if e.stepN < len(e.steps) {
		e.steps[e.stepN] = h
		e.stepN++
	}
}

// stepOf is a hash of what was done where, and of how much a search has found: of 24 bits and a few, so that a
// group can cross it with others.
func stepOf(s *schemas.RecentStep) uint64 {
	return stepHash(s.Channel, s.Event, s.Page) + found(s.Found-1)
}

func stepHash(c schemas.Channel, event int32, page schemas.Protected) uint64 {
	return (exact.Hash64(page.Reveal()) + uint64(c)<<8 + uint64(event)) * 0x9E3779B97F4A7C15 >> 40
}

// newFact is a fact of the health record with when it became known.
type newFact struct {
	known    schemas.Millis
	event    schemas.EhrEvent
	reason   int32
	critical bool
}

// dueFact is a fact that falls due in so many days of the site; fewer than none where it has.
type dueFact struct {
	event  schemas.EhrEvent
	reason int32
	days   int32
}

// dueNear is how many days before and after it what falls due counts.
const dueNear = 4

// collectDue takes a fact that falls due within days. Days are the site's: what falls due today does so all day.
func (e *Evidence) collectDue(f *person.FoldedFact) {
	if f.Due == 0 || f.At > e.At || e.dueN == len(e.dues) {
		return
	}
	if days := (f.Due+e.offset)/schemas.Day - (e.At+e.offset)/schemas.Day; days >= -dueNear && days <= dueNear {
		e.dues[e.dueN] = dueFact{f.Event, f.Reason, int32(days)}
		e.dueN++
	}
}

// collectNewFacts finds the facts that became known last, within a week, and those that fall due.
func (e *Evidence) collectNewFacts(s *person.FoldedSignals) {
	for i := range s.Facts {
		f := &s.Facts[i]
		e.collectDue(f)
		// What a person needs is no news: it stays.
		if e.At-f.Known > FactFresh || f.At > e.At || f.Event == schemas.EhrEventNeedRecorded {
			continue
		}
		at := e.factN
		for at > 0 && e.facts[at-1].known < f.Known {
			at--
		}
		if at >= len(e.facts) {
			continue
		}
		e.factN = min(e.factN+1, len(e.facts))
		copy(e.facts[at+1:e.factN], e.facts[at:])
		e.facts[at] = newFact{f.Known, f.Event, f.Reason, f.Critical}
	}
}
