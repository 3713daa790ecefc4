package roles

import (
	"context"
	"fmt"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// NewSink makes the ClickHouse sink. watch, if not nil, may wrap the sink's events.
func NewSink(ctx context.Context, c *config.Config, cluster *kafka.Cluster, r *schemas.Registry, t *telemetry.Telemetry, watch func(*clickhouse.Events)) (*clickhouse.Sink, error) {
	cfg, err := c.SinkConfig()
	if err != nil {
		return nil, exit.Usage(err)
	}
	if cfg.LogID, err = LogID(ctx, c, cluster); err != nil {
		return nil, err
	}
	ids, err := connect.SchemaIDs(ctx, c, r)
	if err != nil {
		return nil, err
	}
	if cfg.Codes, err = codes(c); err != nil {
		return nil, err
	}
	cfg.SchemaIDs, cfg.Schemas = idsByRecord(ids), r
	if cfg.Events, err = sinkEvents(t); err != nil {
		return nil, err
	}
	if watch != nil {
		watch(&cfg.Events)
	}
	var s *clickhouse.Sink
	err = patiently(ctx, t.Log, "ClickHouse", clickhouse.IsAway, func() (err error) {
		s, err = clickhouse.New(ctx, cfg, cluster)
		return err
	})
	if err != nil {
		return nil, exit.Unavailable(err)
	}
	return s, nil
}

// LogID names the log that rows belong to: the topic id of attune.identified, in the generation in use.
func LogID(ctx context.Context, c *config.Config, cluster *kafka.Cluster) (string, error) {
	id, err := cluster.TopicID(ctx, c.Own(schemas.TopicIdentified))
	if err != nil {
		return "", exit.Unavailable(err)
	}
	return uuid(id), nil
}

// uuid writes a topic id in the usual form.
func uuid(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// idsByRecord are the registry's ids of our own schemas, by record name.
func idsByRecord(ids schemas.IDs) map[string][]int32 {
	out := map[string][]int32{}
	for _, d := range schemas.Definitions() {
		out[d.Name] = ids.OfRecord(d.Name)
	}
	return out
}
