package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Config is the one configuration file, for all roles. Every field has a default that works on one
// machine; unknown keys are refused.
type Config struct {
	// Instance names this process among those that share a group. Default: host name and a slot
	// number that a file lock holds.
	Instance   string           `yaml:"instance"`
	Kafka      kafka.Config     `yaml:"kafka"`
	Registry   RegistryConfig   `yaml:"registry"`
	Topics     TopicsConfig     `yaml:"topics"`
	Run        RunConfig        `yaml:"run"`
	State      StateConfig      `yaml:"state"`
	Sink       SinkConfig       `yaml:"sink"`
	ClickHouse ClickHouseConfig `yaml:"clickhouse"`
	Telemetry  telemetry.Config `yaml:"telemetry"`
}

// RegistryConfig says where the Confluent-compatible schema registry is.
type RegistryConfig struct {
	URL      string       `yaml:"url"` // default http://localhost:8081
	Username string       `yaml:"username"`
	Password kafka.Secret `yaml:"password"`
	CAFile   string       `yaml:"ca_file"` // PEM; default the system's
}

// TopicsConfig is what `attune topics create` makes.
type TopicsConfig struct {
	Partitions     int32         `yaml:"partitions"`       // of all per-patient topics; fixed at creation; default 24
	Replication    int           `yaml:"replication"`      // default 3
	AuditRetention time.Duration `yaml:"audit_retention"`  // of decision-inputs; default 365 days
	MaxRecordBytes int           `yaml:"max_record_bytes"` // that source topics take; rejected records are kept whole up to it; default 1 MiB
	Generation     string        `yaml:"generation"`       // of the topics that attune writes, as attune reprocess made them; default none
}

// RunConfig is the processor's.
type RunConfig struct {
	Group          string        `yaml:"group"`           // consumer group and prefix of transactional ids; default attune
	Workers        int           `yaml:"workers"`         // default: cores
	CommitInterval time.Duration `yaml:"commit_interval"` // default 100 ms
	// CheckpointInterval is the time between the checkpoints of a task's state; after a failure what
	// lies between is replayed. 0: state is saved with every commit. Default 10 s
	CheckpointInterval time.Duration `yaml:"checkpoint_interval"`
	UrgentInterval     time.Duration `yaml:"urgent_interval"` // least time between urgent commits; default 5 ms
	Delivery           string        `yaml:"delivery"`        // exactly-once (default) or at-least-once
	Compression        string        `yaml:"compression"`     // none (default), gzip, snappy, lz4, zstd
	IdentityKey        kafka.Secret  `yaml:"identity_key"`    // protects the identifier index; required outside the demo
	Identifiers        []string      `yaml:"identifiers"`     // which one names a touchpoint's shard, strongest first
	Taxonomy           string        `yaml:"taxonomy"`        // health (default), bank, or a file
	Catalogue          string        `yaml:"catalogue"`       // file of actions; default the built-in one
	Standbys           int           `yaml:"standbys"`        // other instances that follow each task's state; the same in all; default 0
	StayOnStop         bool          `yaml:"stay_on_stop"`    // for rolling restarts: whoever stops has 6 s to come back before others take over
	Clock              string        `yaml:"clock"`           // broker (default): header attune_clock is ignored; log: it is honoured

	// AcceptNewBuild is --accept-new-build.
	AcceptNewBuild bool `yaml:"-"`
	// MaxPending is how many bytes of output a worker collects before it commits early; 0 is the engine's
	// default. Benchmarks set it.
	MaxPending int `yaml:"-"`

	Limit LimitConfig `yaml:"limit"`
}

// LimitConfig bounds the web and app touchpoints of one identifier; more are rejected as over_limit.
type LimitConfig struct {
	PerMinute int `yaml:"per_minute"` // of event time; default 0: no limit
	Burst     int `yaml:"burst"`      // at once; default as many as a minute's
}

// SinkConfig is the ClickHouse sink's.
type SinkConfig struct {
	Group         string        `yaml:"group"`          // default attune-sink
	BatchRows     int           `yaml:"batch_rows"`     // default 50000
	FlushInterval time.Duration `yaml:"flush_interval"` // how stale ClickHouse may be; default 1 s
	Schema        string        `yaml:"schema"`         // apply (default) or check

	// KeepCurrent lets the views of ClickHouse show what they show until reprocess has caught up.
	KeepCurrent bool `yaml:"-"`
}

// ClickHouseConfig says where ClickHouse is.
type ClickHouseConfig struct {
	DSN      kafka.Secret `yaml:"dsn"`      // clickhouse://user:password@host:port/database, instead of the rest
	Addr     []string     `yaml:"addr"`     // host:port of the native protocol; default localhost:9000
	Database string       `yaml:"database"` // default attune
	Username string       `yaml:"username"` // default default
	Password kafka.Secret `yaml:"password"`
	TLS      bool         `yaml:"tls"`
	CAFile   string       `yaml:"ca_file"` // PEM; default the system's
}

// Default is the configuration where a file says nothing.
func Default() Config {
	return Config{
		Kafka:      kafka.Config{Brokers: []string{"localhost:9092"}},
		Registry:   RegistryConfig{URL: "http://localhost:8081"},
		Topics:     TopicsConfig{Partitions: 24, Replication: 3, AuditRetention: 365 * 24 * time.Hour, MaxRecordBytes: 1 << 20},
		Run:        RunConfig{Group: "attune", CommitInterval: 100 * time.Millisecond, CheckpointInterval: 10 * time.Second, UrgentInterval: 5 * time.Millisecond, Delivery: "exactly-once", Compression: "none", Taxonomy: "health", Clock: "broker"},
		State:      StateConfig{Backend: "memory", CacheMB: 256},
		Sink:       SinkConfig{Group: "attune-sink", BatchRows: 50_000, FlushInterval: time.Second, Schema: "apply"},
		ClickHouse: ClickHouseConfig{Addr: []string{"localhost:9000"}, Database: "attune", Username: "default"},
		Telemetry:  telemetry.Config{LogLevel: "info", LogFormat: "text"},
	}
}

// Validate reports every problem of the configuration.
func (c *Config) Validate() error {
	errs := []error{c.Kafka.Validate(), c.Telemetry.Validate(), c.TopicConfig().Validate(), c.State.Validate()}
	oneOf := func(name, value string, choices ...string) {
		for _, choice := range choices {
			if value == choice {
				return
			}
		}
		errs = append(errs, fmt.Errorf("%s: %q is not one of %s", name, value, strings.Join(choices, ", ")))
	}
	oneOf("run.delivery", c.Run.Delivery, "exactly-once", "at-least-once")
	oneOf("run.clock", c.Run.Clock, "broker", "log")
	oneOf("run.compression", c.Run.Compression, "none", "gzip", "snappy", "lz4", "zstd")
	oneOf("sink.schema", c.Sink.Schema, "apply", "check")
	for name, d := range map[string]time.Duration{"run.commit_interval": c.Run.CommitInterval, "run.urgent_interval": c.Run.UrgentInterval, "sink.flush_interval": c.Sink.FlushInterval} {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("%s: %v is not above zero", name, d))
		}
	}
	if c.Run.CheckpointInterval < 0 {
		errs = append(errs, fmt.Errorf("run.checkpoint_interval: %v is below zero", c.Run.CheckpointInterval))
	}
	if c.Topics.MaxRecordBytes < 1<<20 {
		errs = append(errs, fmt.Errorf("topics.max_record_bytes: %d is below 1 MiB, which Kafka itself takes and batches need", c.Topics.MaxRecordBytes))
	}
	if c.Topics.Replication < 1 {
		errs = append(errs, fmt.Errorf("topics.replication: %d is below 1", c.Topics.Replication))
	}
	return errors.Join(errs...)
}

// TopicConfig is the configuration in the topics' own terms.
func (c *Config) TopicConfig() schemas.TopicConfig {
	return schemas.TopicConfig{Partitions: c.Topics.Partitions, AuditRetention: c.Topics.AuditRetention, MaxRecordBytes: c.Topics.MaxRecordBytes, Generation: c.Topics.Generation}
}

// Own is the name of one of attune's own topics in the generation in use.
func (c *Config) Own(topic string) string { return schemas.InGeneration(topic, c.Topics.Generation) }

// RunGroup is the processor's consumer group in the generation in use: another generation begins at the
// start of the history.
func (c *Config) RunGroup() string { return schemas.InGeneration(c.Run.Group, c.Topics.Generation) }

// SinkGroup is the sink's consumer group in the generation in use.
func (c *Config) SinkGroup() string { return schemas.InGeneration(c.Sink.Group, c.Topics.Generation) }

// SinkConfig is the configuration in the sink's own terms.
func (c *Config) SinkConfig() (clickhouse.Config, error) {
	out := clickhouse.Config{
		DSN: string(c.ClickHouse.DSN), Database: c.ClickHouse.Database, Username: c.ClickHouse.Username, Password: string(c.ClickHouse.Password),
		Group: c.SinkGroup(), Topics: clickhouse.TopicsIn(c.Topics.Generation), KeepCurrent: c.Sink.KeepCurrent, Instance: c.Instance, BatchRows: c.Sink.BatchRows, FlushInterval: c.Sink.FlushInterval, Schema: clickhouse.SchemaMode(c.Sink.Schema),
	}
	if out.DSN == "" {
		out.Addr = c.ClickHouse.Addr
	}
	if c.ClickHouse.TLS || c.ClickHouse.CAFile != "" {
		pool, err := Certificates(c.ClickHouse.CAFile)
		if err != nil {
			return out, fmt.Errorf("clickhouse.ca_file: %w", err)
		}
		out.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	}
	return out, nil
}

// Certificates reads a PEM file; an empty name means the system's.
func Certificates(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return pool, nil
}
