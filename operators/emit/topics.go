package emit

import (
	"github.com/attune-health/attune/schemas"
)

// Topics names the topics that the roles read and write. Reprocessing writes to others.
type Topics struct {
	Touchpoints              [schemas.ChannelCount]string // by channel
	Consents, ActionOutcomes string
	IdentityLinks            string
	Identity                 string // compacted: identity entries
	Identified               string // keyed by person_ref
	Rejected, Late           string
	Personas                 string // compacted
	Predictions              string
	Actions                  string
	DecisionInputs           string
	Aggregates               string
	ContactFacts             string
	TrainingExamples         string
	Models                   string // compacted
}

// InGeneration is the topics with attune's own ones, all but those that source systems write, in
// another generation.
func (t Topics) InGeneration(generation string) Topics {
	for _, own := range []*string{&t.Identity, &t.Identified, &t.Rejected, &t.Late, &t.Personas, &t.Predictions, &t.Actions,
		&t.DecisionInputs, &t.Aggregates, &t.ContactFacts, &t.TrainingExamples, &t.Models} {
		*own = schemas.InGeneration(*own, generation)
	}
	return t
}

// DefaultTopics are the names in the documentation.
func DefaultTopics() Topics {
	t := Topics{
		Consents: "consents", ActionOutcomes: "action-outcomes", IdentityLinks: "identity-links",
		Identity: "attune.identity", Identified: "attune.identified",
		Rejected: "touchpoints.rejected", Late: "touchpoints.late",
		Personas: "personas", Predictions: "contact-predictions", Actions: "next-best-actions",
		DecisionInputs: "decision-inputs", Aggregates: "contact-aggregates", ContactFacts: "contact-facts",
		TrainingExamples: "training-examples", Models: "models",
	}
	for _, c := range schemas.Channels() {
		t.Touchpoints[c.Channel] = c.Topic
	}
	return t
}
