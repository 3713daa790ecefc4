package emit

import (
	"github.com/attune-health/attune/schemas"
)

// Topics names the topics that the roles read and write. Reprocessing writes to others: a generation of
// attune's own, from the same sources.
type Topics struct {
	// Touchpoints are written by source systems, one topic a channel.
	Touchpoints [schemas.ChannelCount]string
	// Consents and ActionOutcomes are written by source systems and the contact center.
	Consents, ActionOutcomes string
	// IdentityLinks is written by the master index, and by ingest for sessions where the site allows it.
	// It has one partition: the order of links decides whose an identifier is.
	IdentityLinks string
	// Identity has an entry for each identifier that was ever linked, keyed by shard. It is compacted:
	// every ingest process reads all of it before it takes a record.
	Identity string
	// Identified carries what ingest has found the owner of, keyed by person_ref.
	Identified string
	// Rejected and Late hold records whole, with the reason: nothing is lost without a word.
	Rejected, Late string
	// Personas is compacted: the newest one of each person.
	Personas string
	// Predictions, Actions and DecisionInputs hold what was predicted, chosen, and from what.
	Predictions, Actions, DecisionInputs string
	// Aggregates hold windows, each as a whole under a version.
	Aggregates string
	// ContactFacts say what is known of each contact that is over, corrected by a higher revision.
	ContactFacts string
	// TrainingExamples is read by the trainer, and Models, which is compacted, by every patient task.
	TrainingExamples, Models string
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

// DefaultTopics are the names in the documentation. Sites do not choose others: consumers, access rules and
// dashboards are written against them.
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
