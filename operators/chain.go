package operators

import "github.com/attune-health/attune/pipeline"

// newChain makes the steps of the PATIENT task, in their order.
func newChain(s *pipeline.Setup, c *PatientConfig, p *patient) ([]step, error) {
	predict, err := newPredict(s, &c.Emit, c.Taxonomy)
	if err != nil {
		return nil, err
	}
	aggregate, err := newAggregate(s, &c.Emit, c.Aggregate)
	if err != nil {
		return nil, err
	}
	return append(ownSteps(s, c, p), predict, newDecide(s, &c.Emit, c.Taxonomy, c.Catalogue, predict), aggregate), nil
}

// ownSteps are those up to last-resort: what is known of the person, before anything is made of it.
func ownSteps(s *pipeline.Setup, c *PatientConfig, p *patient) []step {
	steps := []step{&deduplicate{ttl: c.Person.DuplicateTTL, most: c.Observe.MaxSeen, rejects: p.rejects, timers: &p.timers}}
	if c.Observe.Limit.PerMinute > 0 {
		steps = append(steps, newLimit(s, &c.Observe.Limit, p.rejects))
	}
	return append(steps,
		&lateness{patient: p, lates: newRejecter(s, &c.Emit, c.Emit.Topics.Late)},
		&sessionize{gap: c.Person.SessionGap, timers: &p.timers},
		&p.contacts,
		&persona{config: &c.Person, messageSLA: c.Observe.MessageSLA, folder: &p.folder, timers: &p.timers, changes: &p.changes, names: p.names},
		lastResort{},
	)
}
