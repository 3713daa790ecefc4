package decide

import (
	"slices"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// briefing is what a brief is made of.
type briefing struct {
	words      *words
	confidence float64
	lines      []line
	steps      []step
	menu       int // reason chosen in the phone menu of this contact, or -1
	menuAt     schemas.Millis
}

// line is a sentence of a brief.
type line struct {
	say   message
	args  args
	fresh bool // not known when the decision before was made
}

var needLanguage = uint32(1) << slices.Index(evidence.NeedCodes[:], "language-access")

func (d *Step) add(say message, a args, fresh bool) { d.lines = append(d.lines, line{say, a, fresh}) }

// appendBrief says what an agent should know before saying hello: what is new since the decision before,
// what must be known first, what the person did, what it is probably about, what to do, what else to
// know. It names no page, drug, need or value of the record, and tells no history where it is not
// certain who the person is.
func (d *Step) appendBrief(b []byte, j *person.Journey, f *facts, live *schemas.OpenDecision) []byte {
	d.lines = d.lines[:0]
	steps := d.stepsOf(j)
	d.addFacts(j, f)
	if !d.hidesHistory(f) {
		d.addLoops(j, f, true)
		d.addSteps(j, f, steps)
	}
	d.addReason(j, f)
	know := len(d.lines)
	d.addKnow(j, f)
	b = d.appendNew(b, f, live)
	b = d.appendSaid(b, d.lines[:know])
	b = d.appendDo(b, j, f, live)
	return d.appendSaid(b, d.lines[know:])
}

// addSteps tells what the person did, oldest first, but for what a flag has told.
func (d *Step) addSteps(j *person.Journey, f *facts, steps []step) {
	if f.Abandoned {
		o := j.Contact
		d.add(sayAbandoned, args{ago: d.now - o.LastAt, span: o.LastAt - o.StartedAt}, false)
	}
	for i := range steps {
		s := &steps[i]
		if !s.failed() && f.Flag != schemas.FlagNone && s.at == f.FlagAt {
			continue
		}
		d.add(s.say, args{n: s.n, ago: d.now - s.at, reason: s.reason, where: s.where}, d.isTrigger(j, s.at))
	}
}

// addReason tells what the caller chose in the phone menu, or what it is probably about.
func (d *Step) addReason(j *person.Journey, f *facts) {
	switch {
	case d.menu >= 0:
		d.add(sayCalledMenu, args{reason: d.menu}, d.isTrigger(j, d.menuAt))
	case d.hidesHistory(f):
	case d.isSure(f):
		d.add(sayProbably, args{reason: f.top, percent: f.p[f.top]}, false)
	case f.InContact && f.Flag == schemas.FlagNone && !f.Critical:
		d.add(sayUnclear, args{}, false)
	}
}

func (d *Step) isSure(f *facts) bool { return f.p[f.top] >= d.confidence }

// addKnow tells what else to know during a contact.
func (d *Step) addKnow(j *person.Journey, f *facts) {
	if !f.InContact || d.hidesHistory(f) {
		return
	}
	d.addLoops(j, f, false)
	if f.Frustration >= 0.5 {
		d.add(sayFrustrated, args{}, false)
	}
	s := &j.Person.Policy
	switch {
	case f.doNotContact:
		d.add(sayDoNotContact, args{}, false)
	case denied(s, "sms") && denied(s, "push") && denied(s, "email"):
		d.add(sayOptedOut, args{}, false)
	}
}

func denied(s *schemas.PolicyState, channel string) bool {
	return consentRule(s, channel, "service") == "consent_denied"
}

// loopMessages say what is unfinished. What is owed to the patient is told whatever the contact is about.
var loopMessages = map[string]struct {
	say  message
	owed bool
}{
	person.LoopUnansweredMessage: {sayUnanswered, true}, person.LoopCallbackOwed: {sayCallbackOwed, true}, person.LoopAccountLocked: {sayAccountLocked, true},
	person.LoopRefillRequested: {sayRefillRequested, false}, person.LoopPendingResult: {sayResultsPending, false}, person.LoopReferralPending: {sayReferralPending, false},
}

// addLoops tells of each kind of open loop the oldest: of those that are owed, or of the others.
func (d *Step) addLoops(j *person.Journey, f *facts, owed bool) {
	if !f.InContact {
		return
	}
	told := uint64(0)
	loops := j.OpenLoops()
	for i := range loops {
		l := &loops[i]
		m, ok := loopMessages[l.Kind]
		if !ok || m.owed != owed || told&(1<<m.say) != 0 || !owed && int(l.About) != f.top && int(l.About) != d.menu {
			continue
		}
		told |= 1 << m.say
		d.add(m.say, args{ago: d.now - l.Since}, false)
	}
}

// appendNew begins with what is new where a decision for the same contact is replaced.
func (d *Step) appendNew(b []byte, f *facts, live *schemas.OpenDecision) []byte {
	if live == nil || live.ContactRef == "" || !f.InContact {
		return b
	}
	around := d.words.say[sayNew].other
	for i := range d.lines {
		s := &d.lines[i]
		if !s.fresh {
			continue
		}
		for k := range around {
			b = append(appendSpace(b, k == 0), around[k].words...)
			if around[k].slot == slotWhat {
				b = d.words.sentence(b, &d.words.say[s.say], &s.args, false)
			}
		}
		s.say = messages // told
	}
	return b
}

func (d *Step) appendSaid(b []byte, list []line) []byte {
	for i := range list {
		if s := &list[i]; s.say != messages {
			b = d.words.sentence(appendSpace(b, true), &d.words.say[s.say], &s.args, true)
		}
	}
	return b
}

// appendDo says what to do.
func (d *Step) appendDo(b []byte, j *person.Journey, f *facts, live *schemas.OpenDecision) []byte {
	a := &d.catalogue.Actions[d.Judge.Chosen]
	if a.Role == RoleNothing && live != nil {
		return d.words.sentence(appendSpace(b, true), &d.words.say[sayWithdrawn], &args{}, true)
	}
	do, channel := &d.words.do[d.Judge.Chosen], d.Judge.channel[d.Judge.Chosen]
	say := &do.common
	switch {
	case do.channel[channel].other != nil:
		say = &do.channel[channel]
	case do.failed.other != nil && f.Failures > 0:
		say = &do.failed
	case do.again.other != nil && f.Repeats[f.top] > 0:
		say = &do.again
	}
	return d.words.sentence(appendSpace(b, true), say, &args{via: channel, treatment: a.treatments[f.top], prefers: j.Person.Policy.PreferredChannel}, true)
}

// appendSpace separates sentences.
func appendSpace(b []byte, sentence bool) []byte {
	if sentence && len(b) > 0 {
		return append(b, ' ')
	}
	return b
}
