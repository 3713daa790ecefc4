package desk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// shared is the broker of all tests of this package. Each test has refs of its own.
var shared struct {
	once    sync.Once
	broker  *embedded.Broker
	dir     string
	cluster *kafka.Cluster
	err     error
}

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	code := m.Run()
	if shared.cluster != nil {
		_ = shared.cluster.Close()
	}
	if shared.broker != nil {
		_ = shared.broker.Close()
	}
	_ = os.RemoveAll(shared.dir)
	closeTables()
	os.Exit(code)
}

const testPartitions = 3

func sharedCluster(t testing.TB) *kafka.Cluster {
	t.Helper()
	shared.once.Do(func() {
		ctx := context.Background()
		if shared.dir, shared.err = os.MkdirTemp("", "attune-desk-test"); shared.err != nil {
			return
		}
		if shared.broker, shared.err = embedded.StartBroker(ctx, embedded.BrokerConfig{Dir: shared.dir}); shared.err != nil {
			return
		}
		if shared.cluster, shared.err = kafka.Dial(ctx, kafka.Config{Brokers: []string{shared.broker.Addr()}}); shared.err != nil {
			return
		}
		var topics []kafka.TopicSpec
		for _, spec := range schemas.Topics(schemas.TopicConfig{Partitions: testPartitions}) {
			topics = append(topics, kafka.TopicSpec{Name: spec.Name, Partitions: spec.Partitions})
		}
		_, shared.err = shared.cluster.CreateTopics(ctx, topics)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

// schemaIDs are made up: there is no registry here.
func schemaIDs() (byRecord map[string][]int32, byTopic schemas.IDs) {
	byRecord, byTopic = map[string][]int32{}, schemas.IDs{}
	for i, d := range schemas.Definitions() {
		byRecord[d.Name] = []int32{int32(i + 1)}
	}
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		if t.Record != "" {
			byTopic[t.Name] = byRecord[t.Record][0]
		}
	}
	return byRecord, byTopic
}

// rig is a desk that runs, on the shared broker.
type rig struct {
	testing.TB
	cluster *kafka.Cluster
	out     pipeline.Producer
	desk    *Desk
	url     string
	token   string
}

func newRig(t testing.TB, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{TB: t, cluster: sharedCluster(t)}
	r.out = r.cluster.NewProducer(pipeline.ProducerConfig{})
	if err := r.out.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.out.Close() })
	r.desk = r.start(t.TempDir(), change...)
	r.url = strings.TrimSuffix(r.desk.URL(), "/")
	return r
}

// start runs one more desk until the test ends.
func (r *rig) start(dir string, change ...func(*Config)) *Desk {
	r.Helper()
	d, stop := r.stoppable(dir, change...)
	r.Cleanup(stop)
	return d
}

// stoppable runs one more desk until it is stopped.
func (r *rig) stoppable(dir string, change ...func(*Config)) (d *Desk, stop func()) {
	r.Helper()
	byRecord, byTopic := schemaIDs()
	cfg := Config{Dir: dir, Identity: "test", Instance: "desk-1", SchemaIDs: byRecord, IDs: byTopic, Schemas: schemas.SchemaTexts{}, Words: siteWords(r), Listen: "127.0.0.1:0", CacheBytes: testCache}
	for _, f := range change {
		f(&cfg)
	}
	var cluster pipeline.Cluster
	if r.cluster != nil {
		cluster = r.cluster
	}
	d, err := New(r.Context(), cfg, cluster)
	if err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	return d, func() {
		cancel()
		if err := <-done; err != nil {
			r.Errorf("run: %v", err)
		}
		if err := d.Close(); err != nil {
			r.Errorf("close: %v", err)
		}
	}
}

// put makes a record visible.
func (r *rig) put(topic, record, key string, v schemas.Record) {
	r.Helper()
	byRecord, _ := schemaIDs()
	r.putBytes(topic, key, schemas.AppendFramed(nil, byRecord[record][0], v))
}

func (r *rig) putBytes(topic, key string, value []byte) {
	r.Helper()
	out := pipeline.OutRecord{Topic: topic, Partition: pipeline.Partition([]byte(key), testPartitions), Timestamp: time.Now().UnixMilli(), Key: []byte(key), Value: value}
	if err := r.out.Append(&out); err != nil {
		r.Fatal(err)
	}
	if err := r.out.Seal(nil).Commit(r.Context(), nil); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) decide(d *schemas.NextBestAction) {
	r.Helper()
	r.put(schemas.TopicActions, "NextBestAction", d.PersonRef.Reveal(), d)
}

func (r *rig) call(person, shard string, t *schemas.Touchpoint) {
	r.Helper()
	r.put(schemas.TopicIdentified, "Identified", person, &schemas.Identified{PersonRef: schemas.PersonRef(person), Shard: shard, JudgedBy: -1, Payload: schemas.IdentifiedPayload{Kind: schemas.IdentifiedPayloadTouchpoint, Touchpoint: *t}})
}

// answer is what a desk said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

func (a *answer) into(t testing.TB, v any) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("answered %s", a)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) ask(method, path string, body any, headers ...string) *answer {
	r.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		text = b
	default:
		var err error
		if text, err = json.Marshal(b); err != nil {
			r.Fatal(err)
		}
	}
	q, err := http.NewRequestWithContext(r.Context(), method, r.url+path, bytes.NewReader(text))
	if err != nil {
		r.Fatal(err)
	}
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	defer a.Body.Close()
	out := &answer{status: a.StatusCode, header: a.Header}
	if out.body, err = io.ReadAll(a.Body); err != nil {
		r.Fatal(err)
	}
	return out
}

func await(t testing.TB, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for !f() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: it did not happen in time", what)
		}
	}
}

// shows waits until a contact has a decision.
func (r *rig) shows(ref, id string) *contactAnswer {
	r.Helper()
	var v *contactAnswer
	await(r, "contact "+ref+" shows "+id, func() bool {
		var err error
		v, err = r.desk.server.answers.contact(ref, r.desk.Behind())
		if err != nil {
			r.Fatal(err)
		}
		return v != nil && v.Decision != nil && v.Decision.DecisionID == id
	})
	return v
}

// written are the records of a topic, decoded by each.
func written[V any, P interface {
	*V
	schemas.Record
	Clone() V
}](r *rig, topic string) []V {
	r.Helper()
	n, err := r.cluster.PartitionCount(r.Context(), topic)
	if err != nil {
		r.Fatal(err)
	}
	var all []pipeline.TopicPartition
	for p := range n {
		all = append(all, pipeline.TopicPartition{Topic: topic, Partition: p})
	}
	starts, err := r.cluster.StartOffsets(r.Context(), all)
	if err != nil {
		r.Fatal(err)
	}
	ends, err := r.cluster.EndOffsets(r.Context(), all)
	if err != nil {
		r.Fatal(err)
	}
	f := r.cluster.NewFetcher(pipeline.FetcherConfig{})
	defer f.Close()
	left := map[pipeline.TopicPartition]bool{}
	for tp := range starts {
		if starts[tp] < ends[tp] {
			left[tp] = true
		} else {
			delete(starts, tp)
		}
	}
	f.Assign(starts)
	var out []V
	for len(left) > 0 {
		chunks, err := f.Poll(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		for _, c := range chunks {
			var rec pipeline.Record
			for c.Next(&rec) {
				var v V
				if _, payload, err := schemas.ParseFrame(rec.Value); err != nil {
					r.Fatal(err)
				} else if err := schemas.DecodeWhole(P(&v), payload); err != nil {
					r.Fatal(err)
				}
				out = append(out, P(&v).Clone())
			}
			if info := c.Info(); info.NextOffset >= ends[info.TopicPartition] {
				delete(left, info.TopicPartition)
			}
			c.Release()
		}
	}
	return out
}

// sse reads a stream of events.
type sse struct {
	testing.TB
	body  io.ReadCloser
	lines *bufio.Scanner
}

type event struct{ name, id, data string }

func (r *rig) stream(base, path, lastID string) *sse {
	r.Helper()
	q, err := http.NewRequestWithContext(r.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		r.Fatal(err)
	}
	q.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		q.Header.Set("Last-Event-ID", lastID)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	if a.StatusCode != http.StatusOK || a.Header.Get("X-Accel-Buffering") != "no" {
		r.Fatalf("a stream answers %d with %v", a.StatusCode, a.Header)
	}
	r.Cleanup(func() { _ = a.Body.Close() })
	s := &sse{TB: r, body: a.Body, lines: bufio.NewScanner(a.Body)}
	s.lines.Buffer(nil, 1<<20)
	return s
}

// next is the next event of a name.
func (s *sse) next(name string) event {
	s.Helper()
	var e event
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name == name {
				return e
			}
			e = event{}
		}
	}
	s.Fatalf("the stream ended before an event %s: %v", name, s.lines.Err())
	return e
}
