package person

import (
	"strconv"

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
	At        pipeline.Time // event time of the trigger
	AsOf      pipeline.Time // what is known then is what counts: At, or the newest word of a contact under way where that is later
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

	// FactsChanged says that figures of the person's contacts may have become others.
	FactsChanged bool

	// What later steps fill.
	Prediction schemas.Prediction
	Predicted  bool                   // Prediction holds this trigger's
	Decision   schemas.NextBestAction // as decided for this trigger
	Decided    bool

	// Stop ends the chain after the step that sets it.
	Stop bool

	Marks   uint64  // bit i: Shards[i] has been changed
	Who     *Person // whose it is
	Index   int     // Shard's place in Shards, or -1
	recents recents
	Names   Names // the task's words
}

// Empty makes it a journey of nobody. It clears fields and not all of the struct, most of which is
// persona, prediction and decision: these are filled anew where they are used, into the lists they have.
func (j *Journey) Empty() {
	j.Trigger, j.TriggerID, j.At, j.AsOf, j.PersonRef = 0, "", 0, 0, ""
	j.Identified, j.Touchpoint, j.Consent, j.Outcome, j.Timer = nil, nil, nil, nil, pipeline.Timer{}
	j.Person, j.Shard, j.Shards = nil, nil, nil
	j.Judged, j.Late, j.LateWindows = 0, false, j.LateWindows[:0]
	j.Failed, j.Reasons, j.Overdue, j.Deceased = nil, nil, 0, false
	j.Session, j.Contact, j.ContactPhase, j.LastResort = nil, nil, ContactNone, LastResort{}
	j.Predicted, j.Decided, j.Stop, j.FactsChanged = false, false, false, false
	j.Marks, j.Who, j.Index = 0, nil, 0
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

// Own is what the task keeps of Shard.
func (j *Journey) Own() *Owned { return &j.Who.Shards[j.Index] }

// MayHaveContacts is false where Shards[n] is known to keep no contact.
func (j *Journey) MayHaveContacts(n int) bool { return j.Who.Shards[n].mayHaveContacts() }

// MayBeInContact is false where no contact of Shards[n] is known to be in progress.
func (j *Journey) MayBeInContact(n int) bool { return j.Who.Shards[n].mayBeInContact() }

// Signals are those of the person, over all shards. They are valid until the next record; only this
// package changes them.
func (j *Journey) Signals(t *schemas.Taxonomy) *FoldedSignals { return j.Who.signalsOf(t) }

// OpenLoops are the person's open loops, newest last and at most maxLoops, as of the last fold.
func (j *Journey) OpenLoops() []foldedLoop { return NewestOf(j.Who.lists.loops, MaxLoops) }

// OpenMoments says of a band for which horizons a moment is open: a bit each.
func (j *Journey) OpenMoments(band int32) uint8 { return j.Who.Moments.Open(&j.Person.Policy)[band] }

// OpenMoment notes that a moment has been opened in Person.Policy for the horizons of a band, a bit each.
func (j *Journey) OpenMoment(band int32, horizons uint8) {
	j.Who.Moments.Open(&j.Person.Policy)[band] = horizons
}

// ForgetMoments says that moments of Person.Policy have been told.
func (j *Journey) ForgetMoments() { j.Who.Moments.Has = false }

// Recent walks the last touchpoints over all shards, the trigger's included, newest first. There is one
// walk at a time.
func (j *Journey) Recent() *recents {
	j.recents.of(j.Who)
	return &j.recents
}

// Touched notes that a step has changed Shards[i].
func (j *Journey) Touched(i int) { j.Marks |= 1 << min(i, 63) }

// Fired makes the journey that of a timer. Its identity is its kind, key and time: the same after a
// replay.
func (j *Journey) Fired(t pipeline.Timer) bool {
	j.Trigger, j.Timer, j.At = TriggerTimer, t, t.At
	j.TriggerID = "timer/" + strconv.Itoa(int(t.Kind)) + "/" + t.Key + "/" + strconv.FormatInt(int64(t.At), 10)
	return true
}

// TouchContact marks the shard that holds a contact as changed.
func (j *Journey) TouchContact(o *schemas.OpenContact) {
	for n, st := range j.Shards {
		for i := range st.Contacts {
			if &st.Contacts[i] == o {
				j.Touched(n)
			}
		}
	}
}

// Timer kinds of the PATIENT role. They are part of the state: a number is never used again.
const (
	TimerSession uint8 = 1  // key: owner/shard; a session's gap may have passed
	TimerForget  uint8 = 2  // key: owner/shard; seen events may have expired
	TimerOverdue uint8 = 3  // key: owner/shard; an open loop may be overdue
	TimerWindow  uint8 = 16 // 16..31: aggregate
	TimerPolicy  uint8 = 32 // 32..47: decide, key: person
	TimerLimit   uint8 = 48 // limit, key: owner/shard
)

// ChannelBit is the watermark channel of a touchpoint's: that of its row in the table of channels.
func ChannelBit(c schemas.Channel) pipeline.Channels {
	if c.Spec() == nil {
		return 0
	}
	return 1 << (c - 1)
}

// AllTouch are the watermark channels by which patients make themselves felt: what waits for a patient's
// steps waits for these, and not for a health record that is hours behind.
var AllTouch = felt()

func felt() (set pipeline.Channels) {
	for _, c := range schemas.Channels() {
		if c.ByPatient {
			set |= ChannelBit(c.Channel)
		}
	}
	return set
}
