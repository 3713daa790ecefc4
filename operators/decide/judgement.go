package decide

import (
	"github.com/attune-health/attune/schemas"
)

// removal is the stage and the rule that took an action out.
type removal struct {
	Stage schemas.DecisionStage
	Rule  string
}

// judgement runs all actions of a catalogue through the stages for one person at one time.
type judgement struct {
	Catalogue *Catalogue
	Gate      gate
	available uint16 // channels that are there, a bit each

	Chosen  int
	heldOut bool            // the arm took away what would have been chosen
	Removed []removal       // by action; the chosen one's is zero
	channel []ActionChannel // by action: where it would happen
	score   []float64       // by action
	ranked  []int           // what survived up to arbitration, best first
}

func newJudgement(c *Catalogue) judgement {
	n := len(c.Actions)
	return judgement{
		Catalogue: c, Gate: gate{policy: &c.Policy, zones: zones{}},
		Removed: make([]removal, n), channel: make([]ActionChannel, n), score: make([]float64, n), ranked: make([]int, 0, n),
	}
}

func (g *judgement) remove(i int, stage schemas.DecisionStage, rule string) {
	g.Removed[i] = removal{stage, rule}
}

// run chooses.
func (g *judgement) run(f *facts, s *schemas.PolicyState, now schemas.Millis, open *schemas.OpenDecision) {
	g.heldOut, g.ranked, g.available = false, g.ranked[:0], availableNow(f)
	clear(g.Removed)
	clear(g.channel)
	clear(g.score)
	g.Gate.open(s, now, f.identityConflict)
	if g.safety(f) {
		return
	}
	fatigue := float64(g.Catalogue.Policy.Fatigue * float64(g.Gate.recent()))
	for i := range g.Catalogue.Actions {
		a := &g.Catalogue.Actions[i]
		if a.Role != RoleNone || a.channels&g.available == 0 || !relevant(a, f) {
			continue // most: which stage it was is found out where somebody asks (explain)
		}
		if g.passes(i, a, f, s, open) {
			g.rate(i, a, f, fatigue)
			g.rank(i)
		}
	}
	g.arbitrate(s.Arm == ArmHoldout)
}

// Explain finds the stage and rule of the actions that run passed over. It must be given what run
// was given.
func (g *judgement) Explain(f *facts, s *schemas.PolicyState, open *schemas.OpenDecision) {
	for i := range g.Catalogue.Actions {
		if a := &g.Catalogue.Actions[i]; i != g.Chosen && g.Removed[i].Rule == "" {
			g.passes(i, a, f, s, open)
		}
	}
}

// safety applies the order of precedence: do not contact and deceased, emergency, nurse, the rest.
// The first outranks the others wherever somebody would have to be reached. In a contact that the
// patient began, and on the nurses' worklist, emergency and nurse are always allowed.
func (g *judgement) safety(f *facts) bool {
	c := g.Catalogue
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
	case stopped && !f.InContact:
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
	g.Chosen, g.score[first] = first, c.Actions[first].Value
	return true
}

// grave reports whether emergency or nurse is called for, and finds its channel. Outside a contact
// nobody dead is a patient, and a human call out is never made against do-not-contact.
func (g *judgement) grave(i int, f *facts, stopped bool) bool {
	a := &g.Catalogue.Actions[i]
	if !relevant(a, f) || f.deceased && !f.InContact {
		return false
	}
	for _, c := range a.Channels {
		if g.available&(1<<c) != 0 && !(c.outreach() && stopped) {
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
	if a.channels&g.available == 0 {
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
	return g.allowed(i, a, s, open)
}

func stopRule(f *facts) string {
	if f.deceased {
		return "deceased"
	}
	return "do_not_contact"
}

// allowed finds the channel: the stated preference if it is one of the action's, else the first that
// policy lets pass.
func (g *judgement) allowed(i int, a *Action, s *schemas.PolicyState, open *schemas.OpenDecision) bool {
	if g.Gate.again(a, open) {
		g.remove(i, schemas.DecisionStageContactPolicy, againRule)
		return false
	}
	rule := noChannel
	for _, c := range a.Channels {
		if g.available&(1<<c) == 0 {
			continue
		}
		why := ""
		if c.outreach() {
			why = g.Gate.forbids(a, c, open)
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

// availableNow is the set of channels that are there at all: a bit each.
func availableNow(f *facts) uint16 {
	set := uint16(1)<<actionChannels - 1<<ActionInternal
	if f.InContact {
		set |= 1<<ActionVoice | 1<<ActionDesktop
	}
	if f.state&stateLiveWeb != 0 {
		set |= 1 << ActionWeb
	}
	if f.state&stateLiveApp != 0 {
		set |= 1 << ActionApp
	}
	return set
}

// rate scores: P x context x value x lever - effort - fatigue.
func (g *judgement) rate(i int, a *Action, f *facts, fatigue float64) {
	p := 0.0
	for r := range g.Catalogue.taxonomy.Reasons {
		p += float64(f.p[r] * a.fit[r])
	}
	context := 1 + float64(a.Context.Frustration*f.Frustration) + float64(a.Context.Urgency*f.urgency)
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
	c := g.Catalogue
	g.Chosen = c.nothing
	kept := g.ranked[:0]
	for _, i := range g.ranked {
		switch {
		case g.score[i] <= 0:
			g.remove(i, schemas.DecisionStageArbitration, "not_worth_it")
		case holdout && c.Actions[i].Class == ClassDefault:
			g.heldOut = true
			g.remove(i, schemas.DecisionStageHoldout, ArmHoldout)
		default:
			g.remove(i, schemas.DecisionStageArbitration, "outscored")
			kept = append(kept, i)
		}
	}
	g.ranked = kept
	if len(kept) > 0 {
		g.Chosen = kept[0]
		g.remove(c.nothing, schemas.DecisionStageArbitration, "outscored")
	}
	g.remove(g.Chosen, schemas.DecisionStageUnknown, "")
}
