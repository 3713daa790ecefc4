package schemas

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// The topics.
const (
	TopicTouchpointsWeb      = "touchpoints.web"
	TopicTouchpointsApp      = "touchpoints.app"
	TopicTouchpointsCall     = "touchpoints.call"
	TopicTouchpointsEhr      = "touchpoints.ehr"
	TopicTouchpointsRejected = "touchpoints.rejected"
	TopicTouchpointsLate     = "touchpoints.late"
	TopicIdentityLinks       = "identity-links"
	TopicConsents            = "consents"
	TopicActionOutcomes      = "action-outcomes"
	TopicAccessAudit         = "access-audit"
	TopicIdentity            = "attune.identity"
	TopicIdentified          = "attune.identified"
	TopicPersonas            = "personas"
	TopicTrainingExamples    = "training-examples"
	TopicModels              = "models"
	TopicPredictions         = "contact-predictions"
	TopicActions             = "next-best-actions"
	TopicDecisionInputs      = "decision-inputs"
	TopicAggregates          = "contact-aggregates"
	TopicContactFacts        = "contact-facts"
	TopicIdentityChangelog   = "attune.identity-changelog"
	TopicPatientChangelog    = "attune.patient-changelog"
	TopicTrainerChangelog    = "attune.trainer-changelog"
)

// TopicSpec says how a topic is created and what its records are.
type TopicSpec struct {
	Name       string
	Partitions int32
	// Record is the name of the Definition of its values; empty for changelogs, which have none.
	Record string
	// Key says in words what the key is.
	Key string
	// KeyProtected says that the key may be an identifier: it is shown only with everything else.
	KeyProtected bool
	// Compact is cleanup.policy compact instead of delete.
	Compact bool
	// Retention of topics that delete; 0 is for ever.
	Retention time.Duration
	// MinCompactionLag of compacted topics that attune reads again: longer than the longest
	// downtime, since compaction must not remove a version that a replay still needs.
	MinCompactionLag time.Duration
	// MaxMessageBytes of a record; 0 is the broker's default.
	MaxMessageBytes int
	// Input says that source systems write it, so that it may have another number of partitions.
	Input bool
	// Output says that the processor writes it for others: nothing of what it does next rests on what is there.
	Output bool
}

// TopicConfig is what sites choose about topics.
type TopicConfig struct {
	// Partitions of all per-patient topics; default 24. It cannot change later.
	Partitions int32
	// AuditRetention of decision-inputs and access-audit; default 365 days.
	AuditRetention time.Duration
	// MaxRecordBytes is the source topics' max.message.bytes; default 1 MiB, as the broker's.
	MaxRecordBytes int
	// LongestDowntime of attune; compacted inputs keep all versions for as long; default 7 days.
	LongestDowntime time.Duration
	// Generation sets the topics that attune writes apart from those of another generation: their
	// names end with a dot and it. Empty for the first.
	Generation string
}

// InGeneration is the name of one of attune's own topics in a generation.
func InGeneration(topic, generation string) string {
	if generation == "" {
		return topic
	}
	return topic + "." + generation
}

// SetDefaults fills in what is zero.
func (c *TopicConfig) SetDefaults() {
	if c.Partitions == 0 {
		c.Partitions = 24
	}
	if c.AuditRetention == 0 {
		c.AuditRetention = 365 * day
	}
	if c.MaxRecordBytes == 0 {
		c.MaxRecordBytes = 1 << 20
	}
	if c.LongestDowntime == 0 {
		c.LongestDowntime = 7 * day
	}
}

// Downtime is LongestDowntime, or its default.
func (c TopicConfig) Downtime() time.Duration {
	c.SetDefaults()
	return c.LongestDowntime
}

// Validate returns every problem of the config.
func (c TopicConfig) Validate() error {
	var problems []error
	if c.Partitions < 0 {
		problems = append(problems, fmt.Errorf("topics.partitions: %d is below 0", c.Partitions))
	}
	if c.AuditRetention < 0 {
		problems = append(problems, errors.New("topics.audit_retention: below 0"))
	}
	if c.LongestDowntime < 0 {
		problems = append(problems, errors.New("topics.longest_downtime: below 0"))
	}
	if c.MaxRecordBytes < 0 {
		problems = append(problems, fmt.Errorf("topics.max_record_bytes: %d is below 0", c.MaxRecordBytes))
	}
	if c.Generation != "" && !generationName.MatchString(c.Generation) {
		problems = append(problems, fmt.Errorf("topics.generation: %q must be lower-case letters, digits and dashes, at most 32", c.Generation))
	}
	return errors.Join(problems...)
}

var generationName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

const (
	day = 24 * time.Hour
	// rejectedMargin is how much larger a rejected record may be than the record that it holds.
	rejectedMargin = 64 << 10
)

// Topics lists all topics.
func Topics(c TopicConfig) []TopicSpec {
	c.SetDefaults()
	own := ownTopics(c)
	for i := range own {
		own[i].Name = InGeneration(own[i].Name, c.Generation)
	}
	return append(sourceTopics(c), own...)
}

func sourceTopics(c TopicConfig) []TopicSpec {
	source := func(name, record string) TopicSpec {
		return TopicSpec{Name: name, Record: record, Partitions: c.Partitions, Key: "any", KeyProtected: true,
			Retention: 7 * day, MaxMessageBytes: c.MaxRecordBytes, Input: true}
	}
	var topics []TopicSpec
	for _, name := range TouchpointTopics() {
		topics = append(topics, source(name, "Touchpoint"))
	}
	return append(topics,
		source(TopicConsents, "Consent"),
		source(TopicActionOutcomes, "ActionOutcome"),
		// Whatever generation the desks read, who looked at what stands in one log.
		TopicSpec{Name: TopicAccessAudit, Record: "AccessAudit", Partitions: c.Partitions, Key: "person_ref", Retention: c.AuditRetention, Input: true},
		TopicSpec{Name: TopicIdentityLinks, Record: "IdentityLink", Partitions: 1, Key: "identifier", KeyProtected: true, Input: true},
	)
}

func ownTopics(c TopicConfig) []TopicSpec {
	patient := func(name, record string, retention time.Duration) TopicSpec {
		return TopicSpec{Name: name, Record: record, Partitions: c.Partitions, Key: "person_ref", Retention: retention}
	}
	output := func(name, record string, retention time.Duration) TopicSpec {
		spec := patient(name, record, retention)
		spec.Output = true
		return spec
	}
	lag := c.LongestDowntime
	return []TopicSpec{
		{Name: TopicTouchpointsRejected, Record: "RejectedRecord", Partitions: c.Partitions, Key: "source key", KeyProtected: true,
			Retention: 30 * day, MaxMessageBytes: c.MaxRecordBytes + rejectedMargin, Output: true},
		output(TopicTouchpointsLate, "RejectedRecord", 7*day),
		{Name: TopicIdentity, Record: "IdentityEntry", Partitions: 1, Key: "shard", Compact: true, MinCompactionLag: lag},
		patient(TopicIdentified, "Identified", 7*day),
		{Name: TopicPersonas, Record: "Persona", Partitions: c.Partitions, Key: "person_ref", Compact: true, Output: true},
		output(TopicPredictions, "Prediction", 7*day),
		output(TopicActions, "NextBestAction", 7*day),
		output(TopicDecisionInputs, "DecisionInput", c.AuditRetention),
		{Name: TopicAggregates, Record: "Aggregate", Partitions: c.Partitions, Key: "window and dimensions", Retention: 7 * day, Output: true},
		output(TopicContactFacts, "ContactFact", 7*day),
		{Name: TopicTrainingExamples, Record: "TrainingExample", Partitions: 1, Key: "prediction id", Retention: 30 * day},
		{Name: TopicModels, Record: "Model", Partitions: 1, Key: "name/version", Compact: true, MinCompactionLag: lag},
		{Name: TopicIdentityChangelog, Partitions: 1, Key: "state key", KeyProtected: true, Compact: true},
		{Name: TopicPatientChangelog, Partitions: c.Partitions, Key: "state key", KeyProtected: true, Compact: true},
		{Name: TopicTrainerChangelog, Partitions: 1, Key: "state key", KeyProtected: true, Compact: true},
	}
}

// Configs is the topic's configuration under Kafka's names.
func (t TopicSpec) Configs() map[string]string {
	configs := map[string]string{"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
	if t.Compact {
		configs["cleanup.policy"] = "compact"
	} else {
		configs["retention.ms"] = retentionText(t.Retention)
	}
	if t.MinCompactionLag > 0 {
		configs["min.compaction.lag.ms"] = retentionText(t.MinCompactionLag)
	}
	if t.MaxMessageBytes > 0 {
		configs["max.message.bytes"] = strconv.Itoa(t.MaxMessageBytes)
	}
	return configs
}

func retentionText(d time.Duration) string {
	if d == 0 {
		return "-1"
	}
	return strconv.FormatInt(d.Milliseconds(), 10)
}

// SubjectOf is the registry's subject of a topic's values.
func SubjectOf(topic string) string { return topic + "-value" }

// RecordOf returns the definition of a topic's values; ok is false for topics without one, and for
// foreign topics.
func RecordOf(topic string) (d Definition, ok bool) {
	for _, t := range Topics(TopicConfig{}) {
		if t.Name == topic && t.Record != "" {
			return DefinitionOf(t.Record)
		}
	}
	return Definition{}, false
}

// DefinitionOf finds a definition by the record's name.
func DefinitionOf(record string) (d Definition, ok bool) {
	for _, d := range Definitions() {
		if d.Name == record {
			return d, true
		}
	}
	return Definition{}, false
}
