package decide

import (
	"github.com/attune-health/attune/schemas"
)

// removal is the stage and the rule that took an action out.
// An action without one is still in.
type removal struct {
	// Stage is the first that the action did not pass.
	Stage schemas.DecisionStage
	// Rule is the name of the rule, empty for an action that is still in.
	Rule string
}

// judgement runs all actions of a catalogue through the stages for one person at one time.
// It is filled again by every run and belongs to one task.
type judgement struct {
	Catalogue *Catalogue
	Gate      gate
	// available are the channels that are there at all, a bit each.
	// It is found once for a run.
	available uint16

	Chosen int
	// exposed is the action that the arm decided on, chosen or taken away; -1 for none. Without it the two arms
	// cannot be compared: most patients were never exposed.
	exposed int
	// heldOut: the arm took it away.
	heldOut bool
	// flag is the red flag that chose, or none.
	flag schemas.Flag
	// limited is the best action that a cap or a suppression took away, or -1.
	limited int
	// Removed says of each action what took it out; the chosen one's is zero.
	Removed []removal
	// channel is, by action, where it would happen.
	channel []ActionChannel
	// score is, by action, what it would bring.
	score []float64
	// ranked is what survived up to arbitration, best first.
	ranked []int
}

// newJudgement makes room for all actions once, which every run uses again.
func newJudgement(c *Catalogue) judgement {
	n := len(c.Actions)
	return judgement{
		Catalogue: c, Gate: gate{policy: &c.Policy, zones: zones{}},
		Removed: make([]removal, n), channel: make([]ActionChannel, n), score: make([]float64, n), ranked: make([]int, 0, n),
	}
}

// remove notes what took an action out. A later call replaces the note.
func (g *judgement) remove(i int, stage schemas.DecisionStage, rule string) {
	g.Removed[i] = removal{stage, rule}
}

// run chooses. The incumbent is the action that this contact already has, or -1.
func (g *judgement) run(f *facts, s *schemas.PolicyState, now schemas.Millis, open *schemas.OpenDecision, incumbent int) {
	g.heldOut, g.ranked, g.available = false, g.ranked[:0], availableNow(f)
	g.exposed, g.limited, g.flag = -1, -1, schemas.FlagNone
	// A rule that is left from the run before would be told as this one's.
	clear(g.Removed)
	clear(g.channel)
	clear(g.score)
	// What holds for all outreach is looked at once, not per action: the time zone is the dearest part.
	g.Gate.open(s, now, f.identityConflict)
	// Safety ends the run: no score is computed that could outweigh it.
	if g.safety(f) {
		return
	}
	fatigue := float64(g.Catalogue.Policy.Fatigue * float64(g.Gate.recent()))
	for i := range g.Catalogue.Actions {
		a := &g.Catalogue.Actions[i]
		// Roles are not weighed: safety has had its say, and doing nothing is what remains.
		// The cheapest questions first: dozens of actions are asked for every touchpoint.
		if a.Role != RoleNone || a.channels&g.available == 0 || !relevant(a, f) {
			continue // most: which stage it was is found out where somebody asks (explain)
		}
		switch {
		// A role is never here, so that what is ranked may be weighed.
		case g.passes(i, a, f, s, open):
			g.rate(i, a, f, fatigue)
			g.rank(i)
		// Rated although it is out, to know whether it would have been chosen.
		case isLimit(g.Removed[i].Rule):
			g.rate(i, a, f, fatigue)
			if g.limited < 0 || g.score[i] > g.score[g.limited] {
				g.limited = i
			}
		}
	}
	// The arm comes last, so that both arms run the same stages.
	g.arbitrate(s.Arm == ArmHoldout, incumbent)
	// Only what would have been chosen was withheld: a cap that stopped the third best took nothing from
	// the patient.
	if g.limited >= 0 && g.score[g.limited] <= max(0, g.score[g.Chosen]) {
		g.limited = -1 // it would not have been chosen anyway
	}
}

// Explain finds the stage and rule of the actions that run passed over. It must be given what run
// was given.
func (g *judgement) Explain(f *facts, s *schemas.PolicyState, open *schemas.OpenDecision) {
	for i := range g.Catalogue.Actions {
		// What run has removed keeps its rule.
		if a := &g.Catalogue.Actions[i]; i != g.Chosen && g.Removed[i].Rule == "" {
			g.passes(i, a, f, s, open)
		}
	}
}

// safety applies the order of precedence: do not contact and deceased, then red flags in their order,
// then the rest. The first outrank the others wherever somebody would have to be reached. In a contact
// that the patient began, and on the nurses' worklist, red flags are always answered. No probability
// and no score is looked at.
func (g *judgement) safety(f *facts) bool {
	c := g.Catalogue
	stopped := f.doNotContact || f.deceased
	first, rule := g.flagged(f, stopped)
	// In a contact that the patient began there is nothing to stop: outreach is taken out below, one by
	// one.
	// stop is an action of its own, so that a receipt shows why nothing was sent.
	if first < 0 && stopped && !f.InContact {
		first, rule = c.stop, stopRule(f)
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
	// The score is told, and was not compared with any.
	g.Chosen, g.score[first] = first, c.Actions[first].Value
	return true
}

// flagged finds the action of the first open red flag that has a channel. Outside a contact nobody dead
// is a patient, and a human call out is never made against do-not-contact.
func (g *judgement) flagged(f *facts, stopped bool) (action int, rule string) {
	// In a contact the caller may be somebody else, who is in danger now.
	if f.flags == 0 || f.deceased && !f.InContact {
		return -1, ""
	}
	for _, kind := range flagOrder {
		if f.flags&(1<<kind) == 0 {
			continue
		}
		// The channels are in the order of the catalogue. A flag whose action has none now leaves the place to
		// the next flag.
		i := g.Catalogue.flags[kind].action
		for _, c := range g.Catalogue.Actions[i].Channels {
			if g.available&(1<<c) != 0 && !(c.outreach() && stopped) && !g.missed(f, kind, c) {
				g.channel[i], g.flag = c, kind
				return i, string(g.Catalogue.Actions[i].Role) + "_first"
			}
		}
	}
	return -1, ""
}

// missed reports whether a flag comes too late for a page: a call that nobody has followed up is for
// nurses, and not for a banner on what the patient happens to look at later.
func (g *judgement) missed(f *facts, kind schemas.Flag, c ActionChannel) bool {
	return (c == ActionWeb || c == ActionApp) && f.Standing&(1<<kind) == 0
}

const (
	// Rules without a name in a catalogue. Receipts and analyses know them by these codes.
	noCondition = "no_condition_met"
	noChannel   = "no_channel"
	againRule   = "decided_recently"

	conflictRule = "identity_conflict"
)

// passes takes an action through eligibility, applicability, suitability and contact policy.
func (g *judgement) passes(i int, a *Action, f *facts, s *schemas.PolicyState, open *schemas.OpenDecision) bool {
	switch {
	case a.outreach && (f.doNotContact || f.deceased), f.deceased && !a.WithoutHistory:
		g.remove(i, schemas.DecisionStageSafety, stopRule(f))
		return false
	// Help that is made for one patient would tell another about them.
	case f.identityConflict && f.InContact && !a.WithoutHistory:
		g.remove(i, schemas.DecisionStageSafety, conflictRule)
		return false
	}
	// In the order of the stages: the receipt names the first that an action did not pass.
	// Eligibility is whether the action can be done at all, suitability whether it would do harm.
	for r := range a.Eligible {
		if !a.Eligible[r].when.holds(f) {
			g.remove(i, schemas.DecisionStageEligibility, a.Eligible[r].Name)
			return false
		}
	}
	// Before the conditions, which cost more than a comparison of bits.
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

// stopRule names what stops outreach. That the patient has died says more than a wish.
func stopRule(f *facts) string {
	if f.deceased {
		return "deceased"
	}
	return "do_not_contact"
}

// allowed finds the channel: the stated preference if it is one of the action's, else the first that
// policy lets pass.
func (g *judgement) allowed(i int, a *Action, s *schemas.PolicyState, open *schemas.OpenDecision) bool {
	// Also within a channel that does not reach out: help that was turned down a minute ago is a nuisance
	// on a page, too.
	// Before the channels, since it holds on each of them.
	if g.Gate.again(a, open) {
		g.remove(i, schemas.DecisionStageContactPolicy, againRule)
		return false
	}
	// The last rule that was in the way is told: channels are in order of preference, and the least
	// preferred was the last hope.
	// Every channel is asked, since a later one may be the patient's preference.
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
		// The stated preference wins over the order of the catalogue, and never over a rule.
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

// relevant reports whether one of the action's conditions holds. An action without any is always relevant.
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
	// Staff, worklists and outreach are always there. Whether outreach is allowed is asked per channel,
	// later.
	// All bits from ActionInternal on: the order of the channels counts.
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
	// p is the probability that the contact is about something that the action helps with, weighted by how
	// much.
	p := 0.0
	for r := range g.Catalogue.taxonomy.Reasons {
		p += float64(f.p[r] * a.fit[r])
	}
	// Products are converted explicitly, so that no processor fuses them with sums: the score decides,
	// and must be the same in a replay on another machine.
	context := 1 + float64(a.Context.Frustration*f.Frustration) + float64(a.Context.Urgency*f.urgency)
	if f.state&stateLastResort != 0 {
		context += a.Context.LastResort
	}
	g.score[i] = float64(float64(float64(p*context)*a.Value)*a.Lever) - a.Effort
	// Only outreach tires a patient. What is shown in a contact that they began does not.
	if g.channel[i].outreach() {
		g.score[i] -= fatigue
	}
}

// rank keeps the survivors sorted: by score, then as in the catalogue.
func (g *judgement) rank(i int) {
	g.ranked = append(g.ranked, i)
	// Insertion: a handful survive, and equals stay in the order of the catalogue, or two runs could
	// differ.
	// Strictly greater, or equals would change places.
	for k := len(g.ranked) - 1; k > 0 && g.score[g.ranked[k]] > g.score[g.ranked[k-1]]; k-- {
		g.ranked[k], g.ranked[k-1] = g.ranked[k-1], g.ranked[k]
	}
}

// stay is by how much another action must be better than the one that a contact already has: an agent
// who is told something else every minute stops reading.
const (
	stayFactor = 1.25
	stayMargin = 0.05
)

// arbitrate takes the best, where it is better than doing nothing, and lets the arm take it away.
// Its three passes are in order: what is worth something, what the arm leaves, which of it is best.
func (g *judgement) arbitrate(holdout bool, incumbent int) {
	c := g.Catalogue
	kept := g.ranked[:0]
	for _, i := range g.ranked {
		// Doing nothing scores 0: what is worth less would be a nuisance.
		if g.score[i] <= 0 {
			g.remove(i, schemas.DecisionStageArbitration, "not_worth_it")
			continue
		}
		kept = append(kept, i)
	}
	// The draw decides only where the action would have been chosen without it. Whoever would have got
	// another one anyway was not exposed.
	// It is asked in both arms, or only one of them could be counted.
	if first := g.best(kept, incumbent); first >= 0 && c.mayHoldOut(first) {
		g.exposed, g.heldOut = first, holdout
	}
	// In place again. The loop reads each place before it is written.
	g.ranked = kept[:0]
	for _, i := range kept {
		if holdout && c.mayHoldOut(i) {
			g.remove(i, schemas.DecisionStageHoldout, ArmHoldout)
			continue
		}
		g.remove(i, schemas.DecisionStageArbitration, "outscored")
		g.ranked = append(g.ranked, i)
	}
	// Doing nothing is never ranked. It is what remains.
	if g.Chosen = g.best(g.ranked, incumbent); g.Chosen < 0 {
		g.Chosen = c.nothing
	} else {
		g.remove(c.nothing, schemas.DecisionStageArbitration, "outscored")
	}
	g.remove(g.Chosen, schemas.DecisionStageUnknown, "")
}

// best is the first of the ranked, or the incumbent where the first is not clearly better; -1 for none.
func (g *judgement) best(ranked []int, incumbent int) int {
	if len(ranked) == 0 {
		return -1
	}
	for _, i := range ranked {
		// Both bounds: the factor alone would not hold small scores, nor the margin large ones.
		if i == incumbent && g.score[ranked[0]] < float64(stayFactor*g.score[i])+stayMargin {
			return i
		}
	}
	return ranked[0]
}

// mayHoldOut reports whether the experiment may take an action away.
// Safety, answers to the patient and care are never an experiment.
func (c *Catalogue) mayHoldOut(i int) bool {
	a := &c.Actions[i]
	return a.Class == ClassDefault && a.Role == RoleNone && known(a.Purpose, c.Holdout.Purposes) != ""
}
