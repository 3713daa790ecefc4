package decide

import (
	"cmp"
	"math/bits"
	"time"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/evidence"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// reference is a contact's own id, where it has one.
func reference(id string) schemas.Opt[string] {
	if id == "" {
		return schemas.Opt[string]{}
	}
	return schemas.Some(id)
}

// fill makes the record of the decision.
// The record's strings alias buffers of the step until the next decision. What the state keeps of them is
// cloned.
func (d *Step) fill(ctx *pipeline.Context, j *person.Journey, f *facts, live *schemas.OpenDecision) {
	c, v, p := &d.Judge, &j.Decision, &j.Prediction
	a := &d.catalogue.Actions[c.Chosen]
	// The lists of the record before are used again: a decision is made for many touchpoints a second.
	alternatives, receipt, degraded, reasons, shown := v.Alternatives[:0], v.Receipt[:0], v.Degraded[:0], v.Reasons[:0], v.Evidence[:0]
	duties, told, redFlags, news := v.Duties[:0], v.Facts[:0], v.RedFlags[:0], v.News[:0]
	*v = schemas.NextBestAction{
		DecisionID: d.id.Of("decision", d.catalogue.Name, j.TriggerID, 0), PersonRef: j.PersonRef, AsOf: schemas.Millis(j.Known),
		// The versions let a reader of the record find the rules that it was made by.
		ExpiresAt: d.expiry(a), TriggerID: j.TriggerID, PredictionID: p.PredictionID,
		PolicyVersion: d.catalogue.Version, ModelVersion: p.ModelVersion, TaxonomyVersion: p.TaxonomyVersion,
		P15m: p.P15m, P24h: p.P24h, Urgency: p.Urgency, Effort: p.Effort, Frustration: p.Frustration,
		LastResort: f.state&stateLastResort != 0 && !f.identityConflict, Action: d.chosenAction(j, c.Chosen, f), Arm: j.Person.Policy.Arm,
	}
	// Whoever shows the old decision has to find it by this one.
	// Without it two decisions would stand side by side on an agent's screen.
	if live != nil {
		v.Supersedes = schemas.Some(live.DecisionID)
	}
	if f.InContact {
		v.ContactRef, v.ContactKey = reference(j.Contact.ContactID), person.KeyOf(j.Contact)
		// A withdrawal goes to the contact whose agent has it on the screen.
	} else if live != nil {
		v.ContactRef, v.ContactKey = reference(live.ContactRef), person.ContactOf(live)
	}
	if j.Identified != nil {
		v.IngestedAt = j.Identified.IngestedAt
	}
	v.Action.Propensity, v.Exposed = d.propensity(j), d.exposedTo()
	// Three are told: who overrides a decision looks for a second one, not for a tenth.
	// The ranking was made for the choice, and holds only what was not removed.
	for _, i := range c.ranked {
		if i != c.Chosen && len(alternatives) < 3 {
			alternatives = append(alternatives, d.chosenAction(j, i, f))
		}
	}
	// Only now: a receipt takes longer than a choice, and most choices change nothing and are never told.
	c.Explain(f, &j.Person.Policy, live)
	// Each action but the chosen one is in the receipt, so that "why not" has an answer.
	for i := range d.catalogue.Actions {
		if i != c.Chosen {
			receipt = append(receipt, schemas.Removal{Action: d.catalogue.Actions[i].ID, Stage: c.Removed[i].Stage, Rule: c.Removed[i].Rule})
		}
	}
	v.Alternatives, v.Receipt = alternatives, receipt
	v.Reasons = d.appendReasons(reasons, j, f)
	// Evidence of a prediction is history, which may be another patient's.
	if v.Evidence = shown; !f.identityConflict {
		v.Evidence = append(shown, p.Evidence...)
	}
	v.Degraded = d.degraded(degraded, ctx, j, f)
	v.Duties, v.Facts, v.RedFlags = d.appendDuties(duties, j, f), d.appendFacts(told, j, f), appendFlags(redFlags, &j.Person.Policy, f)
	// After duties and facts, which it is about, and before the state takes this decision for the last.
	v.News = d.appendNews(news, j, f, live)
	// Last: the brief words what the record says by now.
	d.brief = d.appendBrief(d.brief[:0], j, f, live)
	v.Brief = schemas.Protected(emit.AliasString(d.brief))
}

// chosenAction is the record's word for an action, chosen or an alternative.
func (d *Step) chosenAction(j *person.Journey, i int, f *facts) schemas.ChosenAction {
	a, c := &d.catalogue.Actions[i], &d.Judge
	// Both are zero for an action that was never rated.
	v := schemas.ChosenAction{ID: a.ID, Channel: c.channel[i].String(), Score: c.score[i]}
	// An alternative is told as it would be carried out now; the chosen one as this contact has been
	// told.
	switch {
	case i != c.Chosen:
		v.Treatment = a.treatments[f.top]
	case a.isGrave():
		v.Service = d.treatment(a)
		v.Treatment, v.Number = v.Service, d.catalogue.number(v.Service, j.Persona.Language)
	default:
		v.Treatment = d.treatment(a)
	}
	return v
}

// appendReasons lists the three likeliest reasons: what the caller has said, then the prediction. Where
// it is uncertain who calls the prediction may be another patient's, and is left out.
func (d *Step) appendReasons(dst []schemas.ReasonProbability, j *person.Journey, f *facts) []schemas.ReasonProbability {
	if f.menu >= 0 {
		dst = append(dst, schemas.ReasonProbability{Code: d.taxonomy.Reasons[f.menu].Code, P: f.p[f.menu]})
	}
	// They are sorted, likeliest first.
	for i := range j.Prediction.Reasons {
		// The menu's reason stays: the caller has said it, whoever they are.
		if f.identityConflict && f.InContact {
			break
		}
		r := d.taxonomy.Index(j.Prediction.Reasons[i].Code)
		if len(dst) == 3 {
			break
		}
		if r != f.menu {
			dst = append(dst, schemas.ReasonProbability{Code: d.taxonomy.Reasons[r].Code, P: f.p[r]})
		}
	}
	return dst
}

// appendNews lists what a decision says that the one before, of the same contact or superseded, did
// not: what is to be said first. Red flags come first, then what to do, then what to know. To a contact
// that has just begun every duty and fact is new: there they are no news.
func (d *Step) appendNews(dst []string, j *person.Journey, f *facts, live *schemas.OpenDecision) []string {
	// What the contact has heard already is no news, whether or not an outcome has closed it since.
	same := d.sameContact(j, f)
	before := same
	// The first decision has no news: all of it is new.
	if before == nil {
		before = live
	}
	if before == nil {
		return dst
	}
	// By kind and not by page: a second page about the same danger is nothing new to an agent.
	for _, kind := range flagOrder {
		if f.flags&(1<<kind) != 0 && before.Flags&(1<<kind) == 0 {
			dst = append(dst, flagNews[kind])
		}
	}
	// An agent who has been told of an emergency must hear that it is withdrawn.
	if old := d.catalogue.find(before.Action); live != nil && old >= 0 && d.catalogue.Actions[old].isGrave() && old != d.Judge.Chosen {
		dst = append(dst, d.catalogue.withdrawn[old])
	}
	// Duties and facts belong to a contact. Those of a superseded outreach were never shown to an agent.
	if same != nil {
		for set := f.duties &^ uint64(same.Duties); set != 0; set &= set - 1 {
			dst = append(dst, dutyNews[bits.TrailingZeros64(set)])
		}
		for set := f.known &^ uint64(same.Facts); set != 0; set &= set - 1 {
			dst = append(dst, factNews[bits.TrailingZeros64(set)])
		}
	}
	return d.appendChanges(dst, f, before)
}

// appendChanges lists what has become of the action and of what led to it.
func (d *Step) appendChanges(dst []string, f *facts, before *schemas.OpenDecision) []string {
	// The words are those of the schema: a desk may look for them.
	a := &d.catalogue.Actions[d.Judge.Chosen]
	for _, x := range [...]struct {
		name string
		is   bool
	}{
		{"failed_step", before.Failures == 0 && f.Failures > 0},
		{"reason", before.Top != "" && before.Top != d.taxonomy.Reasons[d.about].Code},
		{"action", before.Action != a.ID},
		{"treatment", before.Action == a.ID && before.Treatment != d.treatment(a)},
	} {
		if x.is {
			dst = append(dst, x.name)
		}
	}
	return dst
}

// propensity is how probable the choice was before the arm was drawn: all else is without chance.
func (d *Step) propensity(j *person.Journey) float64 {
	// Where the draw had no say the choice is without chance: rules and scores alone made it.
	// Analyses weigh each decision by its inverse.
	if d.Judge.exposed < 0 {
		return 1
	}
	if j.Person.Policy.Arm == ArmHoldout {
		return d.catalogue.Holdout.Share
	}
	// The chance of the arm that the patient is in.
	return 1 - d.catalogue.Holdout.Share
}

// expiry is when the decision ends by itself: outreach at the latest when the quiet hours begin, what is shown on a page when nobody is there any more.
// Whoever carries a decision out must not do so after it.
func (d *Step) expiry(a *Action) schemas.Millis {
	at := d.now.Add(cmp.Or(a.TTL, time.Hour)) // doing nothing has none, and may still tell facts
	switch c := d.Judge.channel[d.Judge.Chosen]; {
	// A message that is read at night has the quiet hours broken all the same.
	case c.outreach():
		at = min(at, d.Judge.Gate.free)
	case c == ActionWeb, c == ActionApp: // who says nothing for so long has left without a word
		at = min(at, d.now+evidence.PresentFor)
	}
	return at
}

// degraded says what the decision had to do without.
// A reader can then tell a bad decision from one that lacked something.
func (d *Step) degraded(dst []string, ctx *pipeline.Context, j *person.Journey, f *facts) []string {
	if d.Predict.Degraded != "" {
		dst = append(dst, d.Predict.Degraded)
	}
	// Whoever reads the record has to know why so little is told.
	if f.identityConflict {
		dst = append(dst, "identity_conflict")
	}
	// The patient has seen both arms, and belongs to neither in an analysis.
	if j.Person.Policy.ArmMixed {
		dst = append(dst, "arm_mixed")
	}
	// Lags matter to an agent, who might think that the caller never tried. Outreach waits for the next
	// touchpoint anyway.
	if f.InContact {
		dst = appendLags(dst, ctx, d.now)
	}
	return dst
}
