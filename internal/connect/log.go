package connect

import (
	"context"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
)

// Log reads whole topics for the verifier.
type Log struct{ Cluster *kafka.Cluster }

// Each implements verify.Log.
func (t Log) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	spans, err := t.Cluster.Spans(ctx, topic)
	if err != nil {
		return err
	}
	return t.Cluster.Scan(ctx, spans, fn)
}
