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
	Trigger Trigger
	// TriggerID is the event id of the record, or the identity of the timer.
	TriggerID string
	// At is the event time of the trigger.
	At pipeline.Time
	// Known is when the trigger became known: At, or when the source system took a fact of the health record in.
	// A result is final for half an hour before anybody outside the laboratory hears of it, and what the patient
	// has done meanwhile is known by then.
	Known pipeline.Time
	// AsOf is the time as of which the person is judged, policy's "now": Known, or the newest word of a
	// contact under way where that is later. A slow source's news of this morning must not turn the clock
	// of a call back.
	AsOf pipeline.Time
	// PersonRef is the person's pseudonym.
	PersonRef schemas.PersonRef

	// Identified is the record as it came; nil for timers.
	Identified *schemas.Identified
	// Touchpoint is nil unless Trigger is TriggerTouchpoint.
	Touchpoint *schemas.Touchpoint
	// Consent is nil unless Trigger is TriggerConsent; decide keeps it in Person.Policy.
	Consent *schemas.Consent
	// Outcome is nil unless Trigger is TriggerOutcome.
	Outcome *schemas.ActionOutcome
	// Timer is zero unless Trigger is TriggerTimer.
	Timer pipeline.Timer

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
	Judged pipeline.Time
	// Late says that a window could not take it, LateWindows which; Judged is the watermark that said so.
	Late        bool
	LateWindows []string

	// Persona is the fold of Shards and Person after the trigger, as of At.
	Persona schemas.Persona
	// Failed are the digital steps that failed in the 24 h before At, over all shards, newest last.
	Failed []schemas.FailedStep
	// Reasons are the known reasons of earlier contacts over all shards, newest last.
	Reasons []schemas.PastReason
	// Overdue is how many open loops are past their due time.
	Overdue int
	// Deceased: the health record says so. Nothing is offered any more.
	Deceased bool

	// Session is the open session that took the touchpoint, or nil (health-record facts have none).
	Session *schemas.OpenSession
	// Contact is the phone contact that the trigger belongs to or that is in progress, or nil.
	Contact *schemas.OpenContact
	// ContactPhase says where in it the trigger stands.
	ContactPhase ContactPhase
	// LastResort is the verdict of the step of that name.
	LastResort LastResort

	// FactsChanged says that figures of the person's contacts may have become others.
	FactsChanged bool

	// Prediction is what the model says, valid where Predicted.
	Prediction schemas.Prediction
	// Predicted: Prediction is of this trigger.
	Predicted bool
	// Decision is what was decided for this trigger, valid where Decided.
	Decision schemas.NextBestAction
	// Decided: a decision was made, which may be to do nothing.
	Decided bool

	// Stop ends the chain after the step that sets it.
	Stop bool

	// Marks has bit i where Shards[i] has been changed by a step. A person of more than 64 shards has the
	// rest in the last bit.
	Marks uint64
	// Who is the person that the task keeps.
	Who *Person
	// Index is Shard's place in Shards, or -1.
	Index int
	// recents is the walk that Recent begins.
	recents recents
	// Names are the task's words.
	Names Names
}

// Empty makes it a journey of nobody. It clears fields and not all of the struct, most of which is
// persona, prediction and decision: these are filled anew where they are used, into the lists they have.
func (j *Journey) Empty() {
	j.Trigger, j.TriggerID, j.At, j.Known, j.AsOf, j.PersonRef = 0, "", 0, 0, 0, ""
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
	// TriggerTouchpoint: a patient did something, or the health record says something of them.
	TriggerTouchpoint Trigger = iota + 1
	// TriggerConsent: what may be done has changed.
	TriggerConsent
	// TriggerOutcome: what became of an action.
	TriggerOutcome
	// TriggerTimer: time has passed without anything happening.
	TriggerTimer
	// TriggerMoved: a shard of the person has arrived while a contact is in progress.
	TriggerMoved
)

// ContactPhase is where a touchpoint stands in a phone contact.
type ContactPhase uint8

// The phases. Disposition may follow ended, with the reason.
const (
	// ContactNone: no contact.
	ContactNone ContactPhase = iota
	// ContactStarted: its first touchpoint.
	ContactStarted
	// ContactInProgress: a further one.
	ContactInProgress
	// ContactEnded: ended or abandoned, reason not yet known.
	ContactEnded
	// ContactDisposition: its reason became known: Touchpoint.Body.Call.Reason.
	ContactDisposition
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

// Own is what the task keeps of Shard, which must not be nil.
func (j *Journey) Own() *Owned { return &j.Who.Shards[j.Index] }

// MayHaveContacts is false where Shards[n] is known to keep no contact.
func (j *Journey) MayHaveContacts(n int) bool { return j.Who.Shards[n].mayHaveContacts() }

// MayBeInContact is false where no contact of Shards[n] is known to be in progress.
func (j *Journey) MayBeInContact(n int) bool { return j.Who.Shards[n].mayBeInContact() }

// Signals are those of the person, over all shards. They are valid until the next record; only this
// package changes them.
func (j *Journey) Signals(t *schemas.Taxonomy) *FoldedSignals { return j.Who.signalsOf(t) }

// OpenLoops are the person's open loops, newest last and at most MaxLoops, as of the last fold. They alias
// the cache, and last as long as it holds.
func (j *Journey) OpenLoops() []foldedLoop { return NewestOf(j.Who.lists.loops, MaxLoops) }

// OpenMoments says of a band for which horizons a moment is open: a bit each. Predict opens one only where
// none is, so that it need not walk through all exposures with each touchpoint.
func (j *Journey) OpenMoments(band int32) uint8 { return j.Who.Moments.Open(&j.Person.Policy)[band] }

// OpenMoment notes that a moment has been opened in Person.Policy for the horizons of a band, a bit each.
func (j *Journey) OpenMoment(band int32, horizons uint8) {
	j.Who.Moments.Open(&j.Person.Policy)[band] = horizons
}

// ForgetMoments says that moments of Person.Policy have been told: which are open is worked out anew.
func (j *Journey) ForgetMoments() { j.Who.Moments.Has = false }

// Recent walks the last touchpoints over all shards, the trigger's included, newest first. There is one
// walk at a time.
func (j *Journey) Recent() *recents {
	j.recents.of(j.Who)
	return &j.recents
}

// Touched notes that a step has changed Shards[i]. Without it the change is in memory and not in the
// changelog, and is lost at the next restore.
func (j *Journey) Touched(i int) { j.Marks |= 1 << min(i, 63) }

// Fired makes the journey that of a timer. Its identity is its kind, key and time: the same after a replay,
// so that what follows from it has the same ids. It always returns true, for a step's OnTimer to return.
func (j *Journey) Fired(t pipeline.Timer) bool {
	j.Trigger, j.Timer, j.At = TriggerTimer, t, t.At
	j.TriggerID = "timer/" + strconv.Itoa(int(t.Kind)) + "/" + t.Key + "/" + strconv.FormatInt(int64(t.At), 10)
	return true
}

// TouchContact marks the shard that holds a contact as changed. The contact is told by its address, since
// contacts of two shards may have one id.
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
	// TimerSession: a session's gap may have passed. Key: owner/shard.
	TimerSession uint8 = 1
	// TimerForget: seen events may have expired. Key: owner/shard.
	TimerForget uint8 = 2
	// TimerOverdue: an open loop may be overdue. Key: owner/shard.
	TimerOverdue uint8 = 3
	// TimerWindow is the first of aggregate's kinds, 16 to 31.
	TimerWindow uint8 = 16
	// TimerPolicy is the first of decide's kinds, 32 to 47. Key: person.
	TimerPolicy uint8 = 32
	// TimerLimit is the limit's. Key: owner/shard.
	TimerLimit uint8 = 48
)

// ChannelBit is the watermark channel of a touchpoint's: that of its row in the table of channels. A
// channel that the table does not have drives no watermark: 0, which stands for all of them.
func ChannelBit(c schemas.Channel) pipeline.Channels {
	if c.Spec() == nil {
		return 0
	}
	return 1 << (c - 1)
}

// AllTouch are the watermark channels by which patients make themselves felt: what waits for a patient's
// steps waits for these, and not for a health record that is hours behind.
var AllTouch = felt()

// felt is the set of channels whose row says that they come from patients.
func felt() (set pipeline.Channels) {
	for _, c := range schemas.Channels() {
		if c.ByPatient {
			set |= ChannelBit(c.Channel)
		}
	}
	return set
}
