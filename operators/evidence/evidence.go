package evidence

import (
	"math/bits"
	"time"

	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// Evidence is what features and rules look at: the person's signals over all shards, as numbers of the
// taxonomy. It leaves out the contact's own disposition, which is the label. The predict step owns one
// Evidence and fills it again for every touchpoint, so nothing may keep a pointer to it.
type Evidence struct {
	// At is the event time as of which the evidence holds. Every age is measured from it, never from the
	// clock, so that a replay sees the same.
	At schemas.Millis
	// past: what has happened since At is known as well, and left out.
	past bool
	// InContact is set while a phone contact is under way.
	InContact bool
	// priority is the contact center's own rank of the caller.
	priority int32
	// menu is the reason that the voice menu took the call for, or -1.
	menu int
	// Answered is set once an agent has taken the call.
	Answered bool
	// Abandoned: a call was hung up in the queue within half an hour, and none is in progress.
	Abandoned bool

	// The reasons of earlier contacts, or -1.
	last, second, commonest int
	// LastAt is when the last of them was, in event time.
	LastAt schemas.Millis
	// Share is the decayed count of contacts per reason, and Weight its sum.
	Share  [schemas.MaxReasons]float64
	Weight float64
	// Contacts counts all contacts whose reason is known. Unlike Share it does not decay.
	Contacts int64
	// Repeats are the contacts per reason within seven days, and RepeatAt the newest of them.
	Repeats  [schemas.MaxReasons]uint8
	RepeatAt [schemas.MaxReasons]schemas.Millis

	// The reason of the last digital step that failed within 15 minutes and within a day: len(Reasons) for one of
	// no reason, -1 for no such step.
	FailedNow, FailedDay int
	// FailedKind and FailedAt describe the newest step that failed.
	FailedKind schemas.FailureKind
	FailedAt   schemas.Millis
	// Failures counts the steps that failed within 24 hours.
	Failures int
	// FailedReasons are their reasons, a bit each.
	FailedReasons uint64

	// loops are, per kind, the reasons of its open loops, bit len(Reasons) for none.
	loops [len(person.LoopKinds)]uint64
	// LoopSet are the kinds that are open, a bit each.
	LoopSet uint64
	// LoopN counts the open loops, and Overdue those past their due time.
	LoopN   int
	Overdue int

	// ViewedNow and ViewedDay are the reasons whose pages were looked at within 30 minutes and within a day, a
	// bit each.
	ViewedNow, ViewedDay uint64
	// Facts are the kinds of health record facts that are fresh or about to fall due, and FactReasons the
	// reasons that these are tied to, a bit each.
	Facts, FactReasons uint64
	// FactAt is when the newest fact of each kind was recorded.
	FactAt [FactEvents]schemas.Millis
	// Critical: there is a result that no clinician has seen yet. Nobody but a clinician must be the first to tell
	// it.
	Critical bool
	// CriticalAt and CriticalBy are the newest such, where its touchpoint is known.
	CriticalAt schemas.Millis
	CriticalBy string

	// flags says how strong a sign has to be.
	flags *Config
	// Signs are the signs of danger that stand, the strongest of each kind; Standing has a bit per kind.
	Signs    [schemas.FlagKinds]schemas.FlagSign
	Standing uint8

	// Needs are those of NeedCodes that are recorded, a bit each.
	Needs uint32
	// LoginAt is the newest login. It shows who is at the portal, not who calls.
	LoginAt schemas.Millis
	// DigitalAt and DigitalOn are the time and channel of the newest web or app step; 0 without one.
	DigitalAt schemas.Millis
	DigitalOn schemas.Channel
	// DigitalLeft: that step was the one that leaves the site.
	DigitalLeft bool
	// CallAt is the newest word of a phone contact of the person that is over; 0 without one.
	CallAt schemas.Millis
	// HungUpAt is the newest call but this that was hung up in the queue.
	HungUpAt schemas.Millis
	// latest is the reason of the last digital step that had one, or -1.
	latest int
	// page is the group of the last page or screen, or -1.
	page int
	// mix is how the person gets in touch, as an index of mixWords.
	mix int
	// Frustration and Effort are the persona's, decayed to the journey's time.
	Frustration float64
	Effort      float64
	// hour and weekday are local to the contact center: people call by its opening hours.
	hour    int
	weekday int

	// What groups of features need besides; empty unless CollectHistory was called.
	history  past
	center   *Center
	shards   int
	queue    string
	failed   []schemas.FailedStep
	sessions [3]session
	sessionN int
	// steps are hashes of the newest session's steps.
	steps [12]uint64
	stepN int
	facts [5]newFact
	factN int
	// now is a hash of what the trigger tells, 0 where it tells nothing.
	now uint64
	// sign is the newest sign of danger of two days, nil for none, and signN how many there are.
	sign  *schemas.FlagSign
	signN int
	// known are the facts of the health record.
	known  [maxKnown]knownFact
	knownN int
	// dues are facts that fall due, or fell due, within days. offset is the zone's, as of At.
	dues   [6]dueFact
	dueN   int
	offset schemas.Millis
	// touchpoints is how many there were of the person.
	touchpoints int64
}

// How long what has happened counts, in milliseconds: a view, a fact of the health record after it and
// before it falls due.
const (
	// ViewedNow separates what a caller was just reading from what interested them during the day.
	ViewedNow = 30 * schemas.Minute
	// failedNow is short because a caller who dials within it most likely calls about that very step.
	failedNow = 15 * schemas.Minute
	// latestWithin bounds how far back the last digital step is looked for, and with it the walk over recent
	// steps.
	latestWithin = 2 * schemas.Hour
	// FactFresh is how long a fact counts after it was recorded, and FactAhead how long before it falls due.
	FactFresh = 7 * schemas.Day
	FactAhead = 3 * schemas.Day
)

// Collect fills e from the journey. What the trigger itself disclosed counts, but for the reason of
// a disposition: that is the label. flags must have its defaults.
func (e *Evidence) Collect(j *person.Journey, t *schemas.Taxonomy, zone *time.Location, flags *Config) {
	// Reason 0 is a real reason, so that "none" has to be -1 in every field that holds one.
	e.empty()
	e.At, e.flags = schemas.Millis(j.AsOf), flags
	e.collectContact(j, t)
	e.collectReasons(j, t)
	e.collectFailures(j, t)
	e.collectLoops(j, t)
	// Signs come last: how strong they are depends on the contact and on whether the patient is still
	// there.
	signals := j.Signals(t)
	e.collectSignals(signals)
	// Of equal shares the lower number wins, so that a replay agrees.
	for r, w := range e.Share[:len(t.Reasons)] {
		if w > 0 && (e.commonest < 0 || w > e.Share[e.commonest]) {
			e.commonest = r
		}
	}
	e.collectHabits(j, t)
	e.collectCalls(j)
	e.collectSigns(j, signals.Signs)
	// The hour comes from the event time, so that a backfill learns the hour of the call and not that of the
	// backfill.
	local := time.UnixMilli(int64(e.At)).In(zone)
	e.hour, e.weekday = local.Hour(), int(local.Weekday())
	_, offset := local.Zone()
	e.offset = schemas.Millis(offset) * schemas.Second
}

// empty makes it the evidence of nothing, in place: a literal would be made elsewhere and copied, which for so
// many bytes is felt.
func (e *Evidence) empty() {
	*e = Evidence{}
	e.menu, e.last, e.second, e.commonest, e.FailedNow, e.FailedDay, e.latest, e.page = -1, -1, -1, -1, -1, -1, -1, -1
}

// ForgetEffects leaves out what a disposition changes by its reason: it closes what the conversation has
// answered, so that what is still open, or failed, tells what the conversation was about.
func (e *Evidence) ForgetEffects() {
	e.FailedNow, e.FailedDay, e.Failures, e.FailedReasons, e.failed = -1, -1, 0, 0, nil
	clear(e.loops[:])
	e.LoopSet, e.LoopN, e.Overdue = 0, 0, 0
	e.Frustration, e.Effort = 0, 0
}

// collectContact takes what is known of the phone contact that the touchpoint belongs to.
func (e *Evidence) collectContact(j *person.Journey, t *schemas.Taxonomy) {
	c := j.Contact
	if c == nil {
		return
	}
	e.priority, e.queue = c.Priority, c.Queue
	// A disposition arrives after the call: the contact is there to be labelled, and not to be helped.
	e.InContact = !c.Ended && j.ContactPhase != person.ContactEnded && j.ContactPhase != person.ContactDisposition
	e.Abandoned = c.Abandoned && e.At-c.LastAt < 30*schemas.Minute
	// Before the disposition a call's reason is the caller's choice in the menu. In a disposition the same
	// field is the agent's word: the label.
	if tp := j.Touchpoint; tp != nil && tp.Body.Kind == schemas.TouchpointBodyCall && j.ContactPhase != person.ContactDisposition {
		e.menu = t.Index(tp.Body.Call.Reason)
	}
	e.Answered = e.InContact && c.Answered
}

// collectReasons takes the reasons of earlier contacts. The journey keeps them oldest first.
func (e *Evidence) collectReasons(j *person.Journey, t *schemas.Taxonomy) {
	for i := len(j.Reasons) - 1; i >= 0; i-- {
		p := &j.Reasons[i]
		r := t.Index(p.Reason)
		// The reason of this very contact is the label. A model that saw it would be right in training
		// and nowhere else.
		if r < 0 || p.At > e.At || j.ContactPhase == person.ContactDisposition && p.At == e.At {
			continue
		}
		switch {
		case e.last < 0:
			e.last, e.LastAt = r, p.At
		case e.second < 0:
			e.second = r
		}
		// Seven days is what contact centers call a repeat.
		if e.At-p.At <= 7*schemas.Day {
			e.Repeats[r]++
			e.RepeatAt[r] = max(e.RepeatAt[r], p.At)
		}
	}
}

// collectFailures takes the digital steps that failed. The journey keeps those of the last 24 hours, oldest
// first.
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
	// A step that failed just now says more than any of the day: it has features of its own.
	if e.At-f.At <= failedNow {
		e.FailedNow = e.FailedDay
	}
}

// collectLoops takes what the person still waits for. A loop without a reason keeps a bit of its own: that
// something is open says more than nothing.
func (e *Evidence) collectLoops(j *person.Journey, t *schemas.Taxonomy) {
	loops := j.OpenLoops()
	e.Overdue, e.LoopN = j.Overdue, len(loops)
	for i := range loops {
		l := &loops[i]
		e.LoopSet |= 1 << l.Number
		e.loops[l.Number] |= 1 << orNone(int(l.About), len(t.Reasons))
	}
}

// collectSignals takes what the shards have counted: contacts per reason, views, facts, and unread critical
// results.
func (e *Evidence) collectSignals(s *person.FoldedSignals) {
	for i := range s.Weights {
		w := &s.Weights[i]
		// The conversion keeps the product apart from the sum. A fused multiply-add would give other bits on
		// another processor.
		add := float64(w.Weight * exact.Decayed(float64(e.At-w.At), person.ShareHalfLife))
		e.Share[w.Reason] += add
		e.Weight += add
	}
	e.Contacts = s.Contacts
	e.collectViews(s)
	for i := range s.Facts {
		e.collectFact(&s.Facts[i])
	}
	for i := range s.Signs {
		x := &s.Signs[i]
		// A result older than FactFresh no longer holds back what may be told.
		if schemas.Flag(x.Kind) == schemas.FlagCriticalResult && e.At-x.At <= FactFresh && x.At >= e.CriticalAt {
			e.Critical, e.CriticalAt, e.CriticalBy = true, x.At, x.EventID
		}
	}
	e.LoginAt = s.LoginAt
}

// collectViews takes the pages that were looked at.
func (e *Evidence) collectViews(s *person.FoldedSignals) {
	for i := range s.Viewed {
		v := &s.Viewed[i]
		age := e.At - v.At
		if e.past && age < 0 {
			continue
		}
		if age <= schemas.Day {
			e.ViewedDay |= 1 << v.Reason
		}
		if age <= ViewedNow {
			e.ViewedNow |= 1 << v.Reason
		}
	}
}

// collectFact takes one fact of the health record, if it is fresh or near its due time.
func (e *Evidence) collectFact(f *person.FoldedFact) {
	if int(f.Event) >= FactEvents { // a state that a later build has written: the fact counts for nothing here
		return
	}
	// An appointment matters when it is near, however long ago it was made.
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
	// Decayed counts: below a tenth somebody was last heard of weeks ago.
	case digital < 0.1 && p.CallActivity < 0.1:
		e.mix = 0
	// Below a quarter of the other, a channel is the exception for this person.
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
// It stops at the first step that has a reason, or where steps are too old: it runs for every touchpoint.
func (e *Evidence) collectSteps(j *person.Journey, t *schemas.Taxonomy) {
	// Newest first, over all shards: the page on the website and the screen of the app are one person's.
	for walk := j.Recent(); ; {
		s := walk.Next()
		if s == nil {
			return
		}
		if !s.Channel.IsDigital() || e.past && s.At > e.At {
			continue
		}
		if e.DigitalAt == 0 {
			e.DigitalAt, e.DigitalOn = s.At, s.Channel
			e.DigitalLeft = s.Channel == schemas.ChannelWeb && schemas.WebEvent(s.Event) == schemas.WebEventExit
		}
		// What somebody did this morning says little of why they call now.
		if e.At-s.At > latestWithin {
			return
		}
		// The hash forgets the page's name: it may name a drug, and a feature is shown to people.
		if e.page < 0 && s.Page != "" {
			e.page = int(exact.Hash64(s.Page.Reveal()) % pageGroups)
		}
		reason := s.Reason
		// The page says what it is about where the content map does not.
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
	// Of several facts only the newest is in this block: it is what the patient has just been told.
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

// sinceBand is the time since the last contact, as an index of sinceWords.
func (e *Evidence) sinceBand() int {
	// A call an hour after the last is mostly about the same, one after a month mostly not.
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

// digitalBand is the time since the last digital step, as an index of digitalWord.
func (e *Evidence) digitalBand() int {
	// Whoever was online a moment ago calls about what they did there.
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
// The order of NeedCodes gives the bits. They live in memory only, so it may change.
func NeedBit(code string) uint32 {
	// A code that is not listed has no bit, and so no rule can see it.
	for i := range NeedCodes {
		if NeedCodes[i] == code {
			return 1 << i
		}
	}
	return 0
}
