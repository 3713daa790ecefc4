package operators

import (
	"math/bits"
	"time"

	"github.com/attune-health/attune/schemas"
)

// evidence is what features and rules look at: the person's signals over all shards, as numbers of
// the taxonomy. It holds nothing of the contact's own disposition.
type evidence struct {
	at        schemas.Millis
	inContact bool
	priority  int32
	menu      int // reason that the voice menu took the call for, or -1
	answered  bool
	abandoned bool // a call was hung up in the queue within half an hour, and none is in progress

	last, second, commonest int // reasons of earlier contacts, or -1
	lastAt                  schemas.Millis
	share                   [schemas.MaxReasons]float64 // decayed contacts per reason
	weight                  float64                     // sum of share
	contacts                int64
	repeats                 [schemas.MaxReasons]uint8 // contacts per reason within seven days

	failedNow, failedDay int // reason of a failed digital step, len(Reasons) without one, -1 for no such step
	failedKind           schemas.FailureKind
	failedAt             schemas.Millis
	failures             int    // within 24 hours
	failedReasons        uint64 // of them, without those of no reason

	loops   [len(loopKinds)]uint64 // per kind: reasons of its loops, bit len(Reasons) for none
	loopSet uint64                 // kinds that are open
	loopN   int
	overdue int

	viewedNow, viewedDay uint64
	facts, factReasons   uint64
	factAt               [factEvents]schemas.Millis
	critical             bool // a result that no clinician has seen yet

	needs       uint32 // of needCodes
	flag        schemas.Flag
	flagAt      schemas.Millis
	loginAt     schemas.Millis
	digitalAt   schemas.Millis
	digitalOn   schemas.Channel
	latest      int // reason of the last digital step that had one, or -1
	page        int // group of the last page or screen, or -1
	mix         int
	frustration float64
	effort      float64
	hour        int
	weekday     int
}

const (
	viewedNow    = 30 * minute
	failedNow    = 15 * minute
	latestWithin = 2 * hour
	factFresh    = 7 * day
	factAhead    = 3 * day
	flagLasts    = 2 * hour
)

// collect fills e from the journey. What the trigger itself disclosed counts, but for the reason of
// a disposition: that is the label.
func (e *evidence) collect(j *Journey, t *schemas.Taxonomy, zone *time.Location) {
	*e = evidence{at: schemas.Millis(j.At), menu: -1, last: -1, second: -1, commonest: -1, failedNow: -1, failedDay: -1, latest: -1, page: -1}
	e.collectContact(j, t)
	e.collectReasons(j, t)
	e.collectFailures(j, t)
	e.collectLoops(j, t)
	e.collectSignals(j.Signals(t))
	for r, w := range e.share[:len(t.Reasons)] {
		if w > 0 && (e.commonest < 0 || w > e.share[e.commonest]) {
			e.commonest = r
		}
	}
	e.collectHabits(j, t)
	local := time.UnixMilli(int64(j.At)).In(zone)
	e.hour, e.weekday = local.Hour(), int(local.Weekday())
}

func (e *evidence) collectContact(j *Journey, t *schemas.Taxonomy) {
	c := j.Contact
	if c == nil {
		return
	}
	e.priority = c.Priority
	e.inContact = !c.Ended && j.ContactPhase != ContactEnded && j.ContactPhase != ContactDisposition
	e.abandoned = c.Abandoned && e.at-c.LastAt < 30*minute
	if tp := j.Touchpoint; tp != nil && tp.Body.Kind == schemas.TouchpointBodyCall && j.ContactPhase != ContactDisposition {
		e.menu = t.Index(tp.Body.Call.Reason)
	}
	e.answered = e.inContact && c.Answered
}

func (e *evidence) collectReasons(j *Journey, t *schemas.Taxonomy) {
	for i := len(j.Reasons) - 1; i >= 0; i-- {
		p := &j.Reasons[i]
		r := t.Index(p.Reason)
		if r < 0 || p.At > e.at || j.ContactPhase == ContactDisposition && p.At == e.at {
			continue
		}
		switch {
		case e.last < 0:
			e.last, e.lastAt = r, p.At
		case e.second < 0:
			e.second = r
		}
		if e.at-p.At <= 7*day {
			e.repeats[r]++
		}
	}
}

func (e *evidence) collectFailures(j *Journey, t *schemas.Taxonomy) {
	e.failures = len(j.Failed)
	for i := range j.Failed {
		if r := t.Index(j.Failed[i].Reason); r >= 0 {
			e.failedReasons |= 1 << r
		}
	}
	if len(j.Failed) == 0 {
		return
	}
	f := &j.Failed[len(j.Failed)-1]
	e.failedDay, e.failedKind, e.failedAt = orNone(t.Index(f.Reason), len(t.Reasons)), f.Kind, f.At
	if e.at-f.At <= failedNow {
		e.failedNow = e.failedDay
	}
}

func (e *evidence) collectLoops(j *Journey, t *schemas.Taxonomy) {
	loops := j.OpenLoops()
	e.overdue, e.loopN = j.Overdue, len(loops)
	for i := range loops {
		l := &loops[i]
		e.loopSet |= 1 << l.kind
		e.loops[l.kind] |= 1 << orNone(int(l.about), len(t.Reasons))
	}
}

func (e *evidence) collectSignals(s *foldedSignals) {
	for i := range s.weights {
		w := &s.weights[i]
		add := float64(w.weight * decayed(float64(e.at-w.at), shareHalfLife))
		e.share[w.reason] += add
		e.weight += add
	}
	e.contacts = s.contacts
	for i := range s.viewed {
		v := &s.viewed[i]
		age := e.at - v.at
		if age <= day {
			e.viewedDay |= 1 << v.reason
		}
		if age <= viewedNow {
			e.viewedNow |= 1 << v.reason
		}
	}
	for i := range s.facts {
		e.collectFact(&s.facts[i])
	}
	for i := range s.flags {
		if f := &s.flags[i]; e.at-f.at <= flagLasts && f.flag > e.flag {
			e.flag, e.flagAt = f.flag, f.at
		}
	}
	e.loginAt = s.loginAt
}

func (e *evidence) collectFact(f *foldedFact) {
	due := f.due != 0 && f.due-e.at <= factAhead && e.at-f.due <= day
	if e.at-f.at > factFresh && !due {
		return
	}
	e.facts |= 1 << uint(f.event)
	e.factAt[f.event] = max(e.factAt[f.event], f.at)
	e.critical = e.critical || f.critical
	if f.reason >= 0 {
		e.factReasons |= 1 << f.reason
	}
}

// collectHabits takes channels, needs and feelings from the persona and the recent steps.
func (e *evidence) collectHabits(j *Journey, t *schemas.Taxonomy) {
	p := &j.Persona
	e.frustration, e.effort = p.Frustration, p.Effort
	digital := p.WebActivity + p.AppActivity
	switch {
	case digital < 0.1 && p.CallActivity < 0.1:
		e.mix = 0
	case p.CallActivity < 0.25*digital:
		e.mix = 1
	case digital < 0.25*p.CallActivity:
		e.mix = 3
	default:
		e.mix = 2
	}
	e.collectSteps(j, t)
	for i := range p.Needs {
		e.needs |= needBit(p.Needs[i].Code.Reveal())
	}
}

// collectSteps looks for the last digital step, and for what the last ones were about.
func (e *evidence) collectSteps(j *Journey, t *schemas.Taxonomy) {
	for walk := j.Recent(); ; {
		s := walk.next()
		if s == nil {
			return
		}
		if s.Channel != schemas.ChannelWeb && s.Channel != schemas.ChannelApp {
			continue
		}
		if e.digitalAt == 0 {
			e.digitalAt, e.digitalOn = s.At, s.Channel
		}
		if e.at-s.At > latestWithin {
			return
		}
		if e.page < 0 && s.Page != "" {
			e.page = int(hash64(s.Page.Reveal()) % pageGroups)
		}
		reason := s.Reason
		if reason == "" {
			h, _ := t.Hint(s.Page.Reveal())
			reason = h.Reason
		}
		if reason != "" {
			e.latest = t.Index(reason)
			return
		}
	}
}

// newestFact is the newest fact's place in its block.
func (e *evidence) newestFact() int {
	newest, at := -1, e.at-3*day
	for set := e.facts; set != 0; set &= set - 1 {
		if k := bits.TrailingZeros64(set); e.factAt[k] > at {
			newest, at = k, e.factAt[k]
		}
	}
	switch {
	case newest < 0:
		return 2 * factEvents
	case e.at-at <= day:
		return 2 * newest
	}
	return 2*newest + 1
}

func (e *evidence) sinceBand() int {
	passed := e.at - e.lastAt
	switch {
	case e.last < 0:
		return 0
	case passed < 10*minute:
		return 1
	case passed < hour:
		return 2
	case passed < 6*hour:
		return 3
	case passed < day:
		return 4
	case passed < 3*day:
		return 5
	case passed < 7*day:
		return 6
	case passed < 30*day:
		return 7
	}
	return 8
}

func (e *evidence) digitalBand() int {
	passed := e.at - e.digitalAt
	switch {
	case e.digitalAt == 0:
		return 0
	case passed < 5*minute:
		return 1
	case passed < 30*minute:
		return 2
	case passed < 6*hour:
		return 3
	case passed < day:
		return 4
	}
	return 5
}

// needCodes are the Gravity categories that rules tell apart. Sensitive ones are left out: they must
// never lead to anything that shows.
var needCodes = [...]string{"transportation-insecurity", "financial-insecurity", "medical-cost-burden", "language-access",
	"digital-access", "digital-literacy", "food-insecurity", "housing-instability", "homelessness", "utility-insecurity",
	"personal-health-literacy", "material-hardship", "health-insurance-coverage-status"}

func needBit(code string) uint32 {
	for i := range needCodes {
		if needCodes[i] == code {
			return 1 << i
		}
	}
	return 0
}
