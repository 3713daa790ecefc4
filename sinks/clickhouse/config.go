package clickhouse

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/consume"
)

// Config says which server, which database, and how the sink batches. The zero value with an Addr is usable.
type Config struct {
	// DSN is clickhouse://user:password@host:port/database?secure=true or http://... What it names takes precedence
	// over Addr, Database, Username and Password.
	DSN string
	// Addr lists host:port of the native protocol; the first that answers is used.
	Addr []string
	// Database holds our tables [attune].
	Database string
	// Username and Password [default, empty].
	Username, Password string
	// Login, if not nil, reads the login anew. It is called when the server refuses the one in use: secrets are rotated.
	Login func() (Login, error)
	// TLS, if not nil, encrypts connections with the certificates that it gives. It is called for each connection: they
	// are renewed while we run.
	TLS func() (*tls.Config, error)
	// DialTimeout bounds how long a connection may take to be made [5 s].
	DialTimeout time.Duration
	// InsertTimeout bounds one insert. A longer one counts as failed and is sent again [60 s].
	InsertTimeout time.Duration

	// Schema says what to do at start [SchemaApply].
	Schema SchemaMode
	// TablePrefix begins the names of all tables and views: their own ones are everyday words.
	TablePrefix string
	// TimeZone is that of the days in views, by its name in the IANA database [UTC].
	TimeZone string
	// Retention is how long rows of facts are kept, by event time: touchpoints, predictions, actions, outcomes and contact
	// facts. Aggregates stay. 0 leaves that to the site: for ever, or a TTL of its own.
	Retention time.Duration
	// ViewsDefiner, if not empty, is the ClickHouse user whose rights the views have, so that they can be granted without
	// the tables. Otherwise whoever reads a view needs those rights.
	ViewsDefiner string
	// Codes are what the site's codes mean.
	Codes Codes
	// LogID is the topic UUID of the attune.identified from which all rows are computed. The sink requires it.
	LogID string
	// KeepCurrent leaves table current unchanged: rows of this log are written, but the views do not show them yet.
	// reprocess uses it, and calls SetCurrent when it has caught up.
	KeepCurrent bool

	// Group is the consumer group [attune-sink]; Instance names this member.
	Group, Instance string
	// Topics to read; empty names take the defaults.
	Topics Topics
	// BatchRows and BatchBytes close a batch [50000, 32 MiB of memory]. What one fetch brought stays together, so a
	// batch may be larger by one fetch.
	BatchRows, BatchBytes int
	// FlushInterval is when a batch that is not full is inserted: how stale ClickHouse may be [1 s].
	FlushInterval time.Duration
	// RollupInterval is how often days of roll-ups are computed anew for which something has come: how stale the boards may be
	// [5 m]. Each time takes about what the boards took before.
	RollupInterval time.Duration
	// MaxInFlight is how many full batches may wait for ClickHouse before polling stops [2].
	MaxInFlight int
	// ResumeAfterLoss and FromStart are the consumer's.
	ResumeAfterLoss, FromStart bool
	// RetryMin and RetryMax bound the pause between attempts [100 ms, 10 s].
	RetryMin, RetryMax time.Duration
	// HandOver bounds how long a sink that is revoked or stops still tries to insert its last batch [10 s].
	HandOver time.Duration
	// SchemaIDs are the registry's ids of our own schemas, by record name; those of RejectedRecord, Identified, Prediction,
	// NextBestAction, DecisionInput, ActionOutcome, Aggregate, ContactFact and AccessAudit are needed.
	SchemaIDs map[string][]int32
	// Schemas gives the text of schemas that other writers registered.
	Schemas schemas.SchemaSource
	// Events hears what happens.
	Events Events
}

// Login says who logs in, as Config does.
type Login struct{ DSN, Username, Password string }

// SchemaMode says what the sink may do to the database's schema at start.
type SchemaMode string

const (
	// SchemaApply creates what is missing (database, tables, columns, views) and refuses what differs otherwise.
	SchemaApply SchemaMode = "apply"
	// SchemaCheck changes nothing and refuses what differs.
	SchemaCheck SchemaMode = "check"
)

// Topics names the topics that the sink reads, and Rejected, to which it also writes what it cannot use.
type Topics struct {
	Identified, Predictions, Actions, Inputs, Outcomes, Aggregates, Facts, Audit, Rejected string
}

func (t *Topics) setDefaults() {
	for _, x := range []struct {
		name *string
		def  string
	}{
		{&t.Identified, schemas.TopicIdentified}, {&t.Predictions, schemas.TopicPredictions}, {&t.Actions, schemas.TopicActions},
		{&t.Inputs, schemas.TopicDecisionInputs}, {&t.Outcomes, schemas.TopicActionOutcomes},
		{&t.Aggregates, schemas.TopicAggregates}, {&t.Facts, schemas.TopicContactFacts}, {&t.Audit, schemas.TopicAccessAudit}, {&t.Rejected, schemas.TopicTouchpointsRejected},
	} {
		if *x.name == "" {
			*x.name = x.def
		}
	}
}

// TopicsIn are the topics of a generation of attune's own ones.
func TopicsIn(generation string) Topics {
	var t Topics
	t.setDefaults()
	for _, own := range []*string{&t.Identified, &t.Predictions, &t.Actions, &t.Inputs, &t.Aggregates, &t.Facts, &t.Rejected} {
		*own = schemas.InGeneration(*own, generation)
	}
	return t
}

// of are the topics whose records a table has rows of.
func (t Topics) of(table string) []string {
	t.setDefaults()
	return map[string][]string{
		"touchpoints": {t.Identified}, "shard_moves": {t.Identified}, "predictions": {t.Predictions}, "actions": {t.Actions},
		"outcomes": {t.Outcomes}, "aggregates": {t.Aggregates}, "contact_facts": {t.Facts}, "access_audit": {t.Audit},
	}[table]
}

// List are the topics that are read.
func (t Topics) List() []string {
	t.setDefaults()
	return []string{t.Identified, t.Predictions, t.Actions, t.Inputs, t.Outcomes, t.Aggregates, t.Facts, t.Audit, t.Rejected}
}

// SetDefaults fills in what is zero.
func (c *Config) SetDefaults() {
	c.Topics.setDefaults()
	orString(&c.Database, "attune")
	orString(&c.Username, "default")
	orString(&c.Group, "attune-sink")
	orString(&c.TimeZone, "UTC")
	orString((*string)(&c.Schema), string(SchemaApply))
	orInt(&c.BatchRows, 50_000)
	orInt(&c.BatchBytes, 32<<20)
	orInt(&c.MaxInFlight, 2)
	orDuration(&c.DialTimeout, 5*time.Second)
	orDuration(&c.InsertTimeout, time.Minute)
	orDuration(&c.FlushInterval, time.Second)
	orDuration(&c.RollupInterval, 5*time.Minute)
	orDuration(&c.RetryMin, 100*time.Millisecond)
	orDuration(&c.RetryMax, 10*time.Second)
	orDuration(&c.HandOver, 10*time.Second)
}

func orString(s *string, def string) {
	if *s == "" {
		*s = def
	}
}

func orInt(n *int, def int) {
	if *n == 0 {
		*n = def
	}
}

func orDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

// Validate reports every problem.
func (c *Config) Validate() error {
	var errs []error
	if c.DSN == "" && len(c.Addr) == 0 {
		errs = append(errs, errors.New("clickhouse: neither a DSN nor an address is given"))
	}
	if !isIdentifier(c.Database) {
		errs = append(errs, fmt.Errorf("clickhouse: database %q is not letters, digits and underscores", c.Database))
	}
	if c.TablePrefix != "" && !isIdentifier(c.TablePrefix) {
		errs = append(errs, fmt.Errorf("clickhouse: table prefix %q is not letters, digits and underscores", c.TablePrefix))
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || strings.ContainsAny(c.TimeZone, `'\`) {
		errs = append(errs, fmt.Errorf("clickhouse: time zone %q is not one of the IANA database, such as America/New_York", c.TimeZone))
	}
	// A row must outlive what is late for it, and the windows that it is counted in.
	if c.Retention != 0 && c.Retention < 24*time.Hour {
		errs = append(errs, fmt.Errorf("clickhouse: retention %v is less than a day; 0 keeps rows for ever", c.Retention))
	}
	if strings.ContainsAny(c.ViewsDefiner, "`\\") {
		errs = append(errs, fmt.Errorf("clickhouse: %q is no name of a user", c.ViewsDefiner))
	}
	if c.Schema != SchemaApply && c.Schema != SchemaCheck {
		errs = append(errs, fmt.Errorf("clickhouse: schema mode %q is neither apply nor check", c.Schema))
	}
	for name, n := range map[string]int{"BatchRows": c.BatchRows, "BatchBytes": c.BatchBytes, "MaxInFlight": c.MaxInFlight} {
		if n < 1 {
			errs = append(errs, fmt.Errorf("clickhouse: %s must be at least 1", name))
		}
	}
	if c.RollupInterval < 0 {
		errs = append(errs, fmt.Errorf("clickhouse: RollupInterval %v is below 0", c.RollupInterval))
	}
	if c.RetryMax < c.RetryMin {
		errs = append(errs, errors.New("clickhouse: RetryMax is below RetryMin"))
	}
	return errors.Join(errs...)
}

// validateSink adds what only the sink requires, and a client for queries does not.
func (c *Config) validateSink() error {
	errs := []error{c.Validate()}
	if c.LogID == "" {
		errs = append(errs, errors.New("clickhouse: LogID, the topic UUID of attune.identified, is missing"))
	}
	if c.Schemas == nil {
		errs = append(errs, errors.New("clickhouse: Schemas is missing"))
	}
	if len(c.SchemaIDs["RejectedRecord"]) == 0 {
		errs = append(errs, errors.New("clickhouse: the schema id of RejectedRecord is missing"))
	}
	return errors.Join(errs...)
}

// consume is the configuration in the consumer's terms. Bad outcomes are not rejected here: INGEST reads the same
// topic and rejects them.
func (c *Config) consume() consume.Config {
	return consume.Config{
		Group: c.Group, Instance: c.Instance, Topics: c.Topics.List(),
		Rejected: c.Topics.Rejected, RejectedSchema: c.SchemaIDs["RejectedRecord"][0], RejectedElsewhere: []string{c.Topics.Outcomes},
		FlushInterval: c.FlushInterval, MaxInFlight: c.MaxInFlight, RetryMin: c.RetryMin, RetryMax: c.RetryMax, HandOver: c.HandOver, FetchTimeout: c.InsertTimeout,
		ResumeAfterLoss: c.ResumeAfterLoss, FromStart: c.FromStart,
		Events: c.Events.Events,
	}
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
