package consume

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/sinktest"
)

const (
	identifiedID = 7
	rejectedID   = 8
	partitions   = 4
)

// shelf is a backend in memory: touchpoints by event id, so that one that is delivered twice is there once.
type shelf struct {
	mu   sync.Mutex
	rows map[string]int64 // to the offset
	away chan struct{}    // closed when it is back; nil: it is there
	no   string           // event id that it does not take
}

// put is what a server does with rows: nothing while it is away.
func (s *shelf) put(ctx context.Context, id string, offset int64) error {
	s.mu.Lock()
	away := s.away
	s.mu.Unlock()
	if away != nil {
		select {
		case <-away:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == s.no {
		return errRefused
	}
	s.rows[id] = offset
	return nil
}

var errRefused = errors.New("refused")

func (s *shelf) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.rows))
}

func (s *shelf) outage() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	away := make(chan struct{})
	s.away = away
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.away = nil
		close(away)
	}
}

// box is a batch for the shelf: as little as a backend can be.
type box struct {
	shelf   *shelf
	decoder *schemas.Decoder
	v       schemas.Identified
	ids     []string
	places  []pipeline.Record
}

func (b *box) Add(ctx context.Context, r *pipeline.Record) error {
	if err := b.decoder.Decode(ctx, r.Value, &b.v); err != nil {
		return err
	}
	b.ids = append(b.ids, string([]byte(b.v.Payload.Touchpoint.EventID)))
	b.places = append(b.places, pipeline.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset})
	return nil
}

func (b *box) Full() bool { return len(b.ids) >= 500 }

func (b *box) Deliver(ctx context.Context, refuse Refuse) error {
	for i, id := range b.ids {
		at := &b.places[i]
		err := b.shelf.put(ctx, id, at.Offset)
		if errors.Is(err, errRefused) {
			err = refuse(ctx, pipeline.TopicPartition{Topic: at.Topic, Partition: at.Partition}, at.Offset, "refused_by_shelf", "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *box) Reset() { b.ids, b.places = b.ids[:0], b.places[:0] }

// cluster is a broker with all topics, empty.
func cluster(t *testing.T) *kafka.Cluster {
	t.Helper()
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	c, err := kafka.Dial(t.Context(), kafka.Config{Brokers: []string{broker.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	var topics []kafka.TopicSpec
	for _, spec := range schemas.Topics(schemas.TopicConfig{Partitions: partitions}) {
		topics = append(topics, kafka.TopicSpec{Name: spec.Name, Partitions: spec.Partitions})
	}
	if _, err := c.CreateTopics(t.Context(), topics); err != nil {
		t.Fatal(err)
	}
	return c
}

func consumer(t testing.TB, c *kafka.Cluster, s *shelf, group string) *Consumer {
	t.Helper()
	d, err := schemas.NewDecoder("Identified", []int32{identifiedID}, schemas.SchemaTexts{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Group: group, Topics: []string{schemas.TopicIdentified}, RejectedSchema: rejectedID,
		FlushInterval: 50 * time.Millisecond, RetryMin: 10 * time.Millisecond, RetryMax: 200 * time.Millisecond, HandOver: 2 * time.Second,
	}
	out, err := New(t.Context(), cfg, c, func() Batch { return &box{shelf: s, decoder: d} })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The least that a backend can be passes the suite that every sink must pass.
func TestConformance(t *testing.T) {
	sinktest.TestSink(t, func(t *testing.T) sinktest.Harness {
		c, s := cluster(t), &shelf{rows: map[string]int64{}}
		return sinktest.Harness{
			Cluster: c, Partitions: partitions, SchemaID: identifiedID,
			New:      func(t testing.TB, group string) sinktest.Runner { return consumer(t, c, s, group) },
			EventIDs: func(testing.TB) []string { return s.ids() },
			Outage:   func(testing.TB) func() { return s.outage() },
		}
	})
}

// A record that the backend refuses when it is delivered is fetched again and rejected whole; its neighbours get in,
// and the offsets pass it.
func TestBackendRefusesRecordThenItIsRejected(t *testing.T) {
	c, s := cluster(t), &shelf{rows: map[string]int64{}, no: "src/1"}
	var values [][]byte
	p := c.NewProducer(pipeline.ProducerConfig{})
	defer p.Close()
	if err := p.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"src/0", "src/1", "src/2"} {
		v := schemas.Identified{PersonRef: "person", Shard: "s", JudgedBy: -1, Payload: schemas.IdentifiedPayload{Touchpoint: schemas.Touchpoint{
			EventID: id, Channel: schemas.ChannelWeb, Body: schemas.TouchpointBody{Web: schemas.Web{Event: schemas.WebEventPageView, Page: "home"}}}}}
		values = append(values, schemas.AppendFramed(nil, identifiedID, &v))
		r := pipeline.OutRecord{Topic: schemas.TopicIdentified, Partition: 1, Key: []byte("person"), Value: values[len(values)-1]}
		if err := p.Append(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Seal(nil).Commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	committed := make(chan int, 100)
	k := consumer(t, c, s, "shelf")
	k.cfg.Events.Committed = func(n int) { committed <- n }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	select {
	case <-committed:
	case <-time.After(time.Minute):
		t.Error("nothing was committed")
	}
	stop()
	if err := errors.Join(<-done, k.Close()); err != nil {
		t.Fatal(err)
	}
	if got := s.ids(); len(got) != 2 || slices.Contains(got, "src/1") {
		t.Errorf("the backend has %q", got)
	}
	spans, err := c.Spans(t.Context(), schemas.TopicTouchpointsRejected)
	if err != nil {
		t.Fatal(err)
	}
	rejected := 0
	err = c.Scan(t.Context(), spans, func(r *pipeline.Record) error {
		rejected++
		var v schemas.RejectedRecord
		if err := schemas.DecodeWhole(&v, r.Value[5:]); err != nil {
			return err
		}
		if v.Reason != "refused_by_shelf" || v.Partition != 1 || v.Offset != 1 || string(v.Value.V) != string(values[1]) {
			t.Errorf("rejected: %s, partition %d, offset %d, or another value", v.Reason, v.Partition, v.Offset)
		}
		return nil
	})
	if err != nil || rejected != 1 {
		t.Errorf("%d rejected, %v", rejected, err)
	}
}

func TestConfigNamesEveryProblem(t *testing.T) {
	err := (&Config{RetryMin: 2, RetryMax: 1}).Validate()
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 5 {
		t.Errorf("got %v, want five problems", err)
	}
}
