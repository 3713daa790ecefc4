package patient

import (
	"strconv"
	"strings"

	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// shardTimer fires a timer of a shard: a session, what may be forgotten, or a loop that is overdue.
// Afterwards the shard's timers are set for what is next. Person and shard may have gone since: then it
// says nothing.
func (p *patient) shardTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	owner, shard := person.SplitKey(t.Key)
	who := p.Person(owner)
	if who == nil {
		return nil
	}
	// The shard may have moved since; its timers were cleared, but one may have been due already.
	i := who.Find(shard)
	if i < 0 {
		return nil
	}
	o := &who.Shards[i]
	// It has fired, and is no longer set.
	o.Fired(t.Kind)
	// Deferred, so that it is done whatever the chain returns: Touch first, then Arm, by what is left.
	defer p.timers.Arm(ctx, o)
	defer p.Touch(who, i)
	// The timer's time counts, and not the watermark, which may be far ahead: a replay does the same
	// however it is driven.
	now := schemas.Millis(t.At)
	switch t.Kind {
	case person.TimerSession:
		// Sessions count the same before and after: no persona changes.
		observe.CloseSessions(o.State, now, p.config.Person.SessionGap)
	case person.TimerForget:
		observe.ForgetSeen(o.State, now, p.config.Person.DuplicateTTL)
		p.contacts.Forget(o.State, now)
		p.config.Person.ForgetFigures(o.State, now)
	case person.TimerOverdue:
		return p.overdue(ctx, who, i, now)
	}
	return nil
}

// overdue marks the loops that are past their due time and, where they are still open, runs the chain:
// nobody has answered, and the patient may be about to call. Where another shard has closed them there is
// nothing to tell, and the chain does not run.
func (p *patient) overdue(ctx *pipeline.Context, who *person.Person, i int, now schemas.Millis) error {
	if !p.folder.MarkOverdue(who, i, now) {
		return nil
	}
	// The journey is made by hand, as no record has come.
	j := p.begin(who, i)
	j.Trigger, j.At = person.TriggerTimer, pipeline.Time(now)
	j.Timer = pipeline.Timer{At: j.At, Channels: person.AllTouch, Kind: person.TimerOverdue, Key: strings.Clone(who.Shards[i].Key)}
	// Shard and time name the trigger: a replay gives the same ids to what follows from it.
	j.TriggerID = "overdue/" + who.Shards[i].Name + "/" + strconv.FormatInt(int64(now), 10)
	// An overdue message is a failed step, which the persona tells.
	p.changes.Note(who)
	return p.runChain(ctx, who, i)
}

// movedID names the arrival of a shard as a trigger: by its epoch, as it may come and go several times.
func movedID(in *schemas.Identified) string {
	return "moved/" + strings.Clone(in.Shard) + "/" + strconv.Itoa(int(in.Epoch))
}
