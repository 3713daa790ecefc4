package patient

import (
	"github.com/attune-health/attune/operators/aggregate"
	"github.com/attune-health/attune/operators/decide"
	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/observe"
	"github.com/attune-health/attune/operators/predict"
	"github.com/attune-health/attune/pipeline"
)

// newChain makes the steps of the PATIENT task, in their order.
func newChain(s *pipeline.Setup, c *Config, p *patient) ([]Step, error) {
	predict, err := predict.New(s, &c.Emit, c.Taxonomy, c.Model)
	if err != nil {
		return nil, err
	}
	aggregate, err := aggregate.New(s, &c.Emit, c.Aggregate, &c.Person)
	if err != nil {
		return nil, err
	}
	return append(ownSteps(s, c, p), predict, decide.New(s, &c.Emit, c.Taxonomy, c.Catalogue, c.Brief, predict), aggregate), nil
}

// ownSteps are those up to last-resort: what is known of the person, before anything is made of it.
func ownSteps(s *pipeline.Setup, c *Config, p *patient) []Step {
	steps := []Step{&observe.Deduplicate{Ttl: c.Person.DuplicateTTL, Most: c.Observe.MaxSeen, Rejects: p.rejects, Timers: &p.timers}}
	if c.Observe.Limit.PerMinute > 0 {
		steps = append(steps, observe.NewLimit(s, &c.Observe.Limit, p.rejects))
	}
	return append(steps,
		&lateness{patient: p, lates: emit.NewRejecter(s, &c.Emit, c.Emit.Topics.Late)},
		&observe.Sessionize{Gap: c.Person.SessionGap, Timers: &p.timers},
		&p.contacts,
		&observe.Persona{Config: &c.Person, MessageSLA: c.Observe.MessageSLA, Folder: &p.folder, Timers: &p.timers, Changes: &p.changes, Names: p.Names},
		observe.LastResort{},
	)
}
