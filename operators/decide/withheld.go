package decide

import (
	"strings"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/pipeline"
)

// withheld is what the patient does not get because of the experiment's draw or of what they got before,
// and the rule; action -1 for nothing.
// The draw comes first: an exposed patient has to be counted, whatever else was taken from them.
func (g *judgement) withheld() (action int, rule string) {
	switch {
	case g.heldOut:
		return g.exposed, ArmHoldout
	case g.limited >= 0:
		return g.limited, g.Removed[g.limited].Rule
	}
	return -1, ""
}

// withheld names it, or is empty.
// The text is kept in the state, so that the next decision can compare.
func (d *Step) withheld() string {
	// The text of the state is the action's id, a space, and the rule.
	i, rule := d.Judge.withheld()
	if i < 0 {
		return ""
	}
	return d.catalogue.Actions[i].ID + " " + rule
}

// withholdsMore reports whether something is withheld that no record says yet. That such a choice did
// not change anything is the very reason to write it down: lift is counted over those who were exposed.
func (d *Step) withholdsMore(j *person.Journey) bool {
	// Compared in parts: the text is made only for the few who are written down.
	i, rule := d.Judge.withheld()
	open := &j.Person.Policy.Open
	if i < 0 || !open.OK {
		return false
	}
	id, why, _ := strings.Cut(open.V.Withheld, " ")
	return id != d.catalogue.Actions[i].ID || why != rule
}

// note writes down what is withheld, as a decision that nobody sees and that replaces none.
func (d *Step) note(ctx *pipeline.Context, j *person.Journey, f *facts) {
	// The prediction is part of what is written, and is made whole only when somebody needs it.
	d.Predict.Finish(j)
	// It replaces no decision: what is in force stays in force, and its id stays the one to answer.
	d.fill(ctx, j, f, nil)
	// Nobody gets it: it is written for the analysis alone.
	j.Decision.Delivered = false
	d.emit(ctx, j, f, false)
	j.Person.Policy.Open.V.Withheld = d.withheld()
}

// exposedTo is the action that the experiment's draw was about, or empty.
func (d *Step) exposedTo() string {
	if d.Judge.exposed < 0 {
		return ""
	}
	return d.catalogue.Actions[d.Judge.exposed].ID
}
