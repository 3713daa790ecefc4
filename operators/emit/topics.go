package emit

import (
	"github.com/attune-health/attune/schemas"
)

// Topics names the topics that the roles read and write. A reprocessing run reads the same sources
// and writes to topics of its own (InGeneration).
type Topics struct {
	// Touchpoints of source systems, by channel.
	Touchpoints [schemas.ChannelCount]string
	// Other topics that source systems write.
	Consents, ActionOutcomes string
	IdentityLinks            string
	// Identity has an entry for each identifier, compacted.
	Identity string
	// Identified has touchpoints on their way to their owner, keyed by person_ref.
	Identified     string
	Rejected, Late string
	// Personas has each person's latest, compacted.
	Personas         string
	Predictions      string
	Actions          string
	DecisionInputs   string
	Aggregates       string
	ContactFacts     string
	TrainingExamples string
	// Models has the versions of the model, compacted.
	Models string
}

// InGeneration renames attune's own topics for another generation. Those that source systems write
// stay, and the copy leaves t as it is.
func (t Topics) InGeneration(generation string) Topics {
	for _, own := range []*string{&t.Identity, &t.Identified, &t.Rejected, &t.Late, &t.Personas, &t.Predictions, &t.Actions,
		&t.DecisionInputs, &t.Aggregates, &t.ContactFacts, &t.TrainingExamples, &t.Models} {
		*own = schemas.InGeneration(*own, generation)
	}
	return t
}

// DefaultTopics are the names in the documentation; those of touchpoints are in the table of
// channels.
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
