package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

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

func defaultConfig() Config {
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
	errs := []error{c.Kafka.Validate(), c.Telemetry.Validate(), c.topics().Validate(), c.State.Validate()}
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

func (c *Config) topics() schemas.TopicConfig {
	return schemas.TopicConfig{Partitions: c.Topics.Partitions, AuditRetention: c.Topics.AuditRetention, MaxRecordBytes: c.Topics.MaxRecordBytes, Generation: c.Topics.Generation}
}

// own is the name of one of attune's own topics in the generation in use.
func (c *Config) own(topic string) string { return schemas.InGeneration(topic, c.Topics.Generation) }

// runGroup and sinkGroup are the consumer groups of the generation in use: another one begins at the
// start of the history.
func (c *Config) runGroup() string  { return schemas.InGeneration(c.Run.Group, c.Topics.Generation) }
func (c *Config) sinkGroup() string { return schemas.InGeneration(c.Sink.Group, c.Topics.Generation) }

// sinkConfig is the configuration in the sink's own terms.
func (c *Config) sinkConfig() (clickhouse.Config, error) {
	out := clickhouse.Config{
		DSN: string(c.ClickHouse.DSN), Database: c.ClickHouse.Database, Username: c.ClickHouse.Username, Password: string(c.ClickHouse.Password),
		Group: c.sinkGroup(), Topics: clickhouse.TopicsIn(c.Topics.Generation), KeepCurrent: c.Sink.KeepCurrent, Instance: c.Instance, BatchRows: c.Sink.BatchRows, FlushInterval: c.Sink.FlushInterval, Schema: clickhouse.SchemaMode(c.Sink.Schema),
	}
	if out.DSN == "" {
		out.Addr = c.ClickHouse.Addr
	}
	if c.ClickHouse.TLS || c.ClickHouse.CAFile != "" {
		pool, err := certificates(c.ClickHouse.CAFile)
		if err != nil {
			return out, fmt.Errorf("clickhouse.ca_file: %w", err)
		}
		out.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	}
	return out, nil
}

// certificates reads a PEM file; an empty name means the system's.
func certificates(file string) (*x509.CertPool, error) {
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

// readConfig parses a configuration over the defaults. Values ${env:NAME} and ${file:PATH} are
// replaced first, so that secrets need not stand in the file.
func readConfig(text []byte) (Config, error) {
	c := defaultConfig()
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return c, err
	}
	if root.Kind == 0 {
		return c, nil
	}
	if err := expand(&root); err != nil {
		return c, err
	}
	expanded, err := yaml.Marshal(&root)
	if err != nil {
		return c, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(expanded))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, errors.New(strings.Join(strings.Fields(err.Error()), " ")) // the library's has several lines
	}
	return c, c.Validate()
}

// expand replaces ${env:NAME} and ${file:PATH} in scalars.
func expand(n *yaml.Node) error {
	for _, child := range n.Content {
		if err := expand(child); err != nil {
			return err
		}
	}
	if n.Kind != yaml.ScalarNode || !strings.HasPrefix(n.Value, "${") || !strings.HasSuffix(n.Value, "}") {
		return nil
	}
	kind, name, _ := strings.Cut(n.Value[2:len(n.Value)-1], ":")
	switch kind {
	case "env":
		value, ok := os.LookupEnv(name)
		if !ok {
			return fmt.Errorf("line %d: environment variable %s is not set", n.Line, name)
		}
		n.Value = value
	case "file":
		value, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
		n.Value = strings.TrimRight(string(value), "\r\n")
	default:
		return fmt.Errorf("line %d: %q is neither ${env:NAME} nor ${file:PATH}", n.Line, n.Value)
	}
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	return nil
}

// configFlags are the flags that commands share; what is given there stands before the file.
type configFlags struct {
	file       string
	brokers    []string
	clickhouse string
	registry   string
}

func (f *configFlags) add(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		switch name {
		case "config":
			cmd.Flags().StringVar(&f.file, "config", "", "configuration file (YAML); see config.example.yaml")
		case "brokers":
			cmd.Flags().StringSliceVar(&f.brokers, "brokers", nil, "Kafka brokers, host:port,...")
		case "clickhouse":
			cmd.Flags().StringVar(&f.clickhouse, "clickhouse", "", "ClickHouse, clickhouse://user:password@host:port/database")
		case "registry":
			cmd.Flags().StringVar(&f.registry, "registry", "", "schema registry URL")
		}
	}
}

// load reads the file, if one was named, and puts the flags over it.
func (f *configFlags) load() (Config, error) {
	c := defaultConfig()
	if f.file != "" {
		text, err := os.ReadFile(f.file)
		if err != nil {
			return c, usage(fmt.Errorf("--config: %w", err))
		}
		if c, err = readConfig(text); err != nil {
			return c, usage(fmt.Errorf("%s: %w", f.file, err))
		}
	}
	if len(f.brokers) > 0 {
		c.Kafka.Brokers = f.brokers
	}
	if f.registry != "" {
		c.Registry.URL = f.registry
	}
	if f.clickhouse != "" {
		c.ClickHouse.DSN = kafka.Secret(f.clickhouse)
	}
	if err := c.Validate(); err != nil {
		return c, usage(err)
	}
	return c, nil
}

func newConfig() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Print the effective configuration, secrets hidden",
		Example: "  attune config --config attune.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.load()
			if err != nil {
				return err
			}
			text, err := yaml.Marshal(&c)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	flags.add(cmd, "config", "brokers", "registry", "clickhouse")
	return cmd
}
