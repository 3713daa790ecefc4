package journeys

import (
	"strconv"

	"github.com/attune-health/attune/schemas"
)

// Respond makes an outcome for a next best action, as a contact center might report
// it. It is a function of the decision id alone, so that a replay gets the same
// answer. It exercises the path of outcomes; the answers say nothing about whether
// the action was right.
func Respond(action *schemas.NextBestAction) schemas.ActionOutcome {
	h := uint64(14695981039346656037)
	for i := range len(action.DecisionID) {
		h = (h ^ uint64(action.DecisionID[i])) * 1099511628211
	}
	h = mix(h)
	o := schemas.ActionOutcome{
		EventID:    "contact-center/outcome-" + strconv.FormatUint(h, 36),
		DecisionID: action.DecisionID,
		PersonRef:  action.PersonRef,
		OccurredAt: action.AsOf + schemas.Millis(2*second+h>>40%(30*second)),
		Action:     action.Action.ID,
	}
	switch p := h % 100; {
	case p < 30:
		o.Outcome = schemas.OutcomeShown
	case p < 65:
		o.Outcome = schemas.OutcomeAccepted
	case p < 80:
		o.Outcome = schemas.OutcomeRejected
	case p < 90:
		o.Outcome = schemas.OutcomeIgnored
	default:
		o.Outcome, o.Reason = schemas.OutcomeOverridden, "agent_choice"
	}
	return o
}
