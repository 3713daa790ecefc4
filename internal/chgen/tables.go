package main

// tableSpec says how records become rows of one table.
type tableSpec struct {
	name string
	doc  string
	// Comment of view current_..., which has each row once; empty for no view.
	viewDoc string
	// Avro record that a row comes from.
	record string
	// Column whose month is the partition; empty where all is one, since no time of a row stays.
	eventTime string
	// Columns that all copies of a row share, then the identity.
	orderBy []string
	// Go expression. Of the copies of a row the one with the highest version stays.
	version string
	// The version in words.
	versionIs string
	// The table has column refused, which takes a row out again.
	refusable bool
	// Boolean column that takes a row out of the view, empty for none.
	withdrawn string
	// The table gets a column that names the log. false if the record has it, or needs none.
	log   bool
	parts []part
	// Columns with a bloom filter.
	lookups []string
}

// part is a run of columns: the fields of one record, or of all branches of a union of records.
type part struct {
	// Avro record whose fields these are.
	record string
	// Go expression of the record.
	from string
	// Merge the branches of this union field of record, instead of the record's own fields.
	union string
	// Prefix of column names.
	prefix string
	// Fields that get no column, and why.
	leftOut map[string]string
	// Fields whose column has another name.
	rename map[string]string
}

// codes are the string fields with few values.
func codes() []string {
	return []string{
		"aggregate", "log", "source_topic", "language", "page", "screen", "reason", "last_reason", "queue", "code", "status",
		"provenance", "model_version", "policy_version", "taxonomy_version", "treatment", "arm", "rule", "feature", "last_failed_reason",
		"degraded", "ChosenAction.id", "ChosenAction.channel", "Removal.action", "ActionOutcome.action",
		"AccessAudit.who", "AccessAudit.what", "AccessAudit.why", "AccessAudit.desk",
	}
}

const (
	ownColumns = "it is in another column"
	noAnalysis = "patient identifiers do not leave the pipeline"
)

// tableSpecs lists the tables. Identities and versions are protocols that other parts rely on.
func tableSpecs() []tableSpec {
	return []tableSpec{touchpoints(), shardMoves(), predictions(), actions(), outcomes(), aggregates(), contactFacts(), accessAudit()}
}

func touchpoints() tableSpec {
	return tableSpec{
		name: "touchpoints", log: true,
		doc:     "What patients did on web, app and phone, and what the health record says: accepted and late ones. Read view current_touchpoints.",
		viewDoc: "Each accepted or late touchpoint once, of the log in force.",
		record:  "Identified", eventTime: "occurred_at",
		orderBy: []string{"log", "channel", "occurred_at", "event_id"},
		version: "at.firstStays()", versionIs: "18446744073709551614 - record_offset, the first copy stays; 18446744073709551615 where refused",
		refusable: true,
		parts: []part{
			{record: "Touchpoint", from: "r.Payload.Touchpoint", leftOut: map[string]string{
				"identifiers": noAnalysis, "session_id": noAnalysis, "body": ownColumns}},
			{record: "Touchpoint", union: "body", from: "r.Payload.Touchpoint", rename: map[string]string{"screen": "page"},
				leftOut: map[string]string{"agent": noAnalysis, "phantom": "such records are rejected before"}},
			{record: "Identified", from: "r", leftOut: map[string]string{"payload": ownColumns}},
		},
		lookups: []string{"person_ref", "shard", "contact_id"},
	}
}

func shardMoves() tableSpec {
	return tableSpec{
		name: "shard_moves", log: true,
		doc:    "Which person an identifier's shard was moved to. Touchpoints keep the person_ref of their time; view current_touchpoints joins this to name the person of today.",
		record: "Identified", eventTime: "at",
		orderBy: []string{"log", "shard", "at", "epoch"},
		version: "uint64(at.offset)", versionIs: "record_offset",
		parts: []part{
			{record: "Identified", from: "r", leftOut: map[string]string{
				"person_ref": "the old owner is of no interest", "payload": ownColumns, "identity_conflict": "touchpoints only",
				"judged_by": "touchpoints only", "source_topic": "no source record", "source_partition": "no source record", "source_offset": "no source record"}},
			{record: "MoveShard", from: "r.Payload.MoveShard", rename: map[string]string{"to": "person_ref"}},
		},
	}
}

func predictions() tableSpec {
	return tableSpec{
		name: "predictions", log: true,
		doc:     "Whether, when and why a patient was expected to make contact, as of a moment. Read view current_predictions.",
		viewDoc: "Each prediction once, of the log in force.",
		record:  "Prediction", eventTime: "as_of",
		orderBy: []string{"log", "as_of", "prediction_id"},
		version: "uint64(at.offset)", versionIs: "record_offset",
		parts: []part{{record: "Prediction", from: "r", leftOut: map[string]string{
			"feature_space": "for the trainer; model_version and taxonomy_version tell predictions apart"}}},
		lookups: []string{"prediction_id", "person_ref", "contact_ref"},
	}
}

func actions() tableSpec {
	return tableSpec{
		name: "actions", log: true,
		doc:     "Decisions: the action chosen, delivered or not (do nothing, holdout), and what removed every other. Read view current_actions.",
		viewDoc: "Each decision once, delivered or not, of the log in force.",
		record:  "NextBestAction", eventTime: "as_of",
		orderBy: []string{"log", "as_of", "decision_id"},
		version: "uint64(at.offset)", versionIs: "record_offset",
		parts: []part{
			{record: "NextBestAction", from: "r", leftOut: map[string]string{
				"brief": "free text on a patient, for the agent's eyes", "action": ownColumns}},
			{record: "ChosenAction", from: "r.Action", prefix: "action_"},
		},
		lookups: []string{"decision_id", "person_ref", "contact_ref"},
	}
}

func outcomes() tableSpec {
	return tableSpec{
		name:    "outcomes",
		doc:     "What became of actions, as contact centers report it. Read view current_outcomes.",
		viewDoc: "Each outcome of an action once.",
		record:  "ActionOutcome", eventTime: "occurred_at",
		orderBy: []string{"occurred_at", "event_id"},
		version: "uint64(at.offset)", versionIs: "record_offset",
		parts:   []part{{record: "ActionOutcome", from: "r"}},
		lookups: []string{"decision_id"},
	}
}

func aggregates() tableSpec {
	return tableSpec{
		name:    "aggregates",
		doc:     "Windowed counts and sums, a row per window, dimensions and partition; a later emission replaces an earlier. Read view current_aggregates, and sum over partitions.",
		viewDoc: "The newest version of each window, dimension set and partition, of the log in force.",
		record:  "Aggregate", eventTime: "window_start",
		orderBy: []string{"log", "aggregate", "window_start", "window_end", "channel", "reason", "priority", "partition"},
		version: "uint64(uint32(r.Epoch))<<32 | uint64(uint32(r.Revision))", versionIs: "epoch * 4294967296 + revision",
		parts: []part{{record: "Aggregate", from: "r"}},
	}
}

// contactFacts has no partitions: a contact may turn out to have begun in another month.
func contactFacts() tableSpec {
	return tableSpec{
		name: "contact_facts", log: true,
		doc:     "What is known of each contact that is over, and of what the person did before it; a later revision replaces an earlier. Read view current_contact_facts.",
		viewDoc: "Each contact that is over once, as it is known now, of the log in force.",
		record:  "ContactFact",
		// Ids of contacts are used again, by another telephone system or on another day.
		orderBy: []string{"log", "contact_id", "contact_key"},
		version: "concludedFirst(r.Concluded, r.Revision)", versionIs: "concluded * 4294967296 + revision: a disposition tells more than its absence, which another shard may have said later",
		withdrawn: "withdrawn",
		parts:     []part{{record: "ContactFact", from: "r"}},
		lookups:   []string{"person_ref"},
	}
}

func accessAudit() tableSpec {
	return tableSpec{
		name:    "access_audit",
		doc:     "Who was shown what is known of a person, and why: a row for each person in each answer of a desk. Read view current_access_audit.",
		viewDoc: "Each time that somebody was shown what is known of a person.",
		record:  "AccessAudit", eventTime: "occurred_at",
		orderBy: []string{"occurred_at", "event_id"},
		version: "uint64(at.offset)", versionIs: "record_offset",
		parts:   []part{{record: "AccessAudit", from: "r"}},
		lookups: []string{"person_ref"},
	}
}
