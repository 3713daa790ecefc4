package decide

import (
	"cmp"
	"slices"
	"strings"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// timerExpiry ends a decision for a contact in progress. Key: person.
const timerExpiry = person.TimerPolicy

// Step chooses the next best action. It owns PolicyState, but for what is said to be predict's,
// and runs right after predict.
//
//	safety → eligibility → applicability → suitability → contact policy → arbitration → holdout
type Step struct {
	catalogue *Catalogue
	taxonomy  *schemas.Taxonomy
	Predict   *predict.Step

	actions, inputs   pipeline.Output
	actionID, inputID int32 // schema ids

	actionAttributes, inputAttributes emit.Attributes

	Judge  judgement
	Facts  facts
	now    schemas.Millis // event time of the trigger, or of the decision before it where that is later
	id     emit.IdBuffer
	input  []byte
	policy []schemas.PolicyFact
	brief  []byte
	buf    []byte
	key    []byte
}

// New makes the step. It reads the evidence and the distribution of p, which must run before it.
func New(s *pipeline.Setup, c *emit.Config, t *schemas.Taxonomy, catalogue *Catalogue, p *predict.Step) *Step {
	return &Step{
		catalogue: catalogue, taxonomy: t, Predict: p,
		actions: s.Output(c.Topics.Actions), inputs: s.Output(c.Topics.DecisionInputs),
		actionID: c.Schemas.NextBestAction, inputID: c.Schemas.DecisionInput,
		actionAttributes: emit.AttributesOf(s, "NextBestAction"), inputAttributes: emit.AttributesOf(s, "DecisionInput"),
		Judge: newJudgement(catalogue),
	}
}

// Process decides anew where the prediction has changed what is best, and emits what is new.
func (d *Step) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Person == nil {
		return nil
	}
	state := &j.Person.Policy
	switch j.Trigger {
	case person.TriggerConsent:
		keepConsent(state, j.Consent)
	case person.TriggerOutcome:
		keepOutcome(state, j.Outcome)
	}
	if !j.Predicted {
		return nil
	}
	state.Deceased = state.Deceased || j.Deceased
	d.closeEnded(ctx, j)
	d.drawArm(j)
	f := d.factsOf(j)
	d.now = schemas.Millis(j.At)
	if state.Open.OK {
		d.now = max(d.now, state.Open.V.At) // a late record does not turn the clock back
	}
	open := d.live(j)
	d.Judge.run(f, state, d.now, open)
	d.conclude(ctx, j, f, open)
	return nil
}

// closeEnded closes the decision for a contact that is over: it was used or it was not.
func (d *Step) closeEnded(ctx *pipeline.Context, j *person.Journey) {
	open := &j.Person.Policy.Open
	if !open.OK || open.V.Closed || open.V.ContactRef == "" {
		return
	}
	over := j.Contact == nil || j.Contact.ContactID != open.V.ContactRef || j.Contact.Ended ||
		j.ContactPhase == person.ContactEnded || j.ContactPhase == person.ContactDisposition
	if over {
		open.V.Closed = true
		ctx.ClearTimer(timerExpiry, j.PersonRef.Reveal())
	}
}

// drawArm draws the experiment arm once: it is kept, so that a merge does not change it.
func (d *Step) drawArm(j *person.Journey) {
	s := &j.Person.Policy
	if s.Arm != "" {
		return
	}
	s.Arm = armTreatment
	d.key = append(append(append(d.key[:0], d.catalogue.Holdout.Salt...), 0), j.PersonRef.Reveal()...)
	if float64(exact.Hash64(string(d.key))>>11)/(1<<53) < d.catalogue.Holdout.Share {
		s.Arm = ArmHoldout
	}
}

// The arms of an experiment. ArmHoldout goes without the actions of class default.
const (
	armTreatment = "treatment"
	ArmHoldout   = "holdout"
)

// live is the decision in force, or nil: delivered, not closed, not expired, or expired by
// the very timer that is the trigger.
func (d *Step) live(j *person.Journey) *schemas.OpenDecision {
	open := &j.Person.Policy.Open
	if !open.OK || !open.V.Delivered || open.V.Closed {
		return nil
	}
	if open.V.ExpiresAt <= d.now && !(j.Trigger == person.TriggerTimer && j.Timer.Kind == timerExpiry) {
		return nil
	}
	return &open.V
}

func (d *Step) factsOf(j *person.Journey) *facts {
	e, p := &d.Predict.E, &j.Prediction
	f := &d.Facts
	*f = facts{
		Evidence: e, p: &d.Predict.P, top: d.Predict.Top, urgency: p.Urgency, p15m: p.P15m, p24h: p.P24h,
		doNotContact: j.Person.Policy.DoNotContact, deceased: j.Person.Policy.Deceased,
		identityConflict: j.Identified != nil && j.Identified.IdentityConflict,
	}
	live := !e.InContact && e.DigitalAt != 0 && e.At-e.DigitalAt <= 15*schemas.Minute
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
		{stateLiveWeb, live && e.DigitalOn == schemas.ChannelWeb},
		{stateLiveApp, live && e.DigitalOn == schemas.ChannelApp},
		{stateLoggedIn, e.LoginAt != 0 && e.At-e.LoginAt <= 15*schemas.Minute},
		{stateAbandoned, e.Abandoned && !e.InContact},
		{stateCritical, e.Critical},
		{stateLanguage, j.Persona.Language != "" && !strings.HasPrefix(j.Persona.Language, "en")},
		{statePrefersOther, preferred != "" && preferred != "voice" && e.InContact},
		{stateSameReason, e.FailedReasons&(1<<f.top) != 0},
	} {
		if s.set {
			f.state |= s.bit
		}
	}
	return f
}

// conclude compares the choice with the decision before it, and emits what is new.
func (d *Step) conclude(ctx *pipeline.Context, j *person.Journey, f *facts, live *schemas.OpenDecision) {
	c := &d.Judge
	a := &d.catalogue.Actions[c.Chosen]
	nothing := c.Chosen == d.catalogue.nothing
	if d.unchanged(j, f, a, live) {
		return
	}
	d.Predict.Finish(j)
	d.fill(j, f, live)
	v := &j.Decision
	v.Delivered, v.Cancelled = !nothing || live != nil, nothing && live != nil
	d.buf = v.AppendAvro(emit.AppendFrame(d.buf[:0], d.actionID))
	d.key = append(d.key[:0], j.PersonRef.Reveal()...)
	if v.Delivered {
		ctx.Emit(d.actions, d.key, d.buf, d.actionAttributes.Of(v.DecisionID, v.AsOf)...)
		if f.InContact || live != nil && live.ContactRef != "" {
			ctx.UrgentFor(pipeline.Time(v.AsOf))
		}
	}
	d.input = d.appendInput(emit.AppendFrame(d.input[:0], d.inputID), d.buf[emit.FrameSize:], j, f)
	ctx.Emit(d.inputs, d.key, d.input, d.inputAttributes.Of(v.DecisionID, v.AsOf)...)
	d.remember(ctx, j, f, a, nothing)
	j.Decided = true
}

// unchanged reports whether the choice is what was decided before: the same action and treatment for
// the same contact, still in force or answered; or again nothing.
func (d *Step) unchanged(j *person.Journey, f *facts, a *Action, live *schemas.OpenDecision) bool {
	open := &j.Person.Policy.Open
	if a.Role == RoleNothing {
		return open.OK && open.V.Action == a.ID && live == nil
	}
	if d.answered(j, f, a) {
		return true
	}
	if live == nil || live.ExpiresAt <= d.now {
		return false
	}
	return live.Action == a.ID && live.Treatment == a.treatments[f.top] && live.ContactRef == contactRef(j, f)
}

// answered reports whether the contact center has said in this contact what became of the same
// action: it is not shown twice. What safety demands is shown again for as long as it is demanded.
func (d *Step) answered(j *person.Journey, f *facts, a *Action) bool {
	open := &j.Person.Policy.Open
	return a.Role == RoleNone && open.OK && open.V.Delivered && open.V.Closed && open.V.ContactRef != "" &&
		open.V.ContactRef == contactRef(j, f) && open.V.Action == a.ID && open.V.Treatment == a.treatments[f.top]
}

func contactRef(j *person.Journey, f *facts) string {
	if f.InContact {
		return j.Contact.ContactID
	}
	return ""
}

// fill makes the record of the decision.
func (d *Step) fill(j *person.Journey, f *facts, live *schemas.OpenDecision) {
	c, v, p := &d.Judge, &j.Decision, &j.Prediction
	a := &d.catalogue.Actions[c.Chosen]
	alternatives, receipt, degraded, reasons, evidence := v.Alternatives[:0], v.Receipt[:0], v.Degraded[:0], v.Reasons[:0], v.Evidence[:0]
	*v = schemas.NextBestAction{
		DecisionID: d.id.Of("decision", d.catalogue.Name, j.TriggerID, 0), PersonRef: j.PersonRef, AsOf: schemas.Millis(j.At),
		ExpiresAt: d.expiry(a), TriggerID: j.TriggerID, PredictionID: p.PredictionID,
		PolicyVersion: d.catalogue.Version, ModelVersion: p.ModelVersion, TaxonomyVersion: p.TaxonomyVersion,
		P15m: p.P15m, P24h: p.P24h, Urgency: p.Urgency, Effort: p.Effort, Frustration: p.Frustration,
		LastResort: f.state&stateLastResort != 0, Action: d.chosenAction(c.Chosen, f), Arm: j.Person.Policy.Arm,
	}
	if live != nil {
		v.Supersedes = schemas.Some(live.DecisionID)
	}
	if f.InContact {
		v.ContactRef = schemas.Some(j.Contact.ContactID)
	} else if live != nil && live.ContactRef != "" {
		v.ContactRef = schemas.Some(live.ContactRef)
	}
	if j.Identified != nil {
		v.IngestedAt = j.Identified.IngestedAt
	}
	v.Action.Propensity = d.propensity(j, a)
	for _, i := range c.ranked {
		if i != c.Chosen && len(alternatives) < 3 {
			alternatives = append(alternatives, d.chosenAction(i, f))
		}
	}
	c.Explain(f, &j.Person.Policy, live)
	for i := range d.catalogue.Actions {
		if i != c.Chosen {
			receipt = append(receipt, schemas.Removal{Action: d.catalogue.Actions[i].ID, Stage: c.Removed[i].Stage, Rule: c.Removed[i].Rule})
		}
	}
	v.Alternatives, v.Receipt = alternatives, receipt
	v.Reasons = append(reasons, p.Reasons[:min(3, len(p.Reasons))]...)
	v.Evidence = append(evidence, p.Evidence...)
	v.Degraded = d.degraded(degraded, j, f)
	d.brief = d.appendBrief(d.brief[:0], j, f, a)
	v.Brief = schemas.Protected(emit.AliasString(d.brief))
}

func (d *Step) chosenAction(i int, f *facts) schemas.ChosenAction {
	a, c := &d.catalogue.Actions[i], &d.Judge
	return schemas.ChosenAction{ID: a.ID, Treatment: a.treatments[f.top], Channel: c.channel[i].String(), Score: c.score[i]}
}

// propensity is how probable the choice was before the arm was drawn: all else is without chance.
func (d *Step) propensity(j *person.Journey, a *Action) float64 {
	if a.Class != ClassDefault || a.Role == RoleNothing && !d.Judge.heldOut {
		return 1
	}
	if j.Person.Policy.Arm == ArmHoldout {
		return d.catalogue.Holdout.Share
	}
	return 1 - d.catalogue.Holdout.Share
}

// expiry is when the decision ends by itself: outreach at the latest when the quiet hours begin.
func (d *Step) expiry(a *Action) schemas.Millis {
	at := d.now.Add(a.TTL)
	if d.Judge.channel[d.Judge.Chosen].outreach() {
		at = min(at, d.Judge.Gate.free)
	}
	return at
}

func (d *Step) degraded(dst []string, j *person.Journey, f *facts) []string {
	if d.Predict.Degraded != "" {
		dst = append(dst, d.Predict.Degraded)
	}
	if f.identityConflict {
		dst = append(dst, "identity_conflict")
	}
	if j.Person.Policy.ArmMixed {
		dst = append(dst, "arm_mixed")
	}
	return dst
}

// remember keeps the decision, the outreach that it is, and when it ends.
func (d *Step) remember(ctx *pipeline.Context, j *person.Journey, f *facts, a *Action, nothing bool) {
	s, v := &j.Person.Policy, &j.Decision
	open := &s.Open
	open.OK = true
	if open.V.ContactRef != contactRef(j, f) {
		open.V.ContactRef = strings.Clone(contactRef(j, f))
	}
	open.V.DecisionID = strings.Clone(v.DecisionID)
	open.V.Action, open.V.Treatment, open.V.Channel = a.ID, v.Action.Treatment, v.Action.Channel
	open.V.Delivered, open.V.Closed, open.V.At, open.V.ExpiresAt = !nothing, nothing, d.now, v.ExpiresAt
	if nothing {
		return
	}
	if d.Judge.channel[d.Judge.Chosen].outreach() || a.Again > 0 {
		s.Sent = slices.DeleteFunc(s.Sent, func(x schemas.SentAction) bool { return d.now-x.At >= outreachKept })
		if len(s.Sent) >= maxSent {
			s.Sent = slices.Delete(s.Sent, 0, len(s.Sent)-maxSent+1)
		}
		s.Sent = append(s.Sent, schemas.SentAction{Action: a.ID, Channel: v.Action.Channel, Purpose: a.Purpose, At: d.now})
	}
	if f.InContact {
		ctx.SetTimer(pipeline.Timer{At: pipeline.Time(v.ExpiresAt), Channels: person.ChannelBit(schemas.ChannelCall), Kind: timerExpiry, Key: j.PersonRef.Reveal()})
	}
}

// OwnsTimer tells decide's timers.
func (d *Step) OwnsTimer(kind uint8) bool { return kind == timerExpiry }

// OnTimer decides anew for a contact whose decision has expired.
func (d *Step) OnTimer(_ *pipeline.Context, t pipeline.Timer, j *person.Journey, load func(person string) bool) (bool, error) {
	if !load(t.Key) {
		return false, nil
	}
	open := &j.Person.Policy.Open
	if !open.OK || open.V.Closed || open.V.ExpiresAt > schemas.Millis(t.At) {
		return false, nil
	}
	return j.Fired(t), nil
}

// MergePolicy takes what was kept of a person who has become dst. What is stricter stays.
func (d *Step) MergePolicy(dst, src *schemas.PolicyState) {
	for i := range src.Consents {
		e := &src.Consents[i]
		keepConsent(dst, &schemas.Consent{OccurredAt: e.At, Channel: e.Channel, Purpose: e.Purpose, Status: e.Status})
	}
	if src.DoNotContact && src.DoNotContactAt >= dst.DoNotContactAt {
		dst.DoNotContact, dst.DoNotContactAt = true, src.DoNotContactAt
	}
	dst.Deceased = dst.Deceased || src.Deceased
	if src.FactsAt > dst.FactsAt || dst.TimeZone == "" {
		dst.TimeZone = cmp.Or(src.TimeZone, dst.TimeZone)
	}
	if src.Adult != adultUnknown && (src.FactsAt > dst.FactsAt || dst.Adult == adultUnknown) {
		dst.Adult = src.Adult
	}
	dst.PreferredChannel = cmp.Or(dst.PreferredChannel, src.PreferredChannel)
	dst.FactsAt = max(dst.FactsAt, src.FactsAt)
	dst.Sent = mergeSent(dst.Sent, src.Sent)
	if dst.Arm == "" {
		dst.Arm = src.Arm
	}
	dst.ArmMixed = dst.ArmMixed || src.ArmMixed || src.Arm != "" && src.Arm != dst.Arm
	dst.Starts = append(dst.Starts, src.Starts...)
	if n := len(dst.Starts); n > predict.MaxStarts {
		dst.Starts = slices.Delete(dst.Starts, 0, n-predict.MaxStarts)
	}
	if src.Open.OK && src.Open.V.Delivered && !src.Open.V.Closed && (!dst.Open.OK || !dst.Open.V.Delivered || dst.Open.V.Closed) {
		dst.Open = src.Open
	}
	if !dst.Published.OK {
		dst.Published = src.Published
	}
	for _, x := range src.Exposures {
		if !slices.ContainsFunc(dst.Exposures, func(y schemas.Exposure) bool { return y.Band == x.Band && y.Horizon == x.Horizon }) {
			dst.Exposures = append(dst.Exposures, x)
		}
	}
}

func mergeSent(a, b []schemas.SentAction) []schemas.SentAction {
	a = append(a, b...)
	slices.SortStableFunc(a, func(x, y schemas.SentAction) int { return int(x.At - y.At) })
	if n := len(a); n > maxSent {
		a = slices.Delete(a, 0, n-maxSent)
	}
	return a
}
