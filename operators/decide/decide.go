package decide

import (
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
//
// One task owns it. It takes no lock, and all that it fills is used again for the next person.
type Step struct {
	// catalogue and taxonomy are shared by all tasks, and read only.
	catalogue *Catalogue
	taxonomy  *schemas.Taxonomy
	// Predict runs before this step for the same touchpoint. Its evidence and distribution are read where they
	// lie.
	Predict *predict.Step

	// actions is what people see, and inputs what each decision was made from.
	actions, inputs pipeline.Output
	// The schema ids of both records.
	actionID, inputID int32

	actionAttributes, inputAttributes emit.Attributes

	// Judge and Facts are filled again for every decision. Nothing may keep a pointer into them.
	Judge judgement
	Facts facts
	// about is the reason that the treatment of the action follows. In a contact it changes more slowly than the
	// likeliest one.
	about int
	// now is the event time as of which is decided, or that of the decision before where that is later.
	now schemas.Millis
	// id to key are room to encode into: strings of the record alias them until the next decision.
	id     emit.IdBuffer
	input  []byte
	policy []schemas.PolicyFact
	brief  []byte
	buf    []byte
	key    []byte

	briefing
}

// New makes the step. It reads the evidence and the distribution of p, which must run before it.
// The brief's defaults must be filled in.
func New(s *pipeline.Setup, c *emit.Config, t *schemas.Taxonomy, catalogue *Catalogue, brief BriefConfig, p *predict.Step) *Step {
	return &Step{
		catalogue: catalogue, taxonomy: t, Predict: p,
		actions: s.Output(c.Topics.Actions), inputs: s.Output(c.Topics.DecisionInputs),
		actionID: c.Schemas.NextBestAction, inputID: c.Schemas.DecisionInput,
		actionAttributes: emit.AttributesOf(s, "NextBestAction"), inputAttributes: emit.AttributesOf(s, "DecisionInput"),
		Judge:    newJudgement(catalogue),
		briefing: briefing{words: newWords(brief.Wording, t, catalogue), confidence: brief.Confidence},
	}
}

// Process decides anew where the prediction has changed what is best, and emits what is new.
// The order of its calls matters: words of the patient first, then what has ended, then the choice.
func (d *Step) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Person == nil {
		return nil
	}
	// It is kept even where no decision follows: the next one must know of it.
	state := &j.Person.Policy
	switch j.Trigger {
	// A consent is kept before it is asked whether something was predicted.
	case person.TriggerConsent:
		keepConsent(state, j.Consent)
	case person.TriggerOutcome:
		keepOutcome(state, j.Outcome)
	}
	if !j.Predicted {
		return nil
	}
	state.Deceased = state.Deceased || j.Deceased
	// After consents and outcomes were kept: these are taken in whatever is decided.
	if d.isElsewhere(j) {
		return nil
	}
	d.now = schemas.Millis(j.AsOf)
	if state.Open.OK {
		d.now = max(d.now, state.Open.V.At) // a late record does not turn the clock back
	}
	d.drawArm(j)
	f := d.factsOf(j)
	d.closeEnded(ctx, j)
	d.closeLeft(j, f)
	open := d.live(j)
	// The decision in force is found after the closings. One that has just ended must not stand in the way of
	// the next.
	d.Judge.run(f, state, d.now, open, d.incumbent(j, f))
	d.conclude(ctx, j, f, open)
	return nil
}

// isElsewhere reports whether the trigger is a word on a call that is over while another is under way:
// the disposition of a call that was cut off comes when the caller has dialled again. It changes
// nothing for the call that the decision in force is for.
func (d *Step) isElsewhere(j *person.Journey) bool {
	open := &j.Person.Policy.Open
	contact := person.ContactOf(&open.V)
	if d.Predict.E.InContact || !open.OK || contact == "" || j.Contact == nil || person.KeyOf(j.Contact) == contact {
		return false
	}
	return isUnderWay(j, contact)
}

// isUnderWay reports whether no word has come that a contact of the person is over.
// A disposition ends a contact as well as a hang-up does: of some calls it is the only word.
func isUnderWay(j *person.Journey, contact string) bool {
	for _, st := range j.Shards {
		for i := range st.Contacts {
			if c := &st.Contacts[i]; person.KeyOf(c) == contact {
				return !c.Ended && !c.Labelled
			}
		}
	}
	return false
}

// closeLeft closes what was shown on a page that the patient has left: nobody is told to take it back
// where nobody is.
func (d *Step) closeLeft(j *person.Journey, f *facts) {
	open := &j.Person.Policy.Open
	// It is closed and not withdrawn, so that no record is written.
	if !open.OK || open.V.Closed || f.InContact {
		return // a call is another matter: the page may still be open, and what it shows is withdrawn
	}
	if open.V.Channel == ActionWeb.String() && f.state&stateLiveWeb == 0 || open.V.Channel == ActionApp.String() && f.state&stateLiveApp == 0 {
		open.V.Closed = true
	}
}

// incumbent is the action that the contact under way already has, or -1.
// A catalogue that has dropped the action since has no place for it.
func (d *Step) incumbent(j *person.Journey, f *facts) int {
	if open := d.sameContact(j, f); open != nil {
		return d.catalogue.find(open.Action)
	}
	return -1
}

// sameContact is the decision that was last delivered in the contact under way, or nil.
func (d *Step) sameContact(j *person.Journey, f *facts) *schemas.OpenDecision {
	open := &j.Person.Policy.Open
	// Also one that is closed: the agent has seen it all the same.
	if f.InContact && open.OK && open.V.Delivered && person.IsFor(&open.V, person.KeyOf(j.Contact)) {
		return &open.V
	}
	return nil
}

// closeEnded closes the decision for a contact that is over: it was used or it was not.
// Without it a decision for a call would stay in force until its time is over, and hold back the next.
func (d *Step) closeEnded(ctx *pipeline.Context, j *person.Journey) {
	open := &j.Person.Policy.Open
	if !open.OK || open.V.Closed || person.ContactOf(&open.V) == "" {
		return
	}
	// The contact of the decision may be over without a word: a newer one, or a long silence, says so.
	over := j.Contact == nil || !person.IsFor(&open.V, person.KeyOf(j.Contact)) || j.Contact.Ended ||
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
	// An empty arm has not been drawn. From here on it never changes.
	s.Arm = armTreatment
	// By hash and not by chance: a replay draws the same, and no list of patients has to be kept.
	d.key = append(append(append(d.key[:0], d.catalogue.Holdout.Salt...), 0), j.PersonRef.Reveal()...)
	// 53 bits are what a float64 holds exactly: the draw is even over 0 to 1.
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
	// The timer's decision supersedes the one that has expired, and so has to see it.
	if open.V.ExpiresAt <= d.now && !(j.Trigger == person.TriggerTimer && j.Timer.Kind == timerExpiry) {
		return nil
	}
	return &open.V
}

// conclude compares the choice with the decision before it, and emits what is new.
// Most touchpoints change nothing, and end here.
func (d *Step) conclude(ctx *pipeline.Context, j *person.Journey, f *facts, live *schemas.OpenDecision) {
	d.about = d.treatedAs(j, f)
	a := &d.catalogue.Actions[d.Judge.Chosen]
	nothing := d.Judge.Chosen == d.catalogue.nothing
	switch {
	case !d.unchanged(j, f, a, live):
	case d.withholdsMore(j):
		d.note(ctx, j, f)
		return
	default:
		return
	}
	// Only now: what the prediction tells besides its numbers is needed for a record alone.
	d.Predict.Finish(j)
	d.fill(ctx, j, f, live)
	// A choice of nothing is told where it replaces something, or where an agent has to know something all the
	// same.
	v := &j.Decision
	v.Delivered = !nothing || live != nil || tellsMore(f)
	v.Cancelled = nothing && live != nil && !tellsMore(f)
	d.emit(ctx, j, f, f.InContact || live != nil && person.ContactOf(live) != "")
	d.remember(ctx, j, f, a, live)
	j.Decided = true
}

// emit sends the decision, where somebody is to see it, and what it was made from.
// The input is written even where nobody sees the decision: analyses count those, too.
func (d *Step) emit(ctx *pipeline.Context, j *person.Journey, f *facts, urgent bool) {
	v := &j.Decision
	d.buf = v.AppendAvro(emit.AppendFrame(d.buf[:0], d.actionID))
	d.key = append(d.key[:0], j.PersonRef.Reveal()...)
	// The key is the person, so that decisions of one person stay in order.
	if v.Delivered {
		ctx.Emit(d.actions, d.key, d.buf, d.actionAttributes.Of(v.DecisionID, v.AsOf)...)
		if urgent {
			ctx.UrgentFor(pipeline.Time(v.AsOf))
		}
	}
	// The decision's bytes are used again behind the frame, and not encoded twice.
	d.input = d.appendInput(emit.AppendFrame(d.input[:0], d.inputID), d.buf[emit.FrameSize:], j, f)
	ctx.Emit(d.inputs, d.key, d.input, d.inputAttributes.Of(v.DecisionID, v.AsOf)...)
}

// tellsMore reports whether an agent has to be told something although there is nothing to do.
// To verify who calls is routine, and alone no reason to write to an agent.
func tellsMore(f *facts) bool {
	return f.InContact && (f.known != 0 || f.duties&^(1<<dutyVerifyIdentity) != 0)
}

// unchanged reports whether the choice is what was decided before: the same action and treatment for
// the same contact, still in force or answered; or again nothing. In a contact it is also unchanged
// where it differs in nothing that matters to the agent.
func (d *Step) unchanged(j *person.Journey, f *facts, a *Action, live *schemas.OpenDecision) bool {
	open := &j.Person.Policy.Open
	if before := d.sameContact(j, f); before != nil {
		// First: a flag or a fact is told whatever else is true, even where an agent has answered.
		if d.hasNews(f, before) {
			return false
		}
		if f.settled && f.flags == 0 {
			return true // a service has taken over: the rest is theirs
		}
		// What was answered in this contact is not shown twice. What safety demands is, for as long as it
		// is demanded.
		if before.Closed && !a.isGrave() {
			return d.isSame(a, before) || a.Role == RoleNothing
		}
		return d.isSame(a, before) && !before.Closed && before.ExpiresAt > d.now
	}
	if a.Role == RoleNothing {
		return open.OK && open.V.Action == a.ID && live == nil && person.IsFor(&open.V, contactKey(j, f)) && !tellsMore(f)
	}
	return live != nil && live.ExpiresAt > d.now && d.isSame(a, live) && person.IsFor(live, contactKey(j, f))
}

// isSame reports whether an action would be carried out as the decision before says.
func (d *Step) isSame(a *Action, before *schemas.OpenDecision) bool {
	return before.Action == a.ID && before.Treatment == d.treatment(a)
}

// hasNews reports whether something has come up in a contact that its agent must be told whatever the
// action is: a red flag, a duty, a fact, or that the caller had tried online before.
func (d *Step) hasNews(f *facts, before *schemas.OpenDecision) bool {
	// Only what has been added is news. A fact that is gone does not interrupt an agent.
	return uint64(f.flags)&^uint64(before.Flags) != 0 || f.duties&^uint64(before.Duties) != 0 || f.known&^uint64(before.Facts) != 0 ||
		before.Failures == 0 && f.Failures > 0
}

// treatment is how an action is carried out: by the service that a red flag demands, or as its reason wants.
func (d *Step) treatment(a *Action) string {
	if a.isGrave() {
		return d.catalogue.flags[d.Judge.flag].service
	}
	return a.treatments[d.about]
}

// switchBy is by how much another reason must be likelier before a call is sent to another queue.
// A caller who is sent to another queue waits from the beginning.
const switchBy = 0.2

// treatedAs is the reason that the treatment follows: that of the decision before in the same contact,
// unless another is clearly likelier.
func (d *Step) treatedAs(j *person.Journey, f *facts) int {
	before := d.sameContact(j, f)
	// A new action follows what is likeliest now; only the one that is being carried out is not turned
	// around.
	// Without a decision before there is nothing to stay with.
	if before == nil || before.Action != d.catalogue.Actions[d.Judge.Chosen].ID {
		return f.top
	}
	if r := d.taxonomy.Index(before.Top); r >= 0 && f.p[f.top]-f.p[r] < switchBy {
		return r
	}
	return f.top
}

// contactKey is the key of the contact that a decision is for, or empty outside one.
func contactKey(j *person.Journey, f *facts) string {
	if f.InContact {
		return person.KeyOf(j.Contact)
	}
	return ""
}

// remember keeps the decision, the outreach that it is, and when it ends.
// It runs after the record was emitted, which still compares with the decision before.
func (d *Step) remember(ctx *pipeline.Context, j *person.Journey, f *facts, a *Action, live *schemas.OpenDecision) {
	s, v := &j.Person.Policy, &j.Decision
	// What was replaced before it reached anybody is not counted against the patient.
	if live != nil && (live.Action != a.ID || live.Channel != v.Action.Channel) {
		// live is still in s.Open here, and is replaced below.
		takeBack(s, live, d.now, schemas.Millis(d.catalogue.Policy.Recall.Milliseconds()))
	}
	open := &s.Open
	ref, key := open.V.ContactRef, person.ContactOf(&open.V)
	// Cloned only where it is another: the journey's strings alias a record that the engine takes back.
	if is := contactKey(j, f); key != is {
		ref, key = "", strings.Clone(is)
		if f.InContact {
			ref = strings.Clone(j.Contact.ContactID)
		}
	}
	open.OK = true
	open.V = schemas.OpenDecision{
		DecisionID: strings.Clone(v.DecisionID), Action: a.ID, Treatment: v.Action.Treatment, Channel: v.Action.Channel, ContactRef: ref, ContactKey: key,
		Delivered: v.Delivered && !v.Cancelled, Closed: !v.Delivered || v.Cancelled, At: d.now, ExpiresAt: v.ExpiresAt,
		Duties: int64(f.duties), Facts: int64(f.known), Flags: int32(f.flags), Top: d.taxonomy.Reasons[d.about].Code, Failures: int32(f.Failures),
		Withheld: d.withheld(),
	}
	// After the decision has its id: an outcome names it.
	carryFlags(s, open.V.DecisionID)
	if a.Role == RoleNothing {
		return
	}
	// Caps and cool-downs look at no other actions. To keep all would fill the state with what agents saw.
	if d.Judge.channel[d.Judge.Chosen].outreach() || a.Again > 0 {
		// The list is cut where it grows, so that no timer has to.
		s.Sent = slices.DeleteFunc(s.Sent, func(x schemas.SentAction) bool { return d.now-x.At >= outreachKept })
		if len(s.Sent) >= maxSent {
			s.Sent = slices.Delete(s.Sent, 0, len(s.Sent)-maxSent+1)
		}
		s.Sent = append(s.Sent, schemas.SentAction{Action: a.ID, Channel: v.Action.Channel, Purpose: a.Purpose, At: d.now})
	}
	// Only in a contact somebody waits for what comes after an expiry. Elsewhere the next touchpoint is
	// soon enough.
	if f.InContact {
		// One timer a person: a new decision moves it.
		ctx.SetTimer(pipeline.Timer{At: pipeline.Time(v.ExpiresAt), Channels: person.ChannelBit(schemas.ChannelCall), Kind: timerExpiry, Key: j.PersonRef.Reveal()})
	}
}

// OwnsTimer tells decide's timers.
func (d *Step) OwnsTimer(kind uint8) bool { return kind == timerExpiry }

// OnTimer decides anew for a contact whose decision has expired.
// It returns whether the journey is to be decided anew.
func (d *Step) OnTimer(_ *pipeline.Context, t pipeline.Timer, j *person.Journey, load func(person string) bool) (bool, error) {
	if !load(t.Key) {
		return false, nil
	}
	// The timer may be of a decision that was replaced since: the one in force has its own time.
	open := &j.Person.Policy.Open
	if !open.OK || open.V.Closed || open.V.ExpiresAt > schemas.Millis(t.At) {
		return false, nil
	}
	// The journey becomes one whose trigger is the timer.
	return j.Fired(t), nil
}
