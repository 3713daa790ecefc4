package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Config is the one configuration file, for all roles. Every field has a default that works on one
// machine; unknown keys are refused.
type Config struct {
	// Again reads it once more from where it came, since files that hold secrets may have changed; nil where it came from
	// nowhere.
	Again func() (Config, error) `yaml:"-"`

	// Instance names this process among those that share a group. Default: host name and a slot
	// number that a file lock holds.
	Instance string `yaml:"instance"`
	// Kafka says where the cluster is and how we connect to it.
	Kafka kafka.Config `yaml:"kafka"`
	// Registry says where the Confluent-compatible schema registry is.
	Registry RegistryConfig `yaml:"registry"`
	// Topics is what `attune topics create` makes.
	Topics TopicsConfig `yaml:"topics"`
	// Run is about the processor, `attune run`.
	Run RunConfig `yaml:"run"`
	// Graph has a section for each room of the topology. Its keys are those of the rooms' own fields.
	Graph attune.Config `yaml:",inline"`
	// State says where the processor keeps state between commits. The changelog topics have all of it
	// in either case.
	State StateConfig `yaml:"state"`
	// Sink is about the ClickHouse sink, `attune sink`.
	Sink SinkConfig `yaml:"sink"`
	// ClickHouse says where ClickHouse is.
	ClickHouse ClickHouseConfig `yaml:"clickhouse"`
	// Desk is what agents see, `attune desk`.
	Desk DeskConfig `yaml:"desk"`
	// Telemetry is about metrics, traces and the log.
	Telemetry telemetry.Config `yaml:"telemetry"`
}

// RegistryConfig says where the schema registry is and how we log in to it.
type RegistryConfig struct {
	// URL is where the registry is, with the path of its compatibility API if it has one.
	URL string `yaml:"url"`
	// Username is for basic authentication; empty is none.
	Username string `yaml:"username"`
	// Password goes with the user name.
	Password kafka.Secret `yaml:"password"`
	// Token is a bearer token, instead of a user name and password.
	Token kafka.Secret `yaml:"token"`
	// CAFile holds the PEM certificates by which the registry's certificate is verified. Default: the
	// system's.
	CAFile string `yaml:"ca_file"`
	// CertFile holds our own PEM certificate, for a registry that asks for one (mutual TLS). It goes with KeyFile.
	CertFile string `yaml:"cert_file"`
	// KeyFile holds the PEM key of CertFile.
	KeyFile string `yaml:"key_file"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"`
	// CacheDir is where `attune run` and `attune sink` keep what the registry has answered, so that they start
	// while it is away. It holds schemas only. Default: attune-schemas in the user's cache directory.
	CacheDir string `yaml:"cache_dir"`
}

// TopicsConfig is what `attune topics create` makes.
type TopicsConfig struct {
	// Partitions is how many each per-patient topic has. It cannot change after they were created.
	Partitions int32 `yaml:"partitions"`
	// Replication is how many brokers hold each partition.
	Replication int `yaml:"replication"`
	// AuditRetention is how long decision-inputs and access-audit are kept.
	AuditRetention time.Duration `yaml:"audit_retention"`
	// MaxRecordBytes is the largest record that source topics take. Rejected records are kept whole up to it.
	MaxRecordBytes int `yaml:"max_record_bytes"`
	// LongestDowntime is the longest downtime of attune: compacted source topics keep every version for as long.
	LongestDowntime time.Duration `yaml:"longest_downtime"`
	// Generation names the topics that attune writes, as `attune reprocess` made them. Empty is the first.
	Generation string `yaml:"generation"`
}

// SinkConfig is the ClickHouse sink's.
type SinkConfig struct {
	// Group is the consumer group.
	Group string `yaml:"group"`
	// BatchRows closes a batch by its number of rows.
	BatchRows int `yaml:"batch_rows"`
	// BatchBytes closes a batch by the memory that it takes.
	BatchBytes int `yaml:"batch_bytes"`
	// FlushInterval closes a batch that is not full: how stale ClickHouse may be.
	FlushInterval time.Duration `yaml:"flush_interval"`
	// RollupInterval is how often the days of roll-ups are computed anew for which something has come: how stale the
	// boards may be.
	RollupInterval time.Duration `yaml:"rollup_interval"`
	// MaxInFlight is how many full batches may wait for ClickHouse before reading stops.
	MaxInFlight int `yaml:"max_in_flight"`
	// RetryMin is the first pause before a failed insert is tried again; it doubles.
	RetryMin time.Duration `yaml:"retry_min"`
	// RetryMax is the longest such pause.
	RetryMax time.Duration `yaml:"retry_max"`
	// HandOver is how long a sink that stops or loses partitions still tries to insert its last batch.
	HandOver time.Duration `yaml:"hand_over"`
	// OnDataLoss is what becomes of a partition that has lost records before they were read, or has a batch that
	// cannot be read: stop (that partition, until somebody decides; the others go on), or resume behind them.
	// ClickHouse then lacks them.
	OnDataLoss string `yaml:"on_data_loss"`
	// Schema is apply, which creates missing tables and columns, or check, which changes nothing. Both
	// refuse other differences.
	Schema string `yaml:"schema"`

	// FromStart reads all topics from their beginning, whatever the group has read.
	FromStart bool `yaml:"-"`
	// KeepCurrent leaves the views of ClickHouse as they are until reprocess has caught up.
	KeepCurrent bool `yaml:"-"`
}

// ClickHouseConfig says where ClickHouse is.
type ClickHouseConfig struct {
	// DSN is clickhouse://user:password@host:port/database, instead of addr, database, username and
	// password.
	DSN kafka.Secret `yaml:"dsn"`
	// Addr lists host:port of the native protocol. The first that answers is used.
	Addr []string `yaml:"addr"`
	// Database holds our tables.
	Database string `yaml:"database"`
	// TablePrefix begins the names of all tables and views, for a database that has others: ours are everyday words, such
	// as contacts.
	TablePrefix string `yaml:"table_prefix"`
	// TimeZone is that of the days in views, such as America/New_York.
	TimeZone string `yaml:"time_zone"`
	// Retention is how long rows of facts are kept, by event time: touchpoints, predictions, actions, outcomes and contact
	// facts; 400 days are 9600h. Aggregates, which contacts_by_reason is made of, stay. 0 leaves that to the site: for ever,
	// or a TTL of its own.
	Retention time.Duration `yaml:"retention"`
	// ViewsDefiner is the ClickHouse user with whose rights views read the tables. Analysts then need SELECT on views alone.
	// Default: whoever reads a view needs SELECT on the tables, too.
	ViewsDefiner string `yaml:"views_definer"`
	// Username is who logs in.
	Username string `yaml:"username"`
	// Password goes with the user name.
	Password kafka.Secret `yaml:"password"`
	// TLS encrypts connections.
	TLS bool `yaml:"tls"`
	// CAFile holds the PEM certificates by which the server's certificate is verified; it turns TLS on.
	// Default: the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile holds our own PEM certificate, for a server that asks for one (mutual TLS). It goes with KeyFile, and
	// turns TLS on.
	CertFile string `yaml:"cert_file"`
	// KeyFile holds the PEM key of CertFile.
	KeyFile string `yaml:"key_file"`
	// DialTimeout bounds how long a connection may take to be made.
	DialTimeout time.Duration `yaml:"dial_timeout"`
	// InsertTimeout bounds one insert. After it the insert counts as failed and is sent again.
	InsertTimeout time.Duration `yaml:"insert_timeout"`
}

// TopicConfig translates the settings into those of package schemas.
func (c *Config) TopicConfig() schemas.TopicConfig {
	return schemas.TopicConfig{Partitions: c.Topics.Partitions, AuditRetention: c.Topics.AuditRetention, MaxRecordBytes: c.Topics.MaxRecordBytes, LongestDowntime: c.Topics.LongestDowntime, Generation: c.Topics.Generation}
}

// Own is the name of one of attune's own topics in the generation in use.
func (c *Config) Own(topic string) string { return schemas.InGeneration(topic, c.Topics.Generation) }

// RunGroup is the processor's consumer group in the generation in use. Another generation has another
// group, and so begins at the start of the history.
func (c *Config) RunGroup() string { return schemas.InGeneration(c.Run.Group, c.Topics.Generation) }

// SinkGroup is the sink's consumer group in the generation in use.
func (c *Config) SinkGroup() string { return schemas.InGeneration(c.Sink.Group, c.Topics.Generation) }

// SinkConfig translates the settings into those of package clickhouse.
func (c *Config) SinkConfig() (clickhouse.Config, error) {
	out := clickhouse.Config{
		DSN: string(c.ClickHouse.DSN), Database: c.ClickHouse.Database, Username: c.ClickHouse.Username, Password: string(c.ClickHouse.Password),
		TablePrefix: c.ClickHouse.TablePrefix, TimeZone: c.ClickHouse.TimeZone, Retention: c.ClickHouse.Retention, ViewsDefiner: c.ClickHouse.ViewsDefiner,
		DialTimeout: c.ClickHouse.DialTimeout, InsertTimeout: c.ClickHouse.InsertTimeout,
		Group: c.SinkGroup(), Topics: clickhouse.TopicsIn(c.Topics.Generation), KeepCurrent: c.Sink.KeepCurrent, Instance: c.Instance, Schema: clickhouse.SchemaMode(c.Sink.Schema),
		BatchRows: c.Sink.BatchRows, BatchBytes: c.Sink.BatchBytes, FlushInterval: c.Sink.FlushInterval, RollupInterval: c.Sink.RollupInterval, MaxInFlight: c.Sink.MaxInFlight, ResumeAfterLoss: c.Sink.OnDataLoss == "resume", FromStart: c.Sink.FromStart,
		RetryMin: c.Sink.RetryMin, RetryMax: c.Sink.RetryMax, HandOver: c.Sink.HandOver,
	}
	if c.Again != nil {
		out.Login = func() (clickhouse.Login, error) {
			now, err := c.Again()
			return clickhouse.Login{DSN: string(now.ClickHouse.DSN), Username: now.ClickHouse.Username, Password: string(now.ClickHouse.Password)}, err
		}
	}
	if out.DSN == "" {
		out.Addr = c.ClickHouse.Addr
	}
	files := tlsFiles{"clickhouse", c.ClickHouse.CAFile, c.ClickHouse.CertFile, c.ClickHouse.KeyFile}
	if c.ClickHouse.TLS || files.named() {
		out.TLS = files.read
		if _, err := files.read(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// TLS reads the certificates with which the registry is asked. It is nil where none are named: a registry with https is then
// verified by the system's authorities.
func (c *RegistryConfig) TLS() (func() (*tls.Config, error), error) {
	files := tlsFiles{"registry", c.CAFile, c.CertFile, c.KeyFile}
	if !files.named() {
		return nil, nil
	}
	_, err := files.read()
	return files.read, err
}

// tlsFiles are the certificates of one section. They are renewed while we run, and hence read for each connection.
type tlsFiles struct{ section, ca, cert, key string }

func (f tlsFiles) named() bool { return f.ca != "" || f.cert != "" || f.key != "" }

// read makes crypto/tls's form.
func (f tlsFiles) read() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.ca != "" {
		pem, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, fmt.Errorf("%s.ca_file: %w", f.section, err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s.ca_file: %s holds no PEM certificate", f.section, f.ca)
		}
	}
	if (f.cert == "") != (f.key == "") {
		return nil, fmt.Errorf("%s: cert_file and key_file go together", f.section)
	}
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return nil, fmt.Errorf("%s.cert_file: %w", f.section, err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
