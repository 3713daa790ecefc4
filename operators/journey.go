package operators

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Journey is one trigger (a touchpoint, a consent, an outcome or a timer) on its way through the
// steps of a PATIENT task, with what is known of the person by then. Patient fills the first half
// and reuses the struct: everything in it is valid until the step returns, and what a step keeps
// must be copied into the states, which the task saves.
//
//	deduplicate → limit → lateness → sessionize → persona → last-resort → predict → decide → aggregate
type Journey struct {
	Trigger   Trigger
	TriggerID string        // event id of the record, or the identity of the timer
	At        pipeline.Time // event time of the trigger; policy's "now"
	PersonRef schemas.PersonRef

	Identified *schemas.Identified    // the record as it came; nil for timers
	Touchpoint *schemas.Touchpoint    // nil unless Trigger is TriggerTouchpoint
	Consent    *schemas.Consent       // nil unless Trigger is TriggerConsent; decide keeps it in Person.Policy
	Outcome    *schemas.ActionOutcome // nil unless Trigger is TriggerOutcome
	Timer      pipeline.Timer         // zero unless Trigger is TriggerTimer

	// Person is what is kept of the person as a whole, Shard the identifier shard that the
	// touchpoint belongs to (nil for outcomes and person-level timers), Shards all of the person's.
	// They may be changed in place: the task marks Person and Shard dirty after the chain; a step
	// that changes another of Shards calls Touched with its index. Shard.Signals and Person.Policy
	// belong to predict and decide: nothing before them writes there.
	Person *schemas.PersonState
	Shard  *schemas.ShardState
	Shards []*schemas.ShardState

	// Judged is the watermark by which the touchpoint is late or not: that of its own channel when
	// it first met a PATIENT task. Windows that hold touchpoints wait for that channel only.
	Judged      pipeline.Time
	Late        bool
	LateWindows []string // the windows that could not take it; Judged named the watermark

	// Persona is the fold of Shards and Person after the trigger, as of At.
	Persona schemas.Persona
	// Failed are the digital steps that failed in the 24 h before At, over all shards, newest last.
	Failed []schemas.FailedStep
	// Reasons are the known reasons of earlier contacts over all shards, newest last.
	Reasons []schemas.PastReason
	// Overdue is how many open loops are past their due time.
	Overdue  int
	Deceased bool

	// Session is the open session that took the touchpoint, or nil (health-record facts have none).
	Session *schemas.OpenSession
	// Contact is the phone contact that the trigger belongs to or that is in progress, or nil.
	Contact *schemas.OpenContact
	// ContactPhase says where in it the trigger stands.
	ContactPhase ContactPhase
	LastResort   LastResort

	// What later steps fill.
	Prediction schemas.Prediction
	Predicted  bool                   // Prediction holds this trigger's
	Decision   schemas.NextBestAction // as decided for this trigger
	Decided    bool

	// Stop ends the chain after the step that sets it.
	Stop bool

	touched uint64  // bit i: Shards[i] has been changed
	who     *person // whose it is
	index   int     // Shard's place in Shards, or -1
	recents recents
}

// empty makes it a journey of nobody. It clears fields and not all of the struct, most of which is
// persona, prediction and decision: these are filled anew where they are used, into the lists they have.
func (j *Journey) empty() {
	j.Trigger, j.TriggerID, j.At, j.PersonRef = 0, "", 0, ""
	j.Identified, j.Touchpoint, j.Consent, j.Outcome, j.Timer = nil, nil, nil, nil, pipeline.Timer{}
	j.Person, j.Shard, j.Shards = nil, nil, nil
	j.Judged, j.Late, j.LateWindows = 0, false, j.LateWindows[:0]
	j.Failed, j.Reasons, j.Overdue, j.Deceased = nil, nil, 0, false
	j.Session, j.Contact, j.ContactPhase, j.LastResort = nil, nil, ContactNone, LastResort{}
	j.Predicted, j.Decided, j.Stop = false, false, false
	j.touched, j.who, j.index = 0, nil, 0
}

// Trigger is what started a Journey.
type Trigger uint8

// The triggers.
const (
	TriggerTouchpoint Trigger = iota + 1
	TriggerConsent
	TriggerOutcome
	TriggerTimer
	TriggerMoved // a shard of the person has arrived while a contact is in progress
)

// ContactPhase is where a touchpoint stands in a phone contact.
type ContactPhase uint8

// The phases. Disposition may follow ended, with the reason.
const (
	ContactNone        ContactPhase = iota
	ContactStarted                  // its first touchpoint
	ContactInProgress               // a further one
	ContactEnded                    // ended or abandoned, reason not yet known
	ContactDisposition              // its reason became known: Touchpoint.Body.Call.Reason
)

// LastResort is the verdict of the last-resort step.
type LastResort struct {
	// Fired is true at the contact's first touchpoint only, while it may still stand in the queue.
	Fired bool
	// Active is true for the whole contact.
	Active bool
	// Steps are the failed digital steps before the contact, newest last; they alias Journey.Failed.
	Steps []schemas.FailedStep
}

// shard is what the task keeps of Shard.
func (j *Journey) shard() *owned { return &j.who.shards[j.index] }

// recent walks the last touchpoints over all shards, the trigger's included, newest first. There is one
// walk at a time.
func (j *Journey) recent() *recents {
	j.recents.of(j.who)
	return &j.recents
}

// Touched notes that a step has changed Shards[i].
func (j *Journey) Touched(i int) { j.touched |= 1 << min(i, 63) }

// step is one operator of the PATIENT chain. It is called for every trigger and skips those that it
// has no business with. An error of KindInvalid rejects the record, any other ends the task.
type step interface {
	process(ctx *pipeline.Context, j *Journey) error
}

// judge is a step with windows: it appends the names of those that can no longer take a touchpoint
// of event time at when the watermark of its channel is judged.
type judge interface {
	lateWindows(dst []string, at, judged pipeline.Time) []string
}

// timed is a step with timers of its own kinds (16 and above). ownsTimer tells them by kind. onTimer of a timer that concerns one
// person loads the person into j by load (false: no such person here), fills in Trigger and returns
// true to run the chain with it.
type timed interface {
	ownsTimer(kind uint8) bool
	onTimer(ctx *pipeline.Context, t pipeline.Timer, j *Journey, load func(person string) bool) (run bool, err error)
}

// policyMerger is the step that owns PersonState.Policy. When the last shard of a person has moved
// (a pseudonym that was linked), the new owner takes what was kept of the old one into its own.
type policyMerger interface {
	mergePolicy(dst, src *schemas.PolicyState)
}

// Steps may also implement pipeline.WatermarkHandler, TickHandler, CommitHandler and
// BroadcastHandler: the task hands these calls to each step in the order of the chain.

// Timer kinds of the PATIENT role. They are part of the state: a number is never used again.
const (
	timerSession uint8 = 1  // key: owner/shard; a session's gap may have passed
	timerForget  uint8 = 2  // key: owner/shard; seen events may have expired
	timerOverdue uint8 = 3  // key: owner/shard; an open loop may be overdue
	timerWindow  uint8 = 16 // 16..31: aggregate
	timerPolicy  uint8 = 32 // 32..47: decide, key: person
	timerLimit   uint8 = 48 // limit, key: owner/shard
)

// Channels of the topology, in this order: web, app, call, ehr. channelBit is the watermark channel
// of a touchpoint's.
func channelBit(c schemas.Channel) pipeline.Channels {
	if c == schemas.ChannelUnknown {
		return 0
	}
	return 1 << (c - 1)
}

// The watermark channels of the topology.
var (
	// channelNames lists them in the order of their numbers.
	channelNames = [...]string{"web", "app", "call", "ehr"}
)

const (
	// allTouch are the channels by which patients make themselves felt: what waits for a patient's
	// steps waits for these, and not for a health record that is hours behind.
	allTouch = pipeline.Channels(1<<0 | 1<<1 | 1<<2)
)
