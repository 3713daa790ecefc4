package operators

import (
	"strconv"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

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
	defer p.timers.arm(ctx, o)
	defer p.touch(who, i)
	now := schemas.Millis(t.At)
	switch t.Kind {
	case timerSession:
		closeSessions(o.state, now, p.config.Person.SessionGap) // counted as sessions before and after
	case timerForget:
		forgetSeen(o.state, now, p.config.Person.DuplicateTTL)
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
	p.changes.note(who)
	return p.runChain(ctx, who, i)
}

// movedID names the arrival of a shard as a trigger.
func movedID(in *schemas.Identified) string {
	return "moved/" + strings.Clone(in.Shard) + "/" + strconv.Itoa(int(in.Epoch))
}
