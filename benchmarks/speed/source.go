package main

import (
	"context"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sources"
)

// source sends the simulator's records as source systems do.
type source struct{ *sources.Writer }

func newSource(ctx context.Context, cluster *kafka.Cluster) (*source, error) {
	w, err := sources.NewWriter(ctx, cluster, schemaIDs(), "journeys")
	return &source{w}, err
}

// append appends one record; Flush sends what was appended.
func (s *source) append(e *journeys.Event) error {
	var record schemas.Record
	out := sources.Event{Topic: e.Topic, Key: e.Key}
	switch e.Kind {
	case journeys.KindTouchpoint:
		record, out.ID, out.OccurredAt = e.Touchpoint, e.Touchpoint.EventID, e.Touchpoint.OccurredAt
	case journeys.KindLink:
		record, out.ID, out.OccurredAt = e.Link, e.Link.EventID, e.Link.OccurredAt
	default:
		record, out.ID, out.OccurredAt = e.Consent, e.Consent.EventID, e.Consent.OccurredAt
	}
	out.Value = s.Frame(e.Topic, record)
	return s.Append(&out, pipeline.Time(time.Now().UnixMilli()))
}
