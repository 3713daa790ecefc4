package patient

import (
	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Step is one operator of the PATIENT chain. It is called for every trigger and skips those that it has no
// business with. An error of KindInvalid rejects the record, any other ends the task. What it keeps is
// state, or is copied from the journey, which is used anew.
type Step interface {
	Process(ctx *pipeline.Context, j *person.Journey) error
}

// judge is a step with windows: it appends the names of those that can no longer take a touchpoint of a channel
// and event time when the watermark of its channel is judged. gone: some of them are kept no longer, so that
// they do not even count it as dropped.
type judge interface {
	LateWindows(ctx *pipeline.Context, dst []string, c schemas.Channel, at, judged pipeline.Time) (late []string, gone bool)
}

// timed is a step with timers of its own kinds (16 and above). OwnsTimer tells them by kind. OnTimer of a
// timer that concerns one person loads the person into j by load (false: no such person here), fills in
// Trigger and returns true to run the chain with it.
type timed interface {
	OwnsTimer(kind uint8) bool
	OnTimer(ctx *pipeline.Context, t pipeline.Timer, j *person.Journey, load func(person string) bool) (run bool, err error)
}

// policyMerger is the step that owns PersonState.Policy. When the last shard of a person has moved (a
// pseudonym that was linked), the new owner takes what was kept of the old one into its own: consents above
// all, which hold for the patient and not for the device on which they were given.
type policyMerger interface {
	MergePolicy(dst, src *schemas.PolicyState)
}

// regrouped is a step whose figures rest on all of a person's shards. It is told when they have become
// others, of the old owner and of the new one.
type regrouped interface {
	Regrouped(ctx *pipeline.Context, j *person.Journey) error
}

// Steps may also implement pipeline.WatermarkHandler, TickHandler, CommitHandler and
// BroadcastHandler: the task hands these calls to each step in the order of the chain.
