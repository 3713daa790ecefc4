package operators

import "github.com/attune-health/attune/schemas"

// removal is the stage and the rule that took an action out.
type removal struct {
	stage schemas.DecisionStage
	rule  string
}

// judgement runs all actions of a catalogue through the stages for one person at one time.
type judgement struct {
	catalogue *Catalogue
	gate      gate

	chosen  int
	heldOut bool            // the arm took away what would have been chosen
	removed []removal       // by action; the chosen one's is zero
	channel []ActionChannel // by action: where it would happen
	score   []float64       // by action
	ranked  []int           // what survived up to arbitration, best first
}

func newJudgement(c *Catalogue) judgement {
	n := len(c.Actions)
	return judgement{
		catalogue: c, gate: gate{policy: &c.Policy, zones: zones{}},
		removed: make([]removal, n), channel: make([]ActionChannel, n), score: make([]float64, n), ranked: make([]int, 0, n),
	}
}

func (g *judgement) remove(i int, stage schemas.DecisionStage, rule string) {
	g.removed[i] = removal{stage, rule}
}

// run chooses.
func (g *judgement) run(f *facts, s *schemas.PolicyState, now schemas.Millis, open *schemas.OpenDecision) {
	g.heldOut, g.ranked = false, g.ranked[:0]
	clear(g.removed)
	clear(g.channel)
	clear(g.score)
	g.gate.open(s, now, f.identityConflict)
	if g.safety(f) {
		return
	}
	fatigue := float64(g.catalogue.Policy.Fatigue * float64(g.gate.recent()))
	for i := range g.catalogue.Actions {
		if a := &g.catalogue.Actions[i]; a.Role == RoleNone && g.passes(i, a, f, s, open) {
			g.rate(i, a, f, fatigue)
			g.rank(i)
		}
	}
	g.arbitrate(s.Arm == armHoldout)
}

// safety applies the order of precedence: do not contact and deceased, emergency, nurse, the rest.
// The first outranks the others wherever somebody would have to be reached. In a contact that the
// patient began, and on the nurses' worklist, emergency and nurse are always allowed.
func (g *judgement) safety(f *facts) bool {
	c := g.catalogue
	stopped := f.doNotContact || f.deceased
	why := "do_not_contact"
	if f.deceased {
		why = "deceased"
	}
	first, rule := -1, why
	switch {
	case g.grave(c.emergency, f, stopped):
		first, rule = c.emergency, "emergency_first"
	case g.grave(c.nurse, f, stopped):
		first, rule = c.nurse, "nurse_first"
	case stopped && !f.inContact:
		first = c.stop
	}
	if first < 0 {
		g.remove(c.emergency, schemas.DecisionStageApplicability, noCondition)
		g.remove(c.nurse, schemas.DecisionStageApplicability, noCondition)
		g.remove(c.stop, schemas.DecisionStageApplicability, noCondition)
		if stopped {
			g.remove(c.stop, schemas.DecisionStageSafety, "contact_in_progress")
		}
		return false
	}
	for i := range c.Actions {
		if i != first {
			g.remove(i, schemas.DecisionStageSafety, rule)
		}
	}
	g.chosen, g.score[first] = first, c.Actions[first].Value
	return true
}

// grave reports whether emergency or nurse is called for, and finds its channel. Outside a contact
// nobody dead is a patient, and a human call out is never made against do-not-contact.
func (g *judgement) grave(i int, f *facts, stopped bool) bool {
	a := &g.catalogue.Actions[i]
	if !relevant(a, f) || f.deceased && !f.inContact {
		return false
	}
	for _, c := range a.Channels {
		if available(c, f) && !(c.outreach() && stopped) {
			g.channel[i] = c
			return true
		}
	}
	return false
}

const (
	noCondition = "no_condition_met"
	noChannel   = "no_channel"
	againRule   = "decided_recently"
)

// passes takes an action through eligibility, applicability, suitability and contact policy.
func (g *judgement) passes(i int, a *Action, f *facts, s *schemas.PolicyState, open *schemas.OpenDecision) bool {
	if a.outreach && (f.doNotContact || f.deceased) {
		g.remove(i, schemas.DecisionStageSafety, stopRule(f))
		return false
	}
	for r := range a.Eligible {
		if !a.Eligible[r].when.holds(f) {
			g.remove(i, schemas.DecisionStageEligibility, a.Eligible[r].Name)
			return false
		}
	}
	if !anyAvailable(a, f) {
		g.remove(i, schemas.DecisionStageEligibility, noChannel)
		return false
	}
	if !relevant(a, f) {
		g.remove(i, schemas.DecisionStageApplicability, noCondition)
		return false
	}
	for r := range a.Refuse {
		if a.Refuse[r].when.holds(f) {
			g.remove(i, schemas.DecisionStageSuitability, a.Refuse[r].Name)
			return false
		}
	}
	return g.allowed(i, a, f, s, open)
}

func stopRule(f *facts) string {
	if f.deceased {
		return "deceased"
	}
	return "do_not_contact"
}

// allowed finds the channel: the stated preference if it is one of the action's, else the first that
// policy lets pass.
func (g *judgement) allowed(i int, a *Action, f *facts, s *schemas.PolicyState, open *schemas.OpenDecision) bool {
	if g.gate.again(a, open) {
		g.remove(i, schemas.DecisionStageContactPolicy, againRule)
		return false
	}
	rule := noChannel
	for _, c := range a.Channels {
		if !available(c, f) {
			continue
		}
		why := ""
		if c.outreach() {
			why = g.gate.forbids(a, c, open)
		}
		switch {
		case why != "":
			rule = why
		case g.channel[i] == ActionNowhere, s.PreferredChannel != "" && c.consentName() == s.PreferredChannel:
			g.channel[i] = c
		}
	}
	if g.channel[i] == ActionNowhere {
		g.remove(i, schemas.DecisionStageContactPolicy, rule)
		return false
	}
	return true
}

func relevant(a *Action, f *facts) bool {
	for i := range a.when {
		if a.when[i].holds(f) {
			return true
		}
	}
	return len(a.when) == 0
}

func anyAvailable(a *Action, f *facts) bool {
	for _, c := range a.Channels {
		if available(c, f) {
			return true
		}
	}
	return false
}

// available reports whether a channel is there at all.
func available(c ActionChannel, f *facts) bool {
	switch c {
	case ActionVoice, ActionDesktop:
		return f.inContact
	case ActionWeb:
		return f.state&stateLiveWeb != 0
	case ActionApp:
		return f.state&stateLiveApp != 0
	case ActionNowhere:
		return false
	}
	return true
}

// rate scores: P x context x value x lever - effort - fatigue.
func (g *judgement) rate(i int, a *Action, f *facts, fatigue float64) {
	p := 0.0
	for r := range g.catalogue.taxonomy.Reasons {
		p += float64(f.p[r] * a.fit[r])
	}
	context := 1 + float64(a.Context.Frustration*f.frustration) + float64(a.Context.Urgency*f.urgency)
	if f.state&stateLastResort != 0 {
		context += a.Context.LastResort
	}
	g.score[i] = float64(float64(float64(p*context)*a.Value)*a.Lever) - a.Effort
	if g.channel[i].outreach() {
		g.score[i] -= fatigue
	}
}

// rank keeps the survivors sorted: by score, then as in the catalogue.
func (g *judgement) rank(i int) {
	g.ranked = append(g.ranked, i)
	for k := len(g.ranked) - 1; k > 0 && g.score[g.ranked[k]] > g.score[g.ranked[k-1]]; k-- {
		g.ranked[k], g.ranked[k-1] = g.ranked[k-1], g.ranked[k]
	}
}

// arbitrate takes the best, where it is better than doing nothing, and lets the arm take it away.
func (g *judgement) arbitrate(holdout bool) {
	c := g.catalogue
	g.chosen = c.nothing
	kept := g.ranked[:0]
	for _, i := range g.ranked {
		switch {
		case g.score[i] <= 0:
			g.remove(i, schemas.DecisionStageArbitration, "not_worth_it")
		case holdout && c.Actions[i].Class == ClassDefault:
			g.heldOut = true
			g.remove(i, schemas.DecisionStageHoldout, armHoldout)
		default:
			g.remove(i, schemas.DecisionStageArbitration, "outscored")
			kept = append(kept, i)
		}
	}
	g.ranked = kept
	if len(kept) > 0 {
		g.chosen = kept[0]
		g.remove(c.nothing, schemas.DecisionStageArbitration, "outscored")
	}
	g.remove(g.chosen, schemas.DecisionStageUnknown, "")
}
