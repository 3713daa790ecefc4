package config

import (
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/pipeline/state"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Default is the configuration of an empty file. The defaults of packages come from the packages; here
// are only choices that they leave to the product.
func Default() Config {
	c := Config{
		Registry: RegistryConfig{URL: "http://localhost:8081"},
		Topics:   TopicsConfig{Replication: 3},
		Run:      RunConfig{Group: "attune", CheckpointInterval: 10 * time.Second, Delivery: "exactly-once", OnReplayDifference: "stop", OnDataLoss: "stop", Taxonomy: "health", Model: "softmax", Clock: "broker"},
		State:    StateConfig{Backend: "memory"},
	}
	c.ClickHouse.Addr = []string{"localhost:9000"}
	c.Telemetry.LogLevel, c.Telemetry.LogFormat = "info", "text"
	c.Kafka.SetDefaults()
	c.graphDefaults()
	c.engineDefaults()
	c.sinkDefaults()
	c.deskDefaults()

	var registry schemas.RegistryConfig
	registry.SetDefaults()
	c.Registry.Timeout = registry.Timeout
	var topics schemas.TopicConfig
	topics.SetDefaults()
	c.Topics.Partitions, c.Topics.AuditRetention, c.Topics.MaxRecordBytes, c.Topics.LongestDowntime = topics.Partitions, topics.AuditRetention, topics.MaxRecordBytes, topics.LongestDowntime
	var pebble state.PebbleConfig
	pebble.SetDefaults()
	c.State.CacheMB, c.State.FreeMB = pebble.CacheBytes>>20, pebble.FreeBytes>>20
	return c
}

// graphDefaults takes the defaults of the rooms. Settings that have another place in the file stay
// empty.
func (c *Config) graphDefaults() {
	g := attune.Config{}.Effective()
	for _, kind := range g.Identify.IdentifierOrder {
		c.Run.Identifiers = append(c.Run.Identifiers, kind.String())
	}
	g.Identify.IdentifierOrder, g.Taxonomy, g.Catalogue = nil, nil, nil
	c.Graph = g
	c.Run.LiveWithin = g.LiveWithin
}

// engineDefaults takes the defaults of the engine.
func (c *Config) engineDefaults() {
	var e runner.Config
	e.SetDefaults()
	e.Fetch.SetDefaults()
	e.Producer.SetDefaults()
	e.Member.SetDefaults()
	r := &c.Run
	r.OpenTransactionLimit = ms(e.Fetch.OpenLimit)
	r.CommitInterval, r.UrgentInterval, r.TickInterval, r.LagInterval = e.CommitInterval, e.UrgentInterval, e.TickInterval, e.LagInterval
	r.CommitTimeout, r.DrainTimeout, r.RestartBackoff, r.MaxBacklog, r.MaxPending = e.CommitTimeout, e.DrainTimeout, e.RestartBackoff, e.MaxBacklog, e.MaxPending
	r.FetchWait, r.FetchBytes, r.FetchPartitionBytes = ms(e.Fetch.MaxWait), e.Fetch.MaxBytes, e.Fetch.PartBytes
	r.Compression, r.TransactionTimeout, r.BatchBytes, r.RequestBytes = e.Producer.Compression, ms(e.Producer.TransactionTimeout), e.Producer.MaxBatchBytes, e.Producer.MaxRequestBytes
	r.SessionTimeout, r.HeartbeatInterval, r.RebalanceTimeout = ms(e.Member.SessionTimeout), ms(e.Member.Heartbeat), ms(e.Member.RebalanceTimeout)
}

// Fetcher translates the settings of reading for the engine.
func (r *RunConfig) Fetcher() pipeline.FetcherConfig {
	return pipeline.FetcherConfig{MaxWait: int(r.FetchWait.Milliseconds()), MaxBytes: r.FetchBytes, PartBytes: r.FetchPartitionBytes,
		OpenLimit: int(r.OpenTransactionLimit.Milliseconds()), Resume: r.OnDataLoss == "resume"}
}

// Producer translates the settings of writing for the engine.
func (r *RunConfig) Producer() pipeline.ProducerConfig {
	return pipeline.ProducerConfig{TransactionTimeout: int(r.TransactionTimeout.Milliseconds()), Compression: r.Compression, MaxBatchBytes: r.BatchBytes, MaxRequestBytes: r.RequestBytes}
}

// Member translates the settings of group membership for the engine.
func (r *RunConfig) Member() pipeline.GroupConfig {
	return pipeline.GroupConfig{
		SessionTimeout: int(r.SessionTimeout.Milliseconds()), Heartbeat: int(r.HeartbeatInterval.Milliseconds()), RebalanceTimeout: int(r.RebalanceTimeout.Milliseconds()),
		Stay: r.StayOnStop,
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// sinkDefaults takes the defaults of the sink.
func (c *Config) sinkDefaults() {
	var d clickhouse.Config
	d.SetDefaults()
	c.Sink = SinkConfig{
		Group: d.Group, BatchRows: d.BatchRows, BatchBytes: d.BatchBytes, FlushInterval: d.FlushInterval, RollupInterval: d.RollupInterval, MaxInFlight: d.MaxInFlight, OnDataLoss: "stop",
		RetryMin: d.RetryMin, RetryMax: d.RetryMax, HandOver: d.HandOver, Schema: string(d.Schema),
	}
	c.ClickHouse.TimeZone = d.TimeZone
	c.ClickHouse.Database, c.ClickHouse.Username, c.ClickHouse.DialTimeout, c.ClickHouse.InsertTimeout = d.Database, d.Username, d.DialTimeout, d.InsertTimeout
}
