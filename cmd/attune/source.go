package main

import (
	"context"
	"fmt"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// source writes records to the source topics as a well-behaved source system would: idempotently,
// in Confluent framing, with CloudEvents headers. One goroutine uses it.
type source struct {
	producer   pipeline.Producer
	partitions map[string]int32
	ids        schemas.IDs
	headers    map[string]*schemas.EventHeaders
	clockLog   bool

	value    []byte
	heads    []schemas.Header
	appended []pipeline.Header
	sent     int
}

// deliveryTimeout bounds how long a source waits for brokers to take what it sends, in milliseconds. It
// is that of Java's producer: a broker that is started again is back within it.
const deliveryTimeout = 120_000

// newSource prepares for the source topics: their partitions and schema ids.
func newSource(ctx context.Context, cluster pipeline.Cluster, ids schemas.IDs, name string) (*source, error) {
	s := &source{
		producer:   cluster.NewProducer(pipeline.ProducerConfig{TransactionTimeout: deliveryTimeout}),
		partitions: map[string]int32{}, ids: ids, headers: map[string]*schemas.EventHeaders{}, clockLog: true,
	}
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		if !t.Input {
			continue
		}
		n, err := cluster.PartitionCount(ctx, t.Name)
		if err != nil {
			return nil, unavailable(err)
		}
		s.partitions[t.Name] = n
		s.headers[t.Name] = schemas.NewEventHeaders(name, t.Record)
	}
	if err := s.producer.Init(ctx); err != nil {
		return nil, unavailable(err)
	}
	return s, nil
}

// raw appends one record; flush sends what was appended.
func (s *source) raw(topic string, key, value []byte, eventID string, at schemas.Millis, now pipeline.Time) error {
	n, ok := s.partitions[topic]
	if !ok {
		return fmt.Errorf("%s is not a source topic", topic)
	}
	_, id := schemas.SplitEventID(eventID)
	s.heads = s.headers[topic].Append(s.heads[:0], id, at)
	s.appended = s.appended[:0]
	for _, h := range s.heads {
		s.appended = append(s.appended, pipeline.Header(h))
	}
	if s.clockLog {
		s.appended = append(s.appended, pipeline.Header{Key: schemas.HeaderClock, Value: []byte(schemas.ClockLog)})
	}
	s.sent++
	return s.producer.Append(&pipeline.OutRecord{
		Topic: topic, Partition: pipeline.Partition(key, n), Timestamp: int64(now), Key: key, Value: value, Headers: s.appended,
	})
}

// flush sends what was appended and waits for the broker's acknowledgement.
func (s *source) flush(ctx context.Context) error {
	t := s.producer.Seal(nil)
	if t.Empty() {
		return nil
	}
	return t.Commit(ctx, nil)
}

func (s *source) close() error { return s.producer.Close() }
