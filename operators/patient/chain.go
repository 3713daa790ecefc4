package patient

import (
	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/pipeline"
)

// newChain makes the steps of the PATIENT task, in their order. Each step relies on those before it:
// nothing is predicted of a touchpoint that is a duplicate, and decide reads what predict says. aggregate
// is last, so that it counts what the others have found out.
func newChain(s *pipeline.Setup, c *Config, p *patient) ([]Step, error) {
	// decide gets the step that predicts, too: it reads the evidence and the odds there, without a copy.
	predict, err := predict.New(s, &c.Emit, c.Taxonomy, c.Model, c.Flags, c.Predict)
	if err != nil {
		return nil, err
	}
	aggregate, err := aggregate.New(s, &c.Emit, c.Aggregate, &c.Person)
	if err != nil {
		return nil, err
	}
	return append(ownSteps(s, c, p), predict, decide.New(s, &c.Emit, c.Taxonomy, c.Catalogue, c.Brief, predict), aggregate), nil
}

// ownSteps are those up to last-resort: what is known of the person, before anything is made of it. A
// duplicate comes before the limit, so that a sender's copies do not use up its rate; lateness comes after
// both, so that the late topic has what counts and nothing else.
func ownSteps(s *pipeline.Setup, c *Config, p *patient) []Step {
	steps := []Step{&observe.Deduplicate{Ttl: c.Person.DuplicateTTL, Most: c.Observe.MaxSeen, Rejects: p.rejects, Timers: &p.timers}}
	// Without a limit there is no step, and no store that it would keep.
	if c.Observe.Limit.PerMinute > 0 {
		steps = append(steps, observe.NewLimit(s, &c.Observe.Limit, p.rejects))
	}
	return append(steps,
		// From here on the touchpoint is accepted.
		&lateness{patient: p, lates: emit.NewRejecter(s, &c.Emit, c.Emit.Topics.Late)},
		&observe.Sessionize{Gap: c.Person.SessionGap, Timers: &p.timers},
		// Contacts before the persona: what a call's event weighs depends on where in the contact it
		// stands.
		&p.contacts,
		&observe.Persona{Config: &c.Person, MessageSLA: c.Observe.MessageSLA, Folder: &p.folder, Timers: &p.timers, Changes: &p.changes, Names: p.Names},
		// Last, when the failed steps are folded over all shards.
		observe.LastResort{},
	)
}
