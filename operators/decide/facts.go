package decide

import (
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

// calledWithin is how long after a call nothing is offered that was meant to spare it.
// Whoever has just hung up has had their answer, or will call again.
const calledWithin = 2 * schemas.Hour

// factsOf collects what conditions look at, red flags and duties included.
// The result belongs to the step, and is overwritten by the next decision.
func (d *Step) factsOf(j *person.Journey) *facts {
	e, p := &d.Predict.E, &j.Prediction
	// Whole, so that nothing of the patient before is left.
	f := &d.Facts
	*f = facts{
		Evidence: e, p: &d.Predict.P, top: d.Predict.Top, urgency: p.Urgency, p15m: p.P15m, p24h: p.P24h,
		doNotContact: j.Person.Policy.DoNotContact, deceased: j.Person.Policy.Deceased,
		identityConflict: d.inConflict(j), menu: -1,
	}
	// The order matters: the menu changes the likeliest reason, red flags and states are looked at by
	// duties.
	d.hearMenu(j, f)
	d.raiseFlags(j, f)
	f.state = d.stateOf(j, f)
	d.know(j, f)
	if f.InContact && f.known != 0 {
		f.state |= stateToTell
	}
	return f
}

// inConflict reports whether it is uncertain who the trigger is of. In a contact that stays so: what
// follows does not say again what the caller's number said.
// To show history in the second record of such a call would undo the care of the first.
func (d *Step) inConflict(j *person.Journey) bool {
	if j.Identified != nil && j.Identified.IdentityConflict {
		return true
	}
	// The bit is kept with the decision, so that no other state is needed.
	open := &j.Person.Policy.Open
	return d.Predict.E.InContact && open.OK && person.IsFor(&open.V, person.KeyOf(j.Contact)) && open.V.Facts&(1<<factIdentityConflict) != 0
}

// menuWeight is the probability that the caller's own choice in the voice menu is given: callers press
// the wrong key now and then.
const menuWeight = 0.85

// hearMenu puts what the caller has just chosen before what was inferred.
func (d *Step) hearMenu(j *person.Journey, f *facts) {
	// The choice counts for its own call. The next call may be about something else.
	if !f.InContact || j.Contact.Menu == "" {
		return
	}
	r := d.taxonomy.Index(j.Contact.Menu)
	// A reason of another taxonomy: the model's word stands.
	if r < 0 {
		return
	}
	// A copy: predict's distribution is what the record of the prediction says.
	f.menu, f.own = r, d.Predict.P
	if p := f.own[r]; p < menuWeight {
		// The others share the rest in their old proportion, so that the sum stays 1.
		for i := range d.taxonomy.Reasons {
			f.own[i] = float64(f.own[i] * (1 - menuWeight) / (1 - p))
		}
		f.own[r] = menuWeight
	}
	f.p, f.top = &f.own, r
}

// stateOf finds the yes-or-no of the moment. It does not set stateToTell, which needs the facts that are found
// last.
func (d *Step) stateOf(j *person.Journey, f *facts) (state uint64) {
	e := f.Evidence
	// Asked once, for two states.
	present := e.Present()
	preferred := j.Person.Policy.PreferredChannel
	for _, s := range [...]struct {
		bit uint64
		set bool
	}{
		{stateInContact, e.InContact},
		{stateWaiting, e.InContact && !e.Answered},
		{stateAnswered, e.Answered},
		{stateLastResort, e.InContact && j.LastResort.Active},
		{stateDigitalFirst, e.Failures > 0},
		{stateJustFailed, e.FailedNow >= 0},
		// Nobody reads a page while on the phone, or after leaving.
		{stateLiveWeb, present && e.DigitalOn == schemas.ChannelWeb},
		{stateLiveApp, present && e.DigitalOn == schemas.ChannelApp},
		{stateLoggedIn, e.LoginAt != 0 && e.At-e.LoginAt <= 15*schemas.Minute},
		{stateAbandoned, e.Abandoned && !e.InContact},
		{stateCritical, e.Critical},
		{stateLanguage, d.catalogue.foreign(j.Persona.Language)},
		{statePrefersOther, preferred != "" && preferred != "voice" && e.InContact},
		{stateSameReason, e.FailedReasons&(1<<f.top) != 0},
		// A token proves that its holder is logged in as themselves. A parent with a token is a parent,
		// and not the patient.
		{stateAuthenticated, e.InContact && j.Contact.Authenticated != "" && !f.identityConflict && !hasRelation(j.Contact)},
		{stateCalled, e.CallAt != 0 && e.At-e.CallAt <= calledWithin},
		{stateDeceased, f.deceased},
		{stateRelation, e.InContact && hasRelation(j.Contact)},
	} {
		if s.set {
			state |= s.bit
		}
	}
	return state
}
