package observe

import (
	"github.com/attune-health/attune/operators/exact"
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Persona folds a touchpoint into its shard, and then the person's shards into the Journey. What a shard
// keeps is ordered by event time, so that it does not depend on the order of arrival; only signals that
// look back (a second failed login, a redial) see what had arrived by then. Figures that must not depend on
// it leave those out (effect.derived).
type Persona struct {
	// Config has the half-lives.
	Config *person.Config
	// MessageSLA is after how long an unanswered message is overdue.
	MessageSLA schemas.Millis
	// Folder, Timers, Changes and Names are the task's: this step uses them, and owns none.
	Folder  *person.Folder
	Timers  *person.ShardTimers
	Changes *person.Changes
	Names   person.Names
}

// Process folds the touchpoint into its shard, and the shards into Journey.Persona. An outcome of an action
// changes no persona; whatever else triggers may, so that the persona is emitted with the commit.
func (p *Persona) Process(ctx *pipeline.Context, j *person.Journey) error {
	if j.Touchpoint != nil {
		p.Apply(ctx, j)
	}
	if j.Trigger != person.TriggerOutcome {
		p.Changes.Note(j.Who)
	}
	p.Folder.Fold(j)
	return nil
}

// Apply folds the touchpoint into its shard. Figures first, so that they are stated as of a time that is
// not earlier than the touchpoint; then what it has broken, opened and closed; and it is remembered last,
// or it would find itself when it looks back.
func (p *Persona) Apply(ctx *pipeline.Context, j *person.Journey) {
	st, t := j.Shard, j.Touchpoint
	person.Takeover(st)
	p.decay(st, t.OccurredAt)
	// Late touchpoints weigh less: as much as would be left of them by the time of the figures.
	weight := exact.Decayed(float64(st.DecayedAt-t.OccurredAt), float64(p.Config.ActivityHalfLife))
	p.count(st, t, weight)
	// The effect looks back at the shard as it was before this touchpoint.
	e := p.effectOf(j)
	st.Effort += float64(e.effort * weight)
	st.Strain += float64(e.strain * exact.Decayed(float64(st.DecayedAt-t.OccurredAt), float64(p.Config.StrainHalfLife)))
	if e.failure != schemas.FailureKindUnknown {
		if j.Session != nil {
			j.Session.Failed++
		}
		// Two lists: this one is what the brief names, and forgets what was put right; the other is for
		// figures.
		j.AddFailed(schemas.FailedStep{At: t.OccurredAt, Channel: t.Channel, Kind: e.failure, Page: e.page, Reason: e.reason})
		if !e.derived {
			j.KeepFailedStep(e.failure, e.page, e.reason)
		}
	}
	// As the touchpoint says it: the effect's reason may be that of what it puts right or breaks off.
	if reason := t.Body.Web.Reason; t.Channel == schemas.ChannelWeb && reason != "" {
		j.KeepTiedStep(p.Names.Keep(reason))
	} else if reason := t.Body.App.Reason; t.Channel == schemas.ChannelApp && reason != "" {
		j.KeepTiedStep(p.Names.Keep(reason))
	}
	if e.opens != "" {
		j.OpenLoop(schemas.ShardLoop{Kind: e.opens, Reason: e.reason, Ref: e.ref, Since: t.OccurredAt, DueAt: e.due})
		// Not e.due: an older loop may fall due sooner, and OpenLoop may have found this one closed.
		if at, ok := p.Timers.Overdue(st); ok {
			p.Timers.Set(ctx, person.TimerOverdue, j.Own(), at)
		}
	}
	for _, kind := range e.closes {
		j.CloseLoops(schemas.Closing{Kind: kind, Reason: e.reason, Ref: e.ref, At: t.OccurredAt})
	}
	j.Remember(schemas.RecentStep{At: t.OccurredAt, Channel: t.Channel, Event: e.event, Page: e.page, Reason: e.reason, Found: e.found})
}

// decay states the shard's decayed figures as of a newer event time. An older one changes nothing: decay is
// not turned back, which would cost precision each time.
func (p *Persona) decay(st *schemas.ShardState, at schemas.Millis) {
	// The first touchpoint: there is nothing to decay.
	if st.DecayedAt == 0 {
		st.DecayedAt = at
	}
	if at <= st.DecayedAt {
		return
	}
	// One factor for all figures of one half-life.
	passed := float64(at - st.DecayedAt)
	f := exact.Decayed(passed, float64(p.Config.ActivityHalfLife))
	channels := schemas.Channels()
	for i := range channels {
		*channels[i].ShardActivity(st) *= f
	}
	st.Effort *= f
	st.Strain *= exact.Decayed(passed, float64(p.Config.StrainHalfLife))
	st.DecayedAt = at
}

// count adds the touchpoint to counts and activity. The language is the last one by event time.
func (p *Persona) count(st *schemas.ShardState, t *schemas.Touchpoint, weight float64) {
	st.Touchpoints++
	st.AsOf = max(st.AsOf, t.OccurredAt)
	if t.Language.OK && t.Language.V != "" && t.OccurredAt >= st.LanguageAt {
		st.Language, st.LanguageAt = p.Names.Keep(t.Language.V), t.OccurredAt
	}
	// Per channel, for which one a patient prefers (person.Inferred).
	if c := t.Channel.Spec(); c != nil {
		*c.ShardActivity(st) += weight
	}
}
