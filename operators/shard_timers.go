package operators

import (
	"strconv"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// shardTimers sets the three timers of a shard. They follow from its state, so that a shard that has
// moved is armed anew where it arrives. A timer is set no more often than it fires: one that finds
// that its time has moved on sets itself again.
type shardTimers struct{ config *PersonaConfig }

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
func (p *patient) arm(ctx *pipeline.Context, o *owned) {
	if at, ok := p.timers.session(o.state); ok {
		p.timers.set(ctx, timerSession, o, at)
	}
	if at, ok := p.timers.overdue(o.state); ok {
		p.timers.set(ctx, timerOverdue, o, at)
	}
	if at, ok := p.timers.forget(o.state); ok {
		p.timers.set(ctx, timerForget, o, at)
	}
}

// disarm clears the timers of a shard that moves out.
func (p *patient) disarm(ctx *pipeline.Context, key string) {
	for _, kind := range []uint8{timerSession, timerForget, timerOverdue} {
		ctx.ClearTimer(kind, key)
	}
}

// shardTimer fires one of them.
func (p *patient) shardTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	owner, shard := splitKey(t.Key)
	who := p.person(owner)
	if who == nil {
		return nil
	}
	i := who.find(shard)
	if i < 0 {
		return nil
	}
	o := &who.shards[i]
	o.armed[t.Kind-timerSession] = 0
	defer p.arm(ctx, o)
	defer p.touch(who, i)
	now := schemas.Millis(t.At)
	switch t.Kind {
	case timerSession:
		closeSessions(o.state, now, p.config.Persona.SessionGap) // counted as sessions before and after
	case timerForget:
		forgetSeen(o.state, now, p.config.Persona.DuplicateTTL)
		p.contacts.forget(o.state, now)
	case timerOverdue:
		return p.overdue(ctx, who, i, now)
	}
	return nil
}

// overdue marks the loops that are past their due time and, where they are still open, runs the
// chain: nobody has answered, and the patient may be about to call.
func (p *patient) overdue(ctx *pipeline.Context, who *person, i int, now schemas.Millis) error {
	if !p.folder.markOverdue(who, i, now) {
		return nil
	}
	j := p.begin(who, i)
	j.Trigger, j.At = TriggerTimer, pipeline.Time(now)
	j.Timer = pipeline.Timer{At: j.At, Channels: allTouch, Kind: timerOverdue, Key: strings.Clone(who.shards[i].key)}
	j.TriggerID = "overdue/" + who.shards[i].name + "/" + strconv.FormatInt(int64(now), 10)
	p.change(who)
	return p.runChain(ctx, who, i)
}

// movedID names the arrival of a shard as a trigger.
func movedID(in *schemas.Identified) string {
	return "moved/" + strings.Clone(in.Shard) + "/" + strconv.Itoa(int(in.Epoch))
}
