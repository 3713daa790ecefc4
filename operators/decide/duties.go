package decide

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// fact is something that whoever takes a contact has to know first. The order is that of the brief, and
// the numbers are part of the state.
type fact uint8

const (
	// factIdentityConflict: the record names two persons, and nobody knows which of them calls.
	factIdentityConflict fact = iota
	// factDeceased: the health record says that the patient has died.
	factDeceased
	// factMinor: the patient is under age, so that somebody else may decide for them.
	factMinor
	// factProxy: somebody else calls for the patient.
	factProxy
	// factRepeat: the patient has been in touch about the same reason within seven days.
	factRepeat
	// factHungUp: the call before this was hung up in the queue.
	factHungUp
	// factLanguage: the patient speaks a language that the agents do not.
	factLanguage
	// factInterpreter: the record asks for an interpreter.
	factInterpreter
	// factDoNotContact: the patient wants no outreach at all.
	factDoNotContact
	// factCriticalResult: there is a result that a clinician has to tell.
	factCriticalResult
	// factUnknownCaller: the caller's number is withheld, or no patient is known by it, and nobody has said who calls.
	factUnknownCaller
	// factAuthenticated: the caller has proved who they are, so that nobody has to ask.
	factAuthenticated
	// factPrefers: the patient prefers another channel than the phone.
	factPrefers
	// factAppointment: an appointment begins within a day.
	factAppointment
	// factActsForOthers: the caller may act for a patient, who is not named, and has not said for whom they call.
	factActsForOthers
	// factCount is their number. A new fact goes before it: states and outcomes hold the numbers of the
	// others.
	factCount
)

var factCodes = [factCount]string{"identity_conflict", "deceased", "minor", "proxy", "repeat", "hung_up", "language", "interpreter",
	"do_not_contact", "critical_result", "unknown_caller", "authenticated", "prefers", "appointment", "acts_for_others"}

// duty is something that has to be done along with the action. The order is that of urgency, and the
// numbers are part of the state.
type duty uint8

const (
	// The first four are what red flags demand, where another flag has the action.
	dutyEmergency duty = iota
	dutyCrisisLine
	dutyPoisonControl
	dutyNurse
	// dutyCondolence: say nothing that treats the patient as alive.
	dutyCondolence
	// dutyInterpreter: get one before the conversation begins.
	dutyInterpreter
	// dutyVerifyIdentity: ask who calls before anything is told.
	dutyVerifyIdentity
	// dutyAuthority: find out what the caller may know of the patient.
	dutyAuthority
	// dutyClinicianFirst: no agent may be the first to tell the result.
	dutyClinicianFirst
	// dutyCount is their number. A new duty goes before it.
	dutyCount
)

var dutyCodes = [dutyCount]string{"emergency", "crisis_line", "poison_control", "nurse", "condolence", "interpreter", "verify_identity", "authority", "clinician_first"}

// What news are called, once.
var (
	// The prefix tells a reader of the record which list a code is of.
	factNews = prefixed("fact:", factCodes[:])
	dutyNews = prefixed("duty:", dutyCodes[:])
	flagNews = flagNames()
)

// prefixed makes the names once: news are appended for many decisions a second, and allocate nothing.
func prefixed(prefix string, names []string) []string {
	list := make([]string, len(names))
	for i := range names {
		list[i] = prefix + names[i]
	}
	return list
}

// flagNames makes the news of each kind of red flag.
func flagNames() (list [schemas.FlagKinds]string) {
	for kind := range schemas.FlagKinds {
		list[kind] = "flag:" + kind.String()
	}
	return list
}

// dutyOfFlag is the duty that a red flag becomes where another flag has the action.
// Two flags share the nurse: one call to a nurse serves both.
var dutyOfFlag = [schemas.FlagKinds]duty{
	schemas.FlagEmergency: dutyEmergency, schemas.FlagSelfHarm: dutyCrisisLine, schemas.FlagPoison: dutyPoisonControl,
	schemas.FlagUrgent: dutyNurse, schemas.FlagCriticalResult: dutyNurse,
}

// repeatOf is the reason that the contact repeats, or -1, and the how-manieth contact about it within
// seven days this is. The caller's own choice says best what this one is about, then the model; where
// neither repeats anything, whoever calls for the third time about one thing does so again.
// n counts this contact.
func repeatOf(f *facts) (reason, n int) {
	switch {
	case f.menu >= 0:
		reason = f.menu
	case f.Repeats[f.top] > 0:
		reason = f.top
	default:
		for r := range f.Repeats {
			if f.Repeats[r] > f.Repeats[reason] {
				reason = r
			}
		}
		// One earlier contact about something else is no repeat. Two of one kind make a third likely.
		if f.Repeats[reason] < 2 {
			return -1, 0
		}
	}
	if f.Repeats[reason] == 0 {
		return -1, 0
	}
	return reason, int(f.Repeats[reason]) + 1
}

// redialWithin is how soon after a call that was hung up in the queue the next is a redial.
// Later, the caller has most likely another reason to call.
const redialWithin = 30 * schemas.Minute

// know finds the facts and the duties of the moment. Where it is not sure who calls, nothing that was
// kept of anybody is told.
// Flags must have been raised before, since duties follow from them.
func (d *Step) know(j *person.Journey, f *facts) {
	s, c := &j.Person.Policy, d.catalogue
	tell := func(x fact, is bool) {
		if is {
			f.known |= 1 << x
		}
	}
	tell(factIdentityConflict, f.identityConflict)
	if f.InContact {
		o := j.Contact
		// These are said by the contact itself, and hold whoever the patient is.
		tell(factProxy, hasRelation(o))
		tell(factAuthenticated, o.Authenticated != "" && !f.identityConflict)
		tell(factUnknownCaller, isUnknown(j) && !hasRelation(o))
		// Who has said for whom they call need not be asked. Who has proved who they are has not said it.
		tell(factActsForOthers, !hasRelation(o) && (o.ActsAs != "" || !f.identityConflict && actsForOthers(j)))
	}
	// All that follows was kept of somebody, who may not be the one who calls.
	if !f.identityConflict {
		tell(factDeceased, f.deceased)
		// An unknown age is no fact.
		tell(factMinor, s.Adult == adultNo)
		tell(factDoNotContact, f.doNotContact)
		tell(factCriticalResult, f.Critical)
		tell(factLanguage, c.foreign(j.Persona.Language))
		tell(factInterpreter, f.Needs&evidence.NeedBit("language-access") != 0 && !c.spoken(j.Persona.Language))
		if f.InContact {
			_, n := repeatOf(f)
			tell(factRepeat, n > 1)
			tell(factHungUp, f.HungUpAt != 0 && j.Contact.StartedAt-f.HungUpAt <= redialWithin)
			tell(factPrefers, f.state&statePrefersOther != 0)
			tell(factAppointment, d.appointment(j, f) != 0)
		}
	}
	// Last, since duties follow from facts.
	f.duties = d.dutiesOf(j, f)
}

// dutiesOf are the duties of a contact, a bit each, without what the action itself does. Outside a
// contact nobody is there to do them.
func (d *Step) dutiesOf(j *person.Journey, f *facts) (duties uint64) {
	if !f.InContact {
		return 0
	}
	must := func(x duty, is bool) {
		if is {
			duties |= 1 << x
		}
	}
	// The first flag has the action. The others are not forgotten for it: somebody with chest pain may
	// have taken an overdose.
	first := true
	for _, kind := range flagOrder {
		if f.flags&(1<<kind) == 0 {
			continue
		}
		if !first {
			duties |= 1 << dutyOfFlag[kind]
		}
		first = false
	}
	// Two flags may demand one service. What the action does is no duty besides.
	if lead := leadingFlag(f); lead != schemas.FlagNone {
		duties &^= 1 << dutyOfFlag[lead]
	}
	// The rest follows from facts alone, so that a duty never says more than the facts do.
	must(dutyCondolence, f.known&(1<<factDeceased) != 0)
	must(dutyInterpreter, f.known&(1<<factLanguage|1<<factInterpreter) != 0)
	// Every caller is verified who has not proved who they are. It is a duty and no fact: nothing is
	// known by it.
	must(dutyVerifyIdentity, f.known&(1<<factAuthenticated) == 0)
	must(dutyAuthority, f.known&(1<<factProxy) != 0)
	must(dutyClinicianFirst, f.known&(1<<factCriticalResult) != 0)
	return duties
}

// soon is how long before an appointment it is told.
// An appointment further off says little of why somebody calls today.
const soon = schemas.Day

// appointment is when the next appointment begins that is soon, or 0.
func (d *Step) appointment(j *person.Journey, f *facts) (due schemas.Millis) {
	const booked = 1<<schemas.EhrEventAppointmentBooked | 1<<schemas.EhrEventAppointmentChanged
	if f.Evidence.Facts&booked == 0 {
		return 0
	}
	signals := j.Signals(d.taxonomy)
	for i := range signals.Facts {
		x := &signals.Facts[i]
		if booked&(1<<x.Event) != 0 && x.Due >= d.now && x.Due-d.now < soon && (due == 0 || x.Due < due) {
			due = x.Due
		}
	}
	return due
}

// leadingFlag is the open flag that has the action, or FlagNone.
func leadingFlag(f *facts) schemas.Flag {
	for _, kind := range flagOrder {
		if f.flags&(1<<kind) != 0 {
			return kind
		}
	}
	return schemas.FlagNone
}

// hasRelation reports whether somebody else calls for the patient.
func hasRelation(o *schemas.OpenContact) bool { return o.Relation != "" && o.Relation != "self" }

// actsForOthers reports whether the health record knows the caller as somebody who may act for a patient.
func actsForOthers(j *person.Journey) bool {
	return slices.ContainsFunc(j.Shards, func(st *schemas.ShardState) bool { return st.ActsAs != "" && st.ActsAs != "none" })
}

// isUnknown reports whether the call is all that was ever heard of whoever calls: a number that is
// withheld, or that no patient is known by.
func isUnknown(j *person.Journey) bool {
	// One shard, one call, and nothing else: a patient who is on file has consents, links or a past.
	if len(j.Shards) != 1 || j.Shards[0].Calls > 1 || len(j.Person.Policy.Consents) > 0 {
		return false
	}
	return !slices.ContainsFunc(schemas.Channels(), func(c schemas.ChannelSpec) bool {
		return c.Channel != schemas.ChannelCall && *c.Activity(&j.Persona) != 0
	})
}

// foreign reports whether a stated language is another than the agents'.
func (c *Catalogue) foreign(language string) bool {
	return language != "" && !strings.HasPrefix(language, c.Language)
}

// spoken reports whether a stated language is the agents' own: nobody has to interpret.
func (c *Catalogue) spoken(language string) bool { return language != "" && !c.foreign(language) }

// appendFacts lists the facts in the order of the brief.
// addFirst reads them in the same order as the bits.
func (d *Step) appendFacts(dst []schemas.DecisionFact, j *person.Journey, f *facts) []schemas.DecisionFact {
	for set := f.known; set != 0; set &= set - 1 {
		x := fact(bits.TrailingZeros64(set))
		v := schemas.DecisionFact{Code: factCodes[x]}
		switch x {
		case factDeceased:
			for _, st := range j.Shards {
				v.At = max(v.At, st.DeceasedAt)
			}
		case factProxy:
			v.Value, v.Detail = j.Contact.Relation, j.Contact.MayKnow
		// The reason may have changed since the fact was first told; the number is that of the moment.
		case factRepeat:
			r, n := repeatOf(f)
			v.Value, v.N, v.At = d.taxonomy.Reasons[r].Code, int32(n), f.RepeatAt[r]
		case factHungUp:
			v.At = f.HungUpAt
		case factLanguage, factInterpreter:
			v.Value = j.Persona.Language
		case factCriticalResult:
			v.EventID, v.At = f.CriticalBy, f.CriticalAt
		case factAuthenticated:
			v.Value = j.Contact.Authenticated
		case factPrefers:
			v.Value = j.Person.Policy.PreferredChannel
		case factAppointment:
			v.At = d.appointment(j, f)
		}
		dst = append(dst, v)
	}
	return dst
}

// appendDuties lists the duties, the most urgent first.
func (d *Step) appendDuties(dst []schemas.Duty, j *person.Journey, f *facts) []schemas.Duty {
	for set := f.duties; set != 0; set &= set - 1 {
		x := duty(bits.TrailingZeros64(set))
		v := schemas.Duty{Code: dutyCodes[x]}
		switch x {
		case dutyInterpreter:
			v.Value, v.Because = j.Persona.Language, factCodes[factLanguage]
			// The fact that led to the duty is named, so that an agent can say why.
			if f.known&(1<<factLanguage) == 0 {
				v.Because = factCodes[factInterpreter]
			}
		case dutyVerifyIdentity:
			v.Because = whyVerify(f)
		case dutyAuthority:
			v.Value, v.Because = j.Contact.Relation, factCodes[factProxy]
		case dutyCondolence:
			v.Because = factCodes[factDeceased]
		case dutyClinicianFirst:
			v.Because = factCodes[factCriticalResult]
		default:
			d.serve(&v, x, j, f)
		}
		dst = append(dst, v)
	}
	return dst
}

// whyVerify is the fact that makes verifying more than the routine, or empty.
// Empty is the routine: nothing about this caller is out of the ordinary.
func whyVerify(f *facts) string {
	// The first that holds: an agent needs one reason to ask, and the worst one.
	for _, x := range [...]fact{factIdentityConflict, factUnknownCaller, factProxy, factActsForOthers} {
		if f.known&(1<<x) != 0 {
			return factCodes[x]
		}
	}
	return ""
}

// serve fills in who helps with a red flag that does not have the action.
// Of two flags with one duty the graver one is named.
func (d *Step) serve(v *schemas.Duty, x duty, j *person.Journey, f *facts) {
	for _, kind := range flagOrder {
		if f.flags&(1<<kind) == 0 || dutyOfFlag[kind] != x {
			continue
		}
		rule := &d.catalogue.flags[kind]
		v.Service, v.Number, v.Because = rule.service, d.catalogue.number(rule.service, j.Persona.Language), kind.String()
		return
	}
}
