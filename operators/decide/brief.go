package decide

import (
	"slices"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// briefing is what a brief is made of.
// It belongs to one task. Its memory is used again, since a brief is written for every decision.
type briefing struct {
	// words are the site's texts, shared by all tasks.
	words *words
	// confidence is BriefConfig.Confidence: below it no reason is named.
	confidence float64
	// lines and steps are room that is used again for every brief.
	lines []line
	steps []step
}

// line is a sentence of a brief.
// A line is worded only when all are known: news are said first, wherever they were added.
type line struct {
	say  message
	args args
	// fresh says that the decision before for the same contact did not know it.
	fresh bool
}

// add adds a sentence behind those that are there. The order of the calls is the order of the brief.
func (d *Step) add(say message, a args, fresh bool) { d.lines = append(d.lines, line{say, a, fresh}) }

// appendBrief says what an agent should know before saying hello: what is new since the decision before,
// what must be known first, what the person did, what it is probably about, what to do, what else to
// know. It names no page, drug, need or value of the record, and tells no history where it is not
// certain who the person is. The decision must be filled but for the brief.
func (d *Step) appendBrief(b []byte, j *person.Journey, f *facts, live *schemas.OpenDecision) []byte {
	d.lines = d.lines[:0]
	before := d.sameContact(j, f)
	// Flags and facts come first, since an agent may read no further.
	d.addFirst(j, f, before)
	hidden := d.hidesHistory(f)
	grave := d.catalogue.Actions[d.Judge.Chosen].isGrave() // nothing that does not matter now is told
	if !hidden && !grave {
		d.addLoops(j, f, true)
		d.addSteps(j, f, before)
	}
	if !grave {
		d.addReason(f, before)
	}
	// What follows is good to know, and is said after what to do.
	// know parts what is said before the action from what is said after it.
	know := len(d.lines)
	// Outside a contact nobody talks to the patient, and mood and preference are of no use.
	if f.InContact && !hidden {
		if !grave {
			d.addMood(j, f)
		}
		d.addLast(j, f)
	}
	// An agent who reads the second brief of a call looks for what has changed.
	b = d.appendFresh(b)
	b = d.appendLines(b, d.lines[:know])
	b = d.appendDo(b, j, f, live)
	return d.appendLines(b, d.lines[know:])
}

// addSteps tells what the person did, oldest first, but for what a flag has told. The more there is to know
// first, the fewer steps: an agent has seconds.
func (d *Step) addSteps(j *person.Journey, f *facts, before *schemas.OpenDecision) {
	// In a contact the fact hung_up tells it.
	if f.Abandoned && !f.InContact && j.Contact != nil {
		// The span is how long the caller has waited.
		o := j.Contact
		d.add(sayAbandoned, args{when: d.whenOf(j, o.LastAt), span: o.LastAt - o.StartedAt}, false)
	}
	// One step is told whatever came before: it is mostly why the patient calls.
	steps := d.stepsOf(j, max(1, maxSteps+1-len(d.lines)))
	for i := range steps {
		s := &steps[i]
		// A failed step is told even then: the flag does not say that it failed.
		// A search for chest pain is told as a flag, and not a second time as a search.
		if !s.failed() && d.isFlag(j, s.at) {
			continue
		}
		// Only the step that this touchpoint brought is new to the agent.
		fresh := before != nil && j.Touchpoint != nil && j.Touchpoint.OccurredAt == s.at && j.Touchpoint.Channel == s.where
		d.add(s.say, args{n: s.n, when: d.whenOf(j, s.at), reason: s.reason, where: s.where}, fresh)
	}
}

// isFlag reports whether what happened at a time is told as a red flag.
func (d *Step) isFlag(j *person.Journey, at schemas.Millis) bool {
	return slices.ContainsFunc(j.Decision.RedFlags, func(x schemas.RedFlag) bool { return x.At == at })
}

// addReason tells what the caller chose in the phone menu, or what it is probably about.
func (d *Step) addReason(f *facts, before *schemas.OpenDecision) {
	// A change of the likeliest reason is news, a change of its probability is not.
	fresh := before != nil && before.Top != d.taxonomy.Reasons[f.top].Code
	switch {
	case f.menu >= 0:
		d.add(sayCalledMenu, args{reason: f.menu}, fresh)
	// What a model thinks comes from the history. What the caller has pressed, above, does not.
	case d.hidesHistory(f):
	case d.knowsReason(f):
		d.add(sayProbably, args{reason: f.top, percent: f.p[f.top]}, fresh)
	case f.InContact:
		d.add(sayUnclear, args{}, false)
	}
}

// knowsReason reports whether it is said what the contact is about: by the caller, or by a model that is
// sure enough and no mere echo of the usual mix.
func (d *Step) knowsReason(f *facts) bool {
	return f.menu >= 0 || f.p[f.top] >= d.confidence && !d.Predict.Unknown
}

// addMood tells what else is unfinished, and that the patient has had a hard time.
func (d *Step) addMood(j *person.Journey, f *facts) {
	d.addLoops(j, f, false)
	// From the third of four levels on, as the feature space has them.
	if f.Frustration >= 0.5 {
		d.add(sayFrustrated, args{}, false)
	}
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
	// The loops are for an agent. Elsewhere the action itself says what is open.
	if !f.InContact {
		return
	}
	// A bit per message: three unanswered messages are one sentence.
	told := uint64(0)
	// Oldest first, so that the first of each kind is told.
	loops := j.OpenLoops()
	for i := range loops {
		l := &loops[i]
		m, ok := loopMessages[l.Kind]
		if !ok || m.owed != owed || told&(1<<m.say) != 0 || !owed && int(l.About) != f.top {
			continue
		}
		told |= 1 << m.say
		d.add(m.say, args{when: d.whenOf(j, l.Since)}, false)
	}
}

// appendFresh begins with what the decision before for the same contact did not know.
func (d *Step) appendFresh(b []byte) []byte {
	// The text of "new" has words around another sentence: "New: the login failed."
	around := d.words.say[sayNew].other
	for i := range d.lines {
		s := &d.lines[i]
		if !s.fresh {
			continue
		}
		b = appendSpace(b)
		for k := range around {
			b = append(b, around[k].words...)
			if around[k].slot == slotWhat {
				// In lower case, since it goes on within a sentence.
				b = d.words.sentence(b, &d.words.say[s.say], &s.args, false)
			}
		}
		// Marked so that appendLines does not say it again.
		s.say = messages // told
	}
	return b
}

// appendLines appends the sentences that appendFresh has not told.
func (d *Step) appendLines(b []byte, list []line) []byte {
	for i := range list {
		if s := &list[i]; s.say != messages {
			b = d.words.sentence(appendSpace(b), &d.words.say[s.say], &s.args, true)
		}
	}
	return b
}

// appendDo says what to do: the action, and then the services that other red flags demand.
func (d *Step) appendDo(b []byte, j *person.Journey, f *facts, live *schemas.OpenDecision) []byte {
	// The words come from the record, so that brief and record cannot differ.
	v, a := &j.Decision, &d.catalogue.Actions[d.Judge.Chosen]
	switch {
	// In a contact nothing is said of a withdrawal: what is left to do is said by what is known.
	case a.Role == RoleNothing && v.Cancelled && !f.InContact && live != nil:
		b = d.words.sentence(appendSpace(b), &d.words.say[sayWithdrawn], &args{}, true)
	case a.Role == RoleNothing && f.InContact: // whoever talks to the patient has something to do
	default:
		fill := args{via: d.Judge.channel[d.Judge.Chosen], treatment: v.Action.Treatment, service: v.Action.Service, number: v.Action.Number}
		// A wording may leave an action without words, and then nothing is said of it.
		if do := d.doForms(f, v); do.other != nil {
			b = d.words.sentence(appendSpace(b), do, &fill, true)
		}
	}
	// A service without a number is named alone: the contact center knows how to hand over.
	for i := range v.Duties {
		x := &v.Duties[i]
		switch {
		case x.Service != "" && x.Number != "":
			b = d.words.sentence(appendSpace(b), &d.words.say[sayAlsoNumber], &args{service: x.Service, number: x.Number}, true)
		case x.Service != "":
			b = d.words.sentence(appendSpace(b), &d.words.say[sayAlso], &args{service: x.Service}, true)
		}
	}
	return b
}

// doForms is how the action is said for its service, its channel, or the situation.
func (d *Step) doForms(f *facts, v *schemas.NextBestAction) *forms {
	do, channel := &d.words.do[d.Judge.Chosen], d.Judge.channel[d.Judge.Chosen]
	// The number is for somebody who speaks with the patient.
	if channel == ActionVoice || channel == ActionDesktop {
		for i := range do.services {
			if x := &do.services[i]; x.service == v.Action.Service && v.Action.Number != "" {
				return &x.forms
			}
		}
	}
	switch {
	case do.channel[channel].other != nil:
		return &do.channel[channel]
	// Both situations are history, and not said where history is hidden.
	case do.failed.other != nil && f.Failures > 0 && !d.hidesHistory(f):
		return &do.failed
	case do.again.other != nil && f.known&(1<<factRepeat) != 0 && d.knowsReason(f) && !d.hidesHistory(f):
		return &do.again
	}
	return &do.common
}

// appendSpace separates sentences.
func appendSpace(b []byte) []byte {
	if len(b) > 0 {
		return append(b, ' ')
	}
	return b
}
