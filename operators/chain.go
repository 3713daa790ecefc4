package operators

import "github.com/attune-health/attune/pipeline"

// newChain makes the steps of the PATIENT task, in their order.
func newChain(s *pipeline.Setup, c *Config, p *patient) ([]step, error) {
	predict, err := newPredict(s, c)
	if err != nil {
		return nil, err
	}
	aggregate, err := newAggregate(s, c)
	if err != nil {
		return nil, err
	}
	return append(ownSteps(s, c, p), predict, newDecide(s, c, predict), aggregate), nil
}

// ownSteps are those up to last-resort: what is known of the person, before anything is made of it.
func ownSteps(s *pipeline.Setup, c *Config, p *patient) []step {
	steps := []step{&deduplicate{config: &c.Persona, rejects: p.rejects, timers: &p.timers}}
	if c.Limit.PerMinute > 0 {
		steps = append(steps, newLimit(s, &c.Limit, p.rejects))
	}
	return append(steps,
		&lateness{patient: p, lates: newRejecter(s, c, c.Topics.Late)},
		&sessionize{gap: c.Persona.SessionGap, timers: &p.timers},
		&p.contacts,
		&persona{config: &c.Persona, folder: &p.folder, timers: &p.timers, patient: p, names: p.names},
		lastResort{},
	)
}
