package operators

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// shardTimers sets the three timers of a shard. They follow from its state, so that a shard that has
// moved is armed anew where it arrives. A timer is set no more often than it fires: one that finds
// that its time has moved on sets itself again.
type shardTimers struct{ config *PersonConfig }

// set sets a timer of a shard unless an earlier one of the kind is set. Mostly one is: the shard knows.
func (t *shardTimers) set(ctx *pipeline.Context, kind uint8, o *owned, at schemas.Millis) {
	armed := &o.armed[kind-timerSession]
	if *armed == 0 {
		if old, ok := ctx.TimerAt(kind, o.key); ok {
			*armed = schemas.Millis(old)
		}
	}
	if *armed != 0 && *armed <= at {
		return
	}
	*armed = at
	ctx.SetTimer(pipeline.Timer{At: pipeline.Time(at), Channels: allTouch, Kind: kind, Key: o.key})
}

// session returns when the first of the open sessions ends.
func (t *shardTimers) session(st *schemas.ShardState) (at schemas.Millis, ok bool) {
	for i := range st.Sessions {
		if end := st.Sessions[i].Last + t.config.SessionGap; !ok || end < at {
			at, ok = end, true
		}
	}
	return at, ok
}

// overdue returns when the first open loop falls due.
func (t *shardTimers) overdue(st *schemas.ShardState) (at schemas.Millis, ok bool) {
	for i := range st.Loops {
		if l := &st.Loops[i]; l.DueAt != 0 && !l.Overdue && (!ok || l.DueAt < at) {
			at, ok = l.DueAt, true
		}
	}
	return at, ok
}

// forget returns when nothing that is only remembered for a while is left.
func (t *shardTimers) forget(st *schemas.ShardState) (at schemas.Millis, ok bool) {
	for i := range st.Seen {
		at, ok = max(at, st.Seen[i].OccurredAt+t.config.DuplicateTTL+1), true
	}
	for i := range st.Contacts {
		at, ok = max(at, st.Contacts[i].LastAt+t.config.ContactTTL+1), true
	}
	return at, ok
}

// arm sets the timers of a shard that has moved in.
func (t *shardTimers) arm(ctx *pipeline.Context, o *owned) {
	if at, ok := t.session(o.state); ok {
		t.set(ctx, timerSession, o, at)
	}
	if at, ok := t.overdue(o.state); ok {
		t.set(ctx, timerOverdue, o, at)
	}
	if at, ok := t.forget(o.state); ok {
		t.set(ctx, timerForget, o, at)
	}
}

// disarm clears the timers of a shard that moves out.
func (t *shardTimers) disarm(ctx *pipeline.Context, key string) {
	for _, kind := range []uint8{timerSession, timerForget, timerOverdue} {
		ctx.ClearTimer(kind, key)
	}
}
