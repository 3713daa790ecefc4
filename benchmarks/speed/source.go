package main

import (
	"context"
	"time"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// source sends the simulator's records as source systems do: framed, with CloudEvents headers.
type source struct {
	producer pipeline.Producer
	ids      schemas.IDs
	headers  map[string]*schemas.EventHeaders
	of       map[string]int32 // partitions

	value    []byte
	heads    []schemas.Header
	appended []pipeline.Header
}

func newSource(ctx context.Context, cluster *kafka.Cluster) (*source, error) {
	s := &source{producer: cluster.NewProducer(pipeline.ProducerConfig{}), ids: schemaIDs(), headers: map[string]*schemas.EventHeaders{}, of: map[string]int32{}}
	for _, t := range schemas.Topics(schemas.TopicConfig{Partitions: partitions}) {
		if t.Input {
			s.of[t.Name], s.headers[t.Name] = t.Partitions, schemas.NewEventHeaders("journeys", t.Record)
		}
	}
	return s, s.producer.Init(ctx)
}

// append appends one record; flush sends what was appended.
func (s *source) append(e *journeys.Event) error {
	var record schemas.Record
	var eventID string
	var at schemas.Millis
	switch e.Kind {
	case journeys.KindTouchpoint:
		record, eventID, at = e.Touchpoint, e.Touchpoint.EventID, e.Touchpoint.OccurredAt
	case journeys.KindLink:
		record, eventID, at = e.Link, e.Link.EventID, e.Link.OccurredAt
	default:
		record, eventID, at = e.Consent, e.Consent.EventID, e.Consent.OccurredAt
	}
	s.value = schemas.AppendFramed(s.value[:0], s.ids[e.Topic], record)
	_, id := schemas.SplitEventID(eventID)
	s.heads = s.headers[e.Topic].Append(s.heads[:0], id, at)
	s.appended = s.appended[:0]
	for _, h := range s.heads {
		s.appended = append(s.appended, pipeline.Header(h))
	}
	s.appended = append(s.appended, pipeline.Header{Key: schemas.HeaderClock, Value: []byte(schemas.ClockLog)})
	return s.producer.Append(&pipeline.OutRecord{
		Topic: e.Topic, Partition: pipeline.Partition(e.Key, s.of[e.Topic]), Timestamp: time.Now().UnixMilli(), Key: e.Key, Value: s.value, Headers: s.appended,
	})
}

func (s *source) flush(ctx context.Context) error {
	t := s.producer.Seal(nil)
	if t.Empty() {
		return nil
	}
	return t.Commit(ctx, nil)
}
