package patient

import (
	"strconv"
	"strings"

	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// shardTimer fires one of them.
func (p *patient) shardTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	owner, shard := person.SplitKey(t.Key)
	who := p.Person(owner)
	if who == nil {
		return nil
	}
	i := who.Find(shard)
	if i < 0 {
		return nil
	}
	o := &who.Shards[i]
	o.Armed[t.Kind-person.TimerSession] = 0
	defer p.timers.Arm(ctx, o)
	defer p.Touch(who, i)
	now := schemas.Millis(t.At)
	switch t.Kind {
	case person.TimerSession:
		observe.CloseSessions(o.State, now, p.config.Person.SessionGap) // counted as sessions before and after
	case person.TimerForget:
		observe.ForgetSeen(o.State, now, p.config.Person.DuplicateTTL)
		p.contacts.Forget(o.State, now)
		p.config.Person.ForgetFigures(o.State, now)
	case person.TimerOverdue:
		return p.overdue(ctx, who, i, now)
	}
	return nil
}

// overdue marks the loops that are past their due time and, where they are still open, runs the
// chain: nobody has answered, and the patient may be about to call.
func (p *patient) overdue(ctx *pipeline.Context, who *person.Person, i int, now schemas.Millis) error {
	if !p.folder.MarkOverdue(who, i, now) {
		return nil
	}
	j := p.begin(who, i)
	j.Trigger, j.At = person.TriggerTimer, pipeline.Time(now)
	j.Timer = pipeline.Timer{At: j.At, Channels: person.AllTouch, Kind: person.TimerOverdue, Key: strings.Clone(who.Shards[i].Key)}
	j.TriggerID = "overdue/" + who.Shards[i].Name + "/" + strconv.FormatInt(int64(now), 10)
	p.changes.Note(who)
	return p.runChain(ctx, who, i)
}

// movedID names the arrival of a shard as a trigger.
func movedID(in *schemas.Identified) string {
	return "moved/" + strings.Clone(in.Shard) + "/" + strconv.Itoa(int(in.Epoch))
}
