// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

import "testing"

func FuzzAccessAudit(f *testing.F) {
	fuzzCodec(f, AccessAuditSchema, func() Record { return new(AccessAudit) })
}

func FuzzActionOutcome(f *testing.F) {
	fuzzCodec(f, ActionOutcomeSchema, func() Record { return new(ActionOutcome) })
}

func FuzzAggregate(f *testing.F) {
	fuzzCodec(f, AggregateSchema, func() Record { return new(Aggregate) })
}

func FuzzConsent(f *testing.F) {
	fuzzCodec(f, ConsentSchema, func() Record { return new(Consent) })
}

func FuzzContactFact(f *testing.F) {
	fuzzCodec(f, ContactFactSchema, func() Record { return new(ContactFact) })
}

func FuzzDecisionInput(f *testing.F) {
	fuzzCodec(f, DecisionInputSchema, func() Record { return new(DecisionInput) })
}

func FuzzHeldRecords(f *testing.F) {
	fuzzCodec(f, HeldRecordsSchema, func() Record { return new(HeldRecords) })
}

func FuzzIdentified(f *testing.F) {
	fuzzCodec(f, IdentifiedSchema, func() Record { return new(Identified) })
}

func FuzzIdentifier(f *testing.F) {
	fuzzCodec(f, IdentifierSchema, func() Record { return new(Identifier) })
}

func FuzzIdentifierHolders(f *testing.F) {
	fuzzCodec(f, IdentifierHoldersSchema, func() Record { return new(IdentifierHolders) })
}

func FuzzIdentityEntry(f *testing.F) {
	fuzzCodec(f, IdentityEntrySchema, func() Record { return new(IdentityEntry) })
}

func FuzzIdentityLink(f *testing.F) {
	fuzzCodec(f, IdentityLinkSchema, func() Record { return new(IdentityLink) })
}

func FuzzModel(f *testing.F) {
	fuzzCodec(f, ModelSchema, func() Record { return new(Model) })
}

func FuzzMovedState(f *testing.F) {
	fuzzCodec(f, MovedStateSchema, func() Record { return new(MovedState) })
}

func FuzzNextBestAction(f *testing.F) {
	fuzzCodec(f, NextBestActionSchema, func() Record { return new(NextBestAction) })
}

func FuzzPersonState(f *testing.F) {
	fuzzCodec(f, PersonStateSchema, func() Record { return new(PersonState) })
}

func FuzzPersona(f *testing.F) {
	fuzzCodec(f, PersonaSchema, func() Record { return new(Persona) })
}

func FuzzPolicyState(f *testing.F) {
	fuzzCodec(f, PolicyStateSchema, func() Record { return new(PolicyState) })
}

func FuzzPrediction(f *testing.F) {
	fuzzCodec(f, PredictionSchema, func() Record { return new(Prediction) })
}

func FuzzRejectedRecord(f *testing.F) {
	fuzzCodec(f, RejectedRecordSchema, func() Record { return new(RejectedRecord) })
}

func FuzzShardState(f *testing.F) {
	fuzzCodec(f, ShardStateSchema, func() Record { return new(ShardState) })
}

func FuzzSignals(f *testing.F) {
	fuzzCodec(f, SignalsSchema, func() Record { return new(Signals) })
}

func FuzzTouchpoint(f *testing.F) {
	fuzzCodec(f, TouchpointSchema, func() Record { return new(Touchpoint) })
}

func FuzzTrainingExample(f *testing.F) {
	fuzzCodec(f, TrainingExampleSchema, func() Record { return new(TrainingExample) })
}
