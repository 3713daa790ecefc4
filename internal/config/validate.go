package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
)

// Validate reports every problem of the configuration, each by its key.
func (c *Config) Validate() error {
	desk := c.DeskConfig()
	registry := schemas.RegistryConfig{URL: c.Registry.URL, Username: c.Registry.Username, Password: schemas.Protected(c.Registry.Password), Token: schemas.Protected(c.Registry.Token), Timeout: c.Registry.Timeout}
	return errors.Join(c.Kafka.Validate(), c.Telemetry.Validate(), registry.Validate(), c.TopicConfig().Validate(), c.State.Validate(), desk.Validate(),
		c.Run.Limit.Validate(), c.validateGraph(), c.validateTopicNames(), c.validateChoices(), c.validateRanges(), c.validateOrder())
}

// validateGraph asks the rooms to check their settings. The identity key is checked where it is needed:
// the sink does not use it.
func (c *Config) validateGraph() error {
	g := c.Graph.Effective()
	g.Identify.SiteKey = make([]byte, 16)
	return g.Validate()
}

// validateTopicNames looks for names that are given to what is no topic of ours, or that another topic has.
func (c *Config) validateTopicNames() error {
	theirs := map[string]string{}
	for _, x := range c.Kafka.TopicNames {
		ours, name, _ := strings.Cut(x, "=")
		theirs[ours] = name
	}
	var errs []error
	taken := map[string]string{}
	for _, t := range schemas.Topics(c.TopicConfig()) {
		name, renamed := theirs[t.Name]
		if !renamed {
			name = c.Kafka.TopicPrefix + t.Name
		}
		if other, ok := taken[name]; ok {
			errs = append(errs, fmt.Errorf("kafka.topic_names: %s is the name of %s and of %s", name, other, t.Name))
		}
		taken[name] = t.Name
		delete(theirs, t.Name)
	}
	for _, ours := range slices.Sorted(maps.Keys(theirs)) {
		errs = append(errs, fmt.Errorf("kafka.topic_names: attune has no topic %q; schemas/README.md lists those that it has", ours))
	}
	return errors.Join(errs...)
}

func (c *Config) validateChoices() error {
	var errs []error
	oneOf := func(key, value string, choices ...string) {
		if !slices.Contains(choices, value) {
			errs = append(errs, fmt.Errorf("%s: %q is not one of %s", key, value, strings.Join(choices, ", ")))
		}
	}
	oneOf("run.delivery", c.Run.Delivery, "exactly-once", "at-least-once")
	oneOf("run.on_data_loss", c.Run.OnDataLoss, "stop", "resume")
	oneOf("sink.on_data_loss", c.Sink.OnDataLoss, "stop", "resume")
	oneOf("run.on_replay_difference", c.Run.OnReplayDifference, "stop", "resume")
	oneOf("run.clock", c.Run.Clock, "broker", "log")
	oneOf("run.compression", c.Run.Compression, "none", "gzip", "snappy", "lz4", "zstd")
	oneOf("sink.schema", c.Sink.Schema, "apply", "check")
	_, err := c.Run.IdentifierOrder()
	return errors.Join(append(errs, err)...)
}

func (c *Config) validateRanges() error {
	r, s := &c.Run, &c.Sink
	return errors.Join(
		atLeast("run.workers", r.Workers, 0),
		atLeast("run.standbys", r.Standbys, 0),
		aboveZero("run.commit_interval", r.CommitInterval),
		atLeast("run.checkpoint_interval", r.CheckpointInterval, 0),
		aboveZero("run.urgent_interval", r.UrgentInterval),
		aboveZero("run.tick_interval", r.TickInterval),
		aboveZero("run.lag_interval", r.LagInterval),
		aboveZero("run.commit_timeout", r.CommitTimeout),
		aboveZero("run.drain_timeout", r.DrainTimeout),
		aboveZero("run.restart_backoff", r.RestartBackoff),
		atLeast("run.max_pending", r.MaxPending, 0),
		aboveZero("run.max_backlog", r.MaxBacklog),
		aboveZero("run.live_within", r.LiveWithin),
		atLeast("run.transaction_timeout", r.TransactionTimeout, time.Millisecond),
		atLeast("run.session_timeout", r.SessionTimeout, time.Millisecond),
		atLeast("run.heartbeat_interval", r.HeartbeatInterval, time.Millisecond),
		atLeast("run.rebalance_timeout", r.RebalanceTimeout, time.Millisecond),
		atLeast("run.fetch_wait", r.FetchWait, time.Millisecond),
		atLeast("run.fetch_bytes", r.FetchBytes, 1),
		atLeast("run.fetch_partition_bytes", r.FetchPartitionBytes, 1),
		atLeast("run.open_transaction_limit", r.OpenTransactionLimit, time.Millisecond),
		atLeast("run.batch_bytes", r.BatchBytes, 1),
		atLeast("run.request_bytes", r.RequestBytes, 1),
		atLeast("sink.batch_rows", s.BatchRows, 1),
		atLeast("sink.batch_bytes", s.BatchBytes, 1),
		aboveZero("sink.flush_interval", s.FlushInterval),
		aboveZero("sink.rollup_interval", s.RollupInterval),
		atLeast("sink.max_in_flight", s.MaxInFlight, 1),
		aboveZero("sink.retry_min", s.RetryMin),
		aboveZero("sink.retry_max", s.RetryMax),
		aboveZero("sink.hand_over", s.HandOver),
		aboveZero("clickhouse.dial_timeout", c.ClickHouse.DialTimeout),
		aboveZero("clickhouse.insert_timeout", c.ClickHouse.InsertTimeout),
		atLeast("topics.replication", c.Topics.Replication, 1),
	)
}

// validateOrder checks settings that limit each other.
func (c *Config) validateOrder() error {
	var errs []error
	if c.Run.DrainTimeout >= c.Run.RebalanceTimeout {
		errs = append(errs, fmt.Errorf("run.drain_timeout: %v is not below run.rebalance_timeout, %v", c.Run.DrainTimeout, c.Run.RebalanceTimeout))
	}
	if c.Run.HeartbeatInterval >= c.Run.SessionTimeout {
		errs = append(errs, fmt.Errorf("run.heartbeat_interval: %v is not below run.session_timeout, %v", c.Run.HeartbeatInterval, c.Run.SessionTimeout))
	}
	if c.Run.BatchBytes > c.Run.RequestBytes {
		errs = append(errs, fmt.Errorf("run.batch_bytes: %d is above run.request_bytes, %d", c.Run.BatchBytes, c.Run.RequestBytes))
	}
	if c.Sink.RetryMax < c.Sink.RetryMin {
		errs = append(errs, fmt.Errorf("sink.retry_max: %v is below sink.retry_min, %v", c.Sink.RetryMax, c.Sink.RetryMin))
	}
	if c.Topics.MaxRecordBytes < 1<<20 {
		errs = append(errs, fmt.Errorf("topics.max_record_bytes: %d is below 1 MiB, which Kafka itself takes and batches need", c.Topics.MaxRecordBytes))
	}
	return errors.Join(errs...)
}

// IdentifierOrder is the kinds of Identifiers, or the default order if there are none.
func (r *RunConfig) IdentifierOrder() ([]schemas.IdentifierKind, error) {
	var out []schemas.IdentifierKind
	var errs []error
	for _, name := range r.Identifiers {
		kind, ok := schemas.ParseIdentifierKind(name)
		if !ok || kind == schemas.IdentifierKindUnknown || slices.Contains(out, kind) {
			errs = append(errs, fmt.Errorf("run.identifiers: %q is no kind of identifier, or is there twice", name))
		}
		out = append(out, kind)
	}
	return out, errors.Join(errs...)
}

func atLeast[T cmp.Ordered](key string, value, least T) error {
	if value < least {
		return fmt.Errorf("%s: %v is below %v", key, value, least)
	}
	return nil
}

func aboveZero(key string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s: %v is not above zero", key, d)
	}
	return nil
}
