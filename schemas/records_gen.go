// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.

package schemas

// Definitions lists all top-level records, by name of their schema file.
func Definitions() []Definition {
	return []Definition{
		{Name: "AccessAudit", File: "access_audit", Schema: AccessAuditSchema, New: func() Record { return new(AccessAudit) }},
		{Name: "ActionOutcome", File: "action_outcome", Schema: ActionOutcomeSchema, New: func() Record { return new(ActionOutcome) }},
		{Name: "Aggregate", File: "aggregate", Schema: AggregateSchema, New: func() Record { return new(Aggregate) }},
		{Name: "Consent", File: "consent", Schema: ConsentSchema, New: func() Record { return new(Consent) }},
		{Name: "ContactFact", File: "contact_fact", Schema: ContactFactSchema, New: func() Record { return new(ContactFact) }},
		{Name: "DecisionInput", File: "decision_input", Schema: DecisionInputSchema, New: func() Record { return new(DecisionInput) }},
		{Name: "HeldRecords", File: "held_records", Schema: HeldRecordsSchema, New: func() Record { return new(HeldRecords) }},
		{Name: "Identified", File: "identified", Schema: IdentifiedSchema, New: func() Record { return new(Identified) }},
		{Name: "Identifier", File: "identifier", Schema: IdentifierSchema, New: func() Record { return new(Identifier) }},
		{Name: "IdentifierHolders", File: "identifier_holders", Schema: IdentifierHoldersSchema, New: func() Record { return new(IdentifierHolders) }},
		{Name: "IdentityEntry", File: "identity_entry", Schema: IdentityEntrySchema, New: func() Record { return new(IdentityEntry) }},
		{Name: "IdentityLink", File: "identity_link", Schema: IdentityLinkSchema, New: func() Record { return new(IdentityLink) }},
		{Name: "Model", File: "model", Schema: ModelSchema, New: func() Record { return new(Model) }},
		{Name: "MovedState", File: "moved_state", Schema: MovedStateSchema, New: func() Record { return new(MovedState) }},
		{Name: "NextBestAction", File: "next_best_action", Schema: NextBestActionSchema, New: func() Record { return new(NextBestAction) }},
		{Name: "PersonState", File: "person_state", Schema: PersonStateSchema, New: func() Record { return new(PersonState) }},
		{Name: "Persona", File: "persona", Schema: PersonaSchema, New: func() Record { return new(Persona) }},
		{Name: "PolicyState", File: "policy_state", Schema: PolicyStateSchema, New: func() Record { return new(PolicyState) }},
		{Name: "Prediction", File: "prediction", Schema: PredictionSchema, New: func() Record { return new(Prediction) }},
		{Name: "RejectedRecord", File: "rejected_record", Schema: RejectedRecordSchema, New: func() Record { return new(RejectedRecord) }},
		{Name: "ShardState", File: "shard_state", Schema: ShardStateSchema, New: func() Record { return new(ShardState) }},
		{Name: "Signals", File: "signals", Schema: SignalsSchema, New: func() Record { return new(Signals) }},
		{Name: "Touchpoint", File: "touchpoint", Schema: TouchpointSchema, New: func() Record { return new(Touchpoint) }},
		{Name: "TrainingExample", File: "training_example", Schema: TrainingExampleSchema, New: func() Record { return new(TrainingExample) }},
	}
}
