package decide

import (
	"math/bits"
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// addFirst adds what must be known first: red flags, then facts. Where it is not certain who calls, or the
// patient has died and somebody else calls, no history is told.
func (d *Step) addFirst(j *person.Journey, f *facts, before *schemas.OpenDecision) {
	// What somebody looked at belongs to the record that the call was matched to, which may be another person's.
	hidden := d.hidesHistory(f)
	if !hidden {
		d.addFlags(j, before)
	}
	// The facts of the decision and the bits of known are one list in one order, read side by side.
	set := f.known
	for i := range j.Decision.Facts { // one per bit, in their order
		x := fact(bits.TrailingZeros64(set))
		set &= set - 1
		// These say how to treat the caller, and nothing of what the patient did. Whoever asks after the dead is not
		// asked for whom.
		treats := x == factIdentityConflict || x == factDeceased || x == factProxy || x == factActsForOthers && f.identityConflict
		if hidden && !treats {
			continue
		}
		d.addFact(j, x, &j.Decision.Facts[i], f, before != nil && uint64(before.Facts)&(1<<x) == 0)
	}
	// Every caller is verified, so that it is said only where there is a reason. A conflict says it in its own
	// sentence.
	if f.duties&(1<<dutyVerifyIdentity) != 0 && f.known&(1<<factProxy|1<<factUnknownCaller|1<<factActsForOthers) != 0 && !f.identityConflict {
		d.add(sayVerify, args{}, false)
	}
	d.addLagging(j.Decision.Degraded)
}

// hidesHistory reports whether the brief must tell nothing of what was kept.
func (d *Step) hidesHistory(f *facts) bool { return f.identityConflict || f.deceased }

// addFlags tells of the signs of danger, the gravest first.
func (d *Step) addFlags(j *person.Journey, before *schemas.OpenDecision) {
	for i := range j.Decision.RedFlags {
		x := &j.Decision.RedFlags[i]
		// The record has the name, and the state compares by the number.
		kind := schemas.Flag(0)
		_ = kind.UnmarshalText([]byte(x.Kind)) // the program's own
		if kind == schemas.FlagCriticalResult {
			continue // a fact says what to do about it, and nothing says what it is
		}
		d.add(sayFlag, args{flag: x.Kind, showed: x.Source, when: d.whenOf(j, x.At)}, before != nil && before.Flags&(1<<kind) == 0)
	}
}

// addFact adds a sentence for a fact. Those that are none of the first things to know are kept for later.
// A fact without a case here is told by addLast, or is for the desk alone.
func (d *Step) addFact(j *person.Journey, x fact, v *schemas.DecisionFact, f *facts, fresh bool) {
	// Ages are of now, and not of the record: a timer may decide long after the touchpoint.
	a := args{n: int(v.N), when: d.whenOf(j, v.At)}
	switch x {
	case factIdentityConflict:
		d.add(sayConflict, a, fresh)
	case factDeceased:
		d.add(sayDeceased, a, fresh)
	case factMinor:
		d.add(sayMinor, a, fresh)
	case factProxy:
		d.addProxy(v, fresh)
	case factRepeat:
		d.addRepeat(j, v, f, fresh)
	case factHungUp:
		d.add(sayHungUp, a, fresh)
	case factLanguage, factInterpreter:
		d.addLanguage(x, v, f, fresh)
	case factCriticalResult:
		// Nobody else has to be kept from telling it.
		if f.InContact {
			d.add(sayClinicianFirst, a, fresh)
		}
	case factUnknownCaller:
		d.add(sayUnknownCaller, a, fresh)
	case factAppointment:
		d.add(sayAppointment, a, fresh)
	case factActsForOthers:
		d.add(sayActsForOthers, a, fresh)
	}
}

// addRepeat tells of earlier contacts about one thing: that this one is about it, too, where that is sure.
func (d *Step) addRepeat(j *person.Journey, v *schemas.DecisionFact, f *facts, fresh bool) {
	a := args{n: int(v.N), when: d.whenOf(j, v.At), reason: d.taxonomy.Index(v.Value)}
	switch {
	// To say "the third call about a bill" needs to know that this one is about it.
	case a.reason != f.top || !d.knowsReason(f):
		// The sentence counts those before this one, which may be about something else.
		a.n--
		d.add(sayCalledBefore, a, fresh)
	// No word for the how-manieth: the sentence says that they are many.
	case a.n >= len(d.words.Ordinals):
		d.add(sayManyCalls, a, fresh)
	default:
		d.add(sayNthCallAbout, a, fresh)
	}
}

// addLanguage tells once what language is spoken and whether the record asks for an interpreter.
func (d *Step) addLanguage(x fact, v *schemas.DecisionFact, f *facts, fresh bool) {
	need, named := f.known&(1<<factInterpreter) != 0, v.Value != ""
	switch {
	// Both facts may hold. The first tells both in one sentence.
	case !f.InContact || x == factInterpreter && f.known&(1<<factLanguage) != 0:
	// An agent who knows the language can ask for the right interpreter.
	case need && named:
		d.add(sayLanguageInterpreter, args{language: v.Value}, fresh)
	case need:
		d.add(sayInterpreter, args{}, fresh)
	default:
		d.add(sayLanguage, args{language: v.Value}, fresh)
	}
}

// addProxy tells who calls for the patient, and what they may be told.
// A record that does not say what a proxy may know is no permission.
func (d *Step) addProxy(v *schemas.DecisionFact, fresh bool) {
	say := sayProxy
	switch v.Detail {
	case "":
		say = sayProxyUnclear
	// The value is that of the schema's may_know.
	case "none":
		say = sayProxyNothing
	}
	d.add(say, args{relation: v.Value, mayKnow: v.Detail}, fresh)
}

// addLagging tells which of the patient's channels are behind, so that what was done there may be missing.
func (d *Step) addLagging(degraded []string) {
	n, where := 0, schemas.ChannelUnknown
	for _, x := range degraded {
		// The form is that of appendLags: "behind 40 s on web". Other entries are not about channels.
		behind, on, found := strings.Cut(x, " on ")
		if c, ok := schemas.ParseChannel(on); found && ok && c.Spec() != nil && strings.HasPrefix(behind, "behind") {
			n, where = n+1, c
		}
	}
	switch n {
	case 0:
	case 1:
		d.add(sayLagging, args{where: where}, false)
	default:
		d.add(sayLaggingAll, args{}, false)
	}
}

// addLast adds the facts that are good to know in a contact, but not first.
func (d *Step) addLast(j *person.Journey, f *facts) {
	// What a patient wants of messages matters once the agent promises one.
	s := &j.Person.Policy
	// Last, since it spares the agent a question and changes nothing of what to say.
	if f.known&(1<<factAuthenticated) != 0 {
		d.add(sayAuthenticated, args{}, false)
	}
	switch {
	case f.known&(1<<factDoNotContact) != 0:
		d.add(sayDoNotContact, args{}, false)
	// One denied channel is no news. All three mean that nothing can be sent after the call.
	case denied(s, "sms") && denied(s, "push") && denied(s, "email"):
		d.add(sayOptedOut, args{}, false)
	case f.known&(1<<factPrefers) != 0:
		d.add(sayPrefers, args{prefers: s.PreferredChannel}, false)
	}
}

// denied reports whether the patient said no to a channel. That nobody has asked is no denial.
func denied(s *schemas.PolicyState, channel string) bool {
	return consentRule(s, channel, "service") == "consent_denied"
}
