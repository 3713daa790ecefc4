package person

import (
	"math"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// unarmed says that a timer is not set: any time is earlier.
const unarmed = schemas.Millis(math.MaxInt64)

// noneArmed is what a shard begins with, here or anew: where it was before, its timers were cleared.
var noneArmed = [3]schemas.Millis{unarmed, unarmed, unarmed}

// ShardTimers sets the three timers of a shard. They follow from its state, so that a shard that has moved
// is armed anew where it arrives. A timer is set no more often than it fires: one that finds that its time
// has moved on sets itself again. So a busy shard does not write its timer with each touchpoint.
type ShardTimers struct{ Config *Config }

// Set sets a timer of a shard unless an earlier one of the kind is set. Mostly one is: the shard knows. It
// waits for the channels of patients, as what it is about are a patient's steps; the one that forgets waits
// until nothing is under way that would need what it forgets.
func (t *ShardTimers) Set(ctx *pipeline.Context, kind uint8, o *Owned, at schemas.Millis) {
	// What is armed is in memory only: after a restart it is looked up once.
	armed := &o.Armed[kind-TimerSession]
	if *armed == 0 {
		*armed = unarmed
		if old, ok := ctx.TimerAt(kind, o.Key); ok {
			*armed = schemas.Millis(old)
		}
	}
	if *armed <= at {
		return
	}
	*armed = at
	channels := AllTouch
	if kind == TimerForget {
		channels |= pipeline.Settled
	}
	ctx.SetTimer(pipeline.Timer{At: pipeline.Time(at), Channels: channels, Kind: kind, Key: o.Key})
}

// Fired says that a timer of the shard is no longer set.
func (o *Owned) Fired(kind uint8) { o.Armed[kind-TimerSession] = unarmed }

// session returns when the first of the open sessions ends, false where none is open.
func (t *ShardTimers) session(st *schemas.ShardState) (at schemas.Millis, ok bool) {
	for i := range st.Sessions {
		// A session ends when its gap has passed without a touchpoint.
		if end := st.Sessions[i].Last + t.Config.SessionGap; !ok || end < at {
			at, ok = end, true
		}
	}
	return at, ok
}

// Overdue returns when the first open loop falls due, false where none will.
func (t *ShardTimers) Overdue(st *schemas.ShardState) (at schemas.Millis, ok bool) {
	for i := range st.Loops {
		// A loop that is marked has been told of, and is no longer waited for.
		if l := &st.Loops[i]; l.DueAt != 0 && !l.Overdue && (!ok || l.DueAt < at) {
			at, ok = l.DueAt, true
		}
	}
	return at, ok
}

// forget returns when nothing that is only remembered for a while is left. One timer at the end serves all:
// what is over sooner does no harm, as its list is bounded.
func (t *ShardTimers) forget(st *schemas.ShardState) (at schemas.Millis, ok bool) {
	for i := range st.Seen {
		at, ok = max(at, st.Seen[i].OccurredAt+t.Config.DuplicateTTL+1), true
	}
	for i := range st.Contacts {
		// Each is kept for its TTL after its last touchpoint; a millisecond more, and it is over.
		at, ok = max(at, st.Contacts[i].LastAt+t.Config.ContactTTL+1), true
	}
	// What figures rest on is kept for as long as they are corrected.
	for i := range st.FailedSteps {
		at, ok = max(at, st.FailedSteps[i].At+t.Config.stepTTL()+1), true
	}
	if n := len(st.DigitalSteps); n > 0 {
		at, ok = max(at, st.DigitalSteps[n-1].At+t.Config.tiedTTL()+1), true
	}
	for i := range st.ContactParts {
		at, ok = max(at, st.ContactParts[i].LastAt+t.Config.partTTL()+1), true
	}
	return at, ok
}

// Arm sets the timers of a shard that has moved in, or of which one has fired.
func (t *ShardTimers) Arm(ctx *pipeline.Context, o *Owned) {
	// A timer whose time has passed already fires with the next watermark.
	if at, ok := t.session(o.State); ok {
		t.Set(ctx, TimerSession, o, at)
	}
	if at, ok := t.Overdue(o.State); ok {
		t.Set(ctx, TimerOverdue, o, at)
	}
	if at, ok := t.forget(o.State); ok {
		t.Set(ctx, TimerForget, o, at)
	}
}

// Disarm clears the timers of a shard that moves out. One that was left would find no shard, and keep its
// key for as long.
func (t *ShardTimers) Disarm(ctx *pipeline.Context, key string) {
	for _, kind := range []uint8{TimerSession, TimerForget, TimerOverdue} {
		ctx.ClearTimer(kind, key)
	}
}
