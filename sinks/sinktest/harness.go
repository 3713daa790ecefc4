package sinktest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Runner is a sink under test. Run ends with its context, after handing over what it has read, and returns nil then.
type Runner interface {
	Run(ctx context.Context) error
	Close() error
}

// Harness is a sink under test with what surrounds it.
type Harness struct {
	// Cluster has all topics of package schemas, empty; per-patient topics have Partitions partitions each.
	Cluster    pipeline.Cluster
	Partitions int32
	// SchemaID is the id that the sink takes for our own Identified schema.
	SchemaID int32
	// New makes the sink as a new process would, as a member of the group.
	New func(t testing.TB, group string) Runner
	// EventIDs is the event id of each touchpoint that a reader of the backend sees, repeated if it is there twice.
	EventIDs func(t testing.TB) []string
	// Outage takes the backend away until the returned func is called; nil where that cannot be done.
	Outage func(t testing.TB) (end func())
}

// patience tells a sink that hangs from a busy machine, where a case may take some seconds.
const patience = 5 * time.Minute

// suite is one case while it runs.
type suite struct {
	Harness
	*testing.T
	ctx context.Context
	out pipeline.Producer
}

func newSuite(t *testing.T, h Harness) *suite {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &suite{Harness: h, T: t, ctx: ctx, out: h.Cluster.NewProducer(pipeline.ProducerConfig{})}
	if err := s.out.Init(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.out.Close() })
	return s
}

// eventID is the event id of the i-th touchpoint.
func eventID(i int) string { return fmt.Sprintf("sinktest/%06d", i) }

// put makes touchpoints [from, to) visible to the sink.
func (s *suite) put(from, to int) {
	s.Helper()
	for i := from; i < to; i++ {
		at := schemas.Millis(1772452800000 + i)
		v := schemas.Identified{PersonRef: schemas.PersonRef(fmt.Sprintf("person-%d", i%97)), Shard: "s", JudgedBy: -1, IngestedAt: at,
			Payload: schemas.IdentifiedPayload{Touchpoint: schemas.Touchpoint{EventID: eventID(i), OccurredAt: at, ReceivedAt: at, Channel: schemas.ChannelWeb,
				Body: schemas.TouchpointBody{Web: schemas.Web{Event: schemas.WebEventPageView, Page: "home"}}}}}
		s.append(v.PersonRef.Reveal(), schemas.AppendFramed(nil, s.SchemaID, &v))
	}
	s.commit()
}

func (s *suite) append(key string, value []byte) {
	s.Helper()
	r := pipeline.OutRecord{Topic: schemas.TopicIdentified, Partition: pipeline.Partition([]byte(key), s.Partitions),
		Timestamp: time.Now().UnixMilli(), Key: []byte(key), Value: value}
	if err := s.out.Append(&r); err != nil {
		s.Fatal(err)
	}
}

func (s *suite) commit() {
	s.Helper()
	if err := s.out.Seal(nil).Commit(s.ctx, nil); err != nil {
		s.Fatal(err)
	}
}

// start runs a sink; the returned func ends it and waits.
func (s *suite) start(group string) (stop func()) {
	s.Helper()
	runner := s.New(s, group)
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.Errorf("run: %v", err)
		}
		if err := runner.Close(); err != nil {
			s.Errorf("close: %v", err)
		}
	})
	s.Cleanup(stop)
	return stop
}

// awaitAll waits until touchpoints [0, n) are visible. It fails if one is visible twice, or one that was never put.
func (s *suite) awaitAll(n int) {
	s.Helper()
	s.await(func() bool { return len(s.distinct()) >= n })
	seen := s.distinct()
	for i := range n {
		if times := seen[eventID(i)]; times != 1 {
			s.Errorf("touchpoint %d is visible %d times", i, times)
		}
	}
	if len(seen) != n {
		s.Errorf("%d touchpoints are visible, want %d", len(seen), n)
	}
}

func (s *suite) distinct() map[string]int {
	s.Helper()
	seen := map[string]int{}
	for _, id := range s.EventIDs(s) {
		seen[id]++
	}
	return seen
}

func (s *suite) await(f func() bool) {
	s.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.Fatal("it did not happen in time")
		}
	}
}

// committed is how many records of attune.identified the group has committed. A broker may not know a group that
// nobody has joined yet: then it is 0.
func (s *suite) committed(group string) int64 {
	s.Helper()
	var partitions []pipeline.TopicPartition
	for i := range s.Partitions {
		partitions = append(partitions, pipeline.TopicPartition{Topic: schemas.TopicIdentified, Partition: i})
	}
	offsets, err := s.Cluster.Committed(s.ctx, group, partitions)
	if err != nil {
		s.Logf("committed offsets of %s: %v", group, err)
		return 0
	}
	var sum int64
	for _, o := range offsets {
		sum += o.Offset
	}
	return sum
}
