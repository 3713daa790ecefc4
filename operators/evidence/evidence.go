package evidence

import (
	"math/bits"
	"time"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// Evidence is what features and rules look at: the person's signals over all shards, as numbers of
// the taxonomy. It holds nothing of the contact's own disposition.
type Evidence struct {
	At        schemas.Millis
	InContact bool
	priority  int32
	menu      int // reason that the voice menu took the call for, or -1
	Answered  bool
	Abandoned bool // a call was hung up in the queue within half an hour, and none is in progress

	last, second, commonest int // reasons of earlier contacts, or -1
	LastAt                  schemas.Millis
	Share                   [schemas.MaxReasons]float64 // decayed contacts per reason
	Weight                  float64                     // sum of share
	Contacts                int64
	Repeats                 [schemas.MaxReasons]uint8          // contacts per reason within seven days
	RepeatAt                [schemas.MaxReasons]schemas.Millis // of the newest of them

	FailedNow, FailedDay int // reason of a failed digital step, len(Reasons) without one, -1 for no such step
	FailedKind           schemas.FailureKind
	FailedAt             schemas.Millis
	Failures             int    // within 24 hours
	FailedReasons        uint64 // of them, without those of no reason

	loops   [len(person.LoopKinds)]uint64 // per kind: reasons of its loops, bit len(Reasons) for none
	LoopSet uint64                        // kinds that are open
	LoopN   int
	Overdue int

	ViewedNow, ViewedDay uint64
	Facts, FactReasons   uint64
	FactAt               [FactEvents]schemas.Millis
	Critical             bool           // a result that no clinician has seen yet
	CriticalAt           schemas.Millis // of the newest such, where its touchpoint is known
	CriticalBy           string

	// Signs are the signs of danger that stand, the strongest of each kind; Standing has a bit per kind.
	Signs    [schemas.FlagKinds]schemas.FlagSign
	Standing uint8

	Needs       uint32 // of needCodes
	LoginAt     schemas.Millis
	DigitalAt   schemas.Millis
	DigitalOn   schemas.Channel
	DigitalLeft bool           // that step was the one that leaves
	CallAt      schemas.Millis // newest word of a phone contact of the person that is over; 0 without one
	HungUpAt    schemas.Millis // newest call but this that was hung up in the queue
	latest      int            // reason of the last digital step that had one, or -1
	page        int            // group of the last page or screen, or -1
	mix         int
	Frustration float64
	Effort      float64
	hour        int
	weekday     int
}

// How long what has happened counts, in milliseconds: a view, a fact of the health record after it and
// before it falls due.
const (
	ViewedNow    = 30 * schemas.Minute
	failedNow    = 15 * schemas.Minute
	latestWithin = 2 * schemas.Hour
	FactFresh    = 7 * schemas.Day
	FactAhead    = 3 * schemas.Day
)

// Collect fills e from the journey. What the trigger itself disclosed counts, but for the reason of
// a disposition: that is the label.
func (e *Evidence) Collect(j *person.Journey, t *schemas.Taxonomy, zone *time.Location) {
	*e = Evidence{At: schemas.Millis(j.AsOf), menu: -1, last: -1, second: -1, commonest: -1, FailedNow: -1, FailedDay: -1, latest: -1, page: -1}
	e.collectContact(j, t)
	e.collectReasons(j, t)
	e.collectFailures(j, t)
	e.collectLoops(j, t)
	signals := j.Signals(t)
	e.collectSignals(signals)
	for r, w := range e.Share[:len(t.Reasons)] {
		if w > 0 && (e.commonest < 0 || w > e.Share[e.commonest]) {
			e.commonest = r
		}
	}
	e.collectHabits(j, t)
	e.collectCalls(j)
	e.collectSigns(j, signals.Signs)
	local := time.UnixMilli(int64(e.At)).In(zone)
	e.hour, e.weekday = local.Hour(), int(local.Weekday())
}

func (e *Evidence) collectContact(j *person.Journey, t *schemas.Taxonomy) {
	c := j.Contact
	if c == nil {
		return
	}
	e.priority = c.Priority
	e.InContact = !c.Ended && j.ContactPhase != person.ContactEnded && j.ContactPhase != person.ContactDisposition
	e.Abandoned = c.Abandoned && e.At-c.LastAt < 30*schemas.Minute
	if tp := j.Touchpoint; tp != nil && tp.Body.Kind == schemas.TouchpointBodyCall && j.ContactPhase != person.ContactDisposition {
		e.menu = t.Index(tp.Body.Call.Reason)
	}
	e.Answered = e.InContact && c.Answered
}

func (e *Evidence) collectReasons(j *person.Journey, t *schemas.Taxonomy) {
	for i := len(j.Reasons) - 1; i >= 0; i-- {
		p := &j.Reasons[i]
		r := t.Index(p.Reason)
		if r < 0 || p.At > e.At || j.ContactPhase == person.ContactDisposition && p.At == e.At {
			continue
		}
		switch {
		case e.last < 0:
			e.last, e.LastAt = r, p.At
		case e.second < 0:
			e.second = r
		}
		if e.At-p.At <= 7*schemas.Day {
			e.Repeats[r]++
			e.RepeatAt[r] = max(e.RepeatAt[r], p.At)
		}
	}
}

func (e *Evidence) collectFailures(j *person.Journey, t *schemas.Taxonomy) {
	e.Failures = len(j.Failed)
	for i := range j.Failed {
		if r := t.Index(j.Failed[i].Reason); r >= 0 {
			e.FailedReasons |= 1 << r
		}
	}
	if len(j.Failed) == 0 {
		return
	}
	f := &j.Failed[len(j.Failed)-1]
	e.FailedDay, e.FailedKind, e.FailedAt = orNone(t.Index(f.Reason), len(t.Reasons)), f.Kind, f.At
	if e.At-f.At <= failedNow {
		e.FailedNow = e.FailedDay
	}
}

func (e *Evidence) collectLoops(j *person.Journey, t *schemas.Taxonomy) {
	loops := j.OpenLoops()
	e.Overdue, e.LoopN = j.Overdue, len(loops)
	for i := range loops {
		l := &loops[i]
		e.LoopSet |= 1 << l.Number
		e.loops[l.Number] |= 1 << orNone(int(l.About), len(t.Reasons))
	}
}

func (e *Evidence) collectSignals(s *person.FoldedSignals) {
	for i := range s.Weights {
		w := &s.Weights[i]
		add := float64(w.Weight * exact.Decayed(float64(e.At-w.At), person.ShareHalfLife))
		e.Share[w.Reason] += add
		e.Weight += add
	}
	e.Contacts = s.Contacts
	for i := range s.Viewed {
		v := &s.Viewed[i]
		age := e.At - v.At
		if age <= schemas.Day {
			e.ViewedDay |= 1 << v.Reason
		}
		if age <= ViewedNow {
			e.ViewedNow |= 1 << v.Reason
		}
	}
	for i := range s.Facts {
		e.collectFact(&s.Facts[i])
	}
	for i := range s.Signs {
		x := &s.Signs[i]
		if schemas.Flag(x.Kind) == schemas.FlagCriticalResult && e.At-x.At <= FactFresh && x.At >= e.CriticalAt {
			e.Critical, e.CriticalAt, e.CriticalBy = true, x.At, x.EventID
		}
	}
	e.LoginAt = s.LoginAt
}

func (e *Evidence) collectFact(f *person.FoldedFact) {
	if int(f.Event) >= FactEvents { // a state that a later build has written: the fact counts for nothing here
		return
	}
	due := f.Due != 0 && f.Due-e.At <= FactAhead && e.At-f.Due <= schemas.Day
	if e.At-f.At > FactFresh && !due {
		return
	}
	e.Facts |= 1 << uint(f.Event)
	e.FactAt[f.Event] = max(e.FactAt[f.Event], f.At)
	e.Critical = e.Critical || f.Critical
	if f.Reason >= 0 {
		e.FactReasons |= 1 << f.Reason
	}
}

// collectHabits takes channels, needs and feelings from the persona and the recent steps.
func (e *Evidence) collectHabits(j *person.Journey, t *schemas.Taxonomy) {
	p := &j.Persona
	e.Frustration, e.Effort = p.Frustration, p.Effort
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
		e.Needs |= NeedBit(p.Needs[i].Code.Reveal())
	}
}

// collectSteps looks for the last digital step, and for what the last ones were about.
func (e *Evidence) collectSteps(j *person.Journey, t *schemas.Taxonomy) {
	for walk := j.Recent(); ; {
		s := walk.Next()
		if s == nil {
			return
		}
		if !s.Channel.IsDigital() {
			continue
		}
		if e.DigitalAt == 0 {
			e.DigitalAt, e.DigitalOn = s.At, s.Channel
			e.DigitalLeft = s.Channel == schemas.ChannelWeb && schemas.WebEvent(s.Event) == schemas.WebEventExit
		}
		if e.At-s.At > latestWithin {
			return
		}
		if e.page < 0 && s.Page != "" {
			e.page = int(exact.Hash64(s.Page.Reveal()) % pageGroups)
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
func (e *Evidence) newestFact() int {
	newest, at := -1, e.At-3*schemas.Day
	for set := e.Facts; set != 0; set &= set - 1 {
		if k := bits.TrailingZeros64(set); e.FactAt[k] > at {
			newest, at = k, e.FactAt[k]
		}
	}
	switch {
	case newest < 0:
		return 2 * FactEvents
	case e.At-at <= schemas.Day:
		return 2 * newest
	}
	return 2*newest + 1
}

func (e *Evidence) sinceBand() int {
	passed := e.At - e.LastAt
	switch {
	case e.last < 0:
		return 0
	case passed < 10*schemas.Minute:
		return 1
	case passed < schemas.Hour:
		return 2
	case passed < 6*schemas.Hour:
		return 3
	case passed < schemas.Day:
		return 4
	case passed < 3*schemas.Day:
		return 5
	case passed < 7*schemas.Day:
		return 6
	case passed < 30*schemas.Day:
		return 7
	}
	return 8
}

func (e *Evidence) digitalBand() int {
	passed := e.At - e.DigitalAt
	switch {
	case e.DigitalAt == 0:
		return 0
	case passed < 5*schemas.Minute:
		return 1
	case passed < 30*schemas.Minute:
		return 2
	case passed < 6*schemas.Hour:
		return 3
	case passed < schemas.Day:
		return 4
	}
	return 5
}

// NeedCodes are the Gravity categories that rules tell apart. Sensitive ones are left out: they must
// never lead to anything that shows.
var NeedCodes = [...]string{"transportation-insecurity", "financial-insecurity", "medical-cost-burden", "language-access",
	"digital-access", "digital-literacy", "food-insecurity", "housing-instability", "homelessness", "utility-insecurity",
	"personal-health-literacy", "material-hardship", "health-insurance-coverage-status"}

// NeedBit is the bit of a category in Evidence.Needs, or 0.
func NeedBit(code string) uint32 {
	for i := range NeedCodes {
		if NeedCodes[i] == code {
			return 1 << i
		}
	}
	return 0
}
