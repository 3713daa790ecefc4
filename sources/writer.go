package sources

import (
	"context"
	"fmt"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Writer writes records to the source topics as a well-behaved source system does: idempotently, in
// Confluent framing, with CloudEvents headers. It is for one goroutine.
type Writer struct {
	producer   pipeline.Producer
	partitions map[string]int32
	ids        schemas.IDs
	headers    map[string]*schemas.EventHeaders

	framed   []byte
	heads    []schemas.Header
	appended []pipeline.Header
	sent     int
}

// Event is one record on its way to a source topic.
type Event struct {
	// Topic is one of the source topics.
	Topic string
	Key   []byte
	// ID and OccurredAt become the CloudEvents id and time.
	ID         string
	OccurredAt schemas.Millis
	// Value is what is sent: a frame, or bytes that nobody can read.
	Value []byte
}

// deliveryTimeout bounds how long a writer waits for brokers to take what it sends, in milliseconds.
// It is the default of Java's producer, and long enough for a broker to restart.
const deliveryTimeout = 120_000

// NewWriter looks up the source topics' partitions and schema ids. name is the CloudEvents source of
// what is written.
func NewWriter(ctx context.Context, cluster pipeline.Cluster, ids schemas.IDs, name string) (*Writer, error) {
	w := &Writer{
		producer:   cluster.NewProducer(pipeline.ProducerConfig{TransactionTimeout: deliveryTimeout}),
		partitions: map[string]int32{}, ids: ids, headers: map[string]*schemas.EventHeaders{},
	}
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		if !t.Input {
			continue
		}
		n, err := cluster.PartitionCount(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		w.partitions[t.Name] = n
		w.headers[t.Name] = schemas.NewEventHeaders(name, t.Record)
	}
	if err := w.producer.Init(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// Frame is the record as its topic takes it. The bytes are valid until the next call.
func (w *Writer) Frame(topic string, r schemas.Record) []byte {
	w.framed = schemas.AppendFramed(w.framed[:0], w.ids[topic], r)
	return w.framed
}

// Append appends a copy of one record; Flush sends what was appended. The header attune_clock says
// that its times are those of a log, so that nobody takes their distance from now for a delay.
func (w *Writer) Append(e *Event, now pipeline.Time) error {
	n, ok := w.partitions[e.Topic]
	if !ok {
		return fmt.Errorf("%s is not a source topic", e.Topic)
	}
	_, id := schemas.SplitEventID(e.ID)
	w.heads = w.headers[e.Topic].Append(w.heads[:0], id, e.OccurredAt)
	w.appended = w.appended[:0]
	for _, h := range w.heads {
		w.appended = append(w.appended, pipeline.Header(h))
	}
	w.appended = append(w.appended, pipeline.Header{Key: schemas.HeaderClock, Value: []byte(schemas.ClockLog)})
	w.sent++
	return w.producer.Append(&pipeline.OutRecord{
		Topic: e.Topic, Partition: pipeline.Partition(e.Key, n), Timestamp: int64(now), Key: e.Key, Value: e.Value, Headers: w.appended,
	})
}

// Pending is how many bytes were appended since the last Flush.
func (w *Writer) Pending() int { return w.producer.Pending() }

// Sent is the number of records appended since the start.
func (w *Writer) Sent() int { return w.sent }

// Flush sends what was appended and waits for the broker's acknowledgement.
func (w *Writer) Flush(ctx context.Context) error {
	t := w.producer.Seal(nil)
	if t.Empty() {
		return nil
	}
	return t.Commit(ctx, nil)
}

// Close gives the producer back. What was not flushed is lost.
func (w *Writer) Close() error { return w.producer.Close() }
