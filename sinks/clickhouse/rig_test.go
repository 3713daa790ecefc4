package clickhouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// server is the ClickHouse that tests share; those that kill it start their own.
var server struct {
	once sync.Once
	ch   *embedded.ClickHouse
	err  error
}

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	code := m.Run()
	if server.ch != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if err := server.ch.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		cancel()
		_ = os.RemoveAll(server.ch.Config().Dir)
	}
	os.Exit(code)
}

func sharedServer(t testing.TB) *embedded.ClickHouse {
	t.Helper()
	server.once.Do(func() {
		dir, err := os.MkdirTemp("", "attune-clickhouse-test")
		if err != nil {
			server.err = err
			return
		}
		server.ch, server.err = embedded.StartClickHouse(context.Background(), embedded.ClickHouseConfig{Dir: dir})
	})
	if server.err != nil {
		t.Fatal(server.err)
	}
	return server.ch
}

// testContext ends a test that hangs, well before go test does. None takes a tenth of it on a busy machine.
func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newDatabase() string { return "test_" + strings.ToLower(rand.Text()[:10]) }

// testLog is the log id that tests write under.
const testLog = "00000000-0000-0000-0000-0000000000a1"

func testConfig(addr string) Config {
	ids := map[string][]int32{}
	for i, d := range schemas.Definitions() {
		ids[d.Name] = []int32{int32(i + 1)}
	}
	return Config{
		Addr: []string{addr}, Database: newDatabase(), LogID: testLog, FlushInterval: 50 * time.Millisecond,
		RetryMin: 10 * time.Millisecond, RetryMax: 200 * time.Millisecond, SchemaIDs: ids, Schemas: schemas.SchemaTexts{},
	}
}

// rig is a broker with the topics, and a configuration for a database of the test's own.
type rig struct {
	testing.TB
	ctx          context.Context
	cfg          Config
	broker       *embedded.Broker
	brokerConfig embedded.BrokerConfig // starts it again as it was
	cluster      *kafka.Cluster
	out          pipeline.Producer
}

const testPartitions = 4

func newRig(t testing.TB, addr string) *rig {
	t.Helper()
	r := &rig{TB: t, ctx: testContext(t), cfg: testConfig(addr)}
	var err error
	r.brokerConfig.Dir = t.TempDir()
	if r.broker, err = embedded.StartBroker(r.ctx, r.brokerConfig); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.broker.Close() })
	if _, r.brokerConfig.Port, err = splitPort(r.broker.Addr()); err != nil {
		t.Fatal(err)
	}
	if r.cluster, err = kafka.Dial(r.ctx, kafka.Config{Brokers: []string{r.broker.Addr()}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cluster.Close() })
	var topics []kafka.TopicSpec
	for _, spec := range schemas.Topics(schemas.TopicConfig{Partitions: testPartitions}) {
		topics = append(topics, kafka.TopicSpec{Name: spec.Name, Partitions: spec.Partitions})
	}
	if _, err := r.cluster.CreateTopics(r.ctx, topics); err != nil {
		t.Fatal(err)
	}
	r.out = r.cluster.NewProducer(pipeline.ProducerConfig{})
	if err := r.out.Init(r.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.out.Close() })
	return r
}

func splitPort(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	return host, port, err
}

// put appends a record under its own schema; send makes the appended ones visible.
func (r *rig) put(topic, key string, v schemas.Record) {
	r.Helper()
	r.putBytes(topic, key, schemas.AppendFramed(nil, r.cfg.SchemaIDs[recordName(v)][0], v))
}

func (r *rig) putBytes(topic, key string, value []byte, headers ...pipeline.Header) {
	r.Helper()
	out := pipeline.OutRecord{Topic: topic, Partition: pipeline.Partition([]byte(key), testPartitions),
		Timestamp: time.Now().UnixMilli(), Key: []byte(key), Value: value, Headers: headers}
	if err := r.out.Append(&out); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) send() {
	r.Helper()
	if err := r.out.Seal(nil).Commit(r.ctx, nil); err != nil {
		r.Fatal(err)
	}
}

func recordName(v schemas.Record) string {
	name := fmt.Sprintf("%T", v)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// start runs a sink and returns it with a func that ends it and waits.
func (r *rig) start() (*Sink, func()) {
	r.Helper()
	s, err := New(r.ctx, r.cfg, r.cluster)
	if err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := errors.Join(<-done, s.Close()); err != nil {
				r.Errorf("sink: %v", err)
			}
		})
	}
	r.Cleanup(stop)
	return s, stop
}

// client opens a connection to the test's database.
func (r *rig) client() *Client {
	r.Helper()
	return openClient(r, r.cfg)
}

func openClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	c, err := Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// await polls until the query gives the wanted number.
func (r *rig) await(c *Client, want uint64, sql string) {
	r.Helper()
	awaitCount(r, c, want, sql)
}

func awaitCount(t testing.TB, c *Client, want uint64, sql string) {
	t.Helper()
	ctx := testContext(t)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var got uint64
	var err error
	for {
		if err = c.One(ctx, sql, &got); err == nil && got == want {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s is %d and should become %d (%v)", sql, got, want, err)
		}
	}
}

func count(t testing.TB, c *Client, sql string) uint64 {
	t.Helper()
	var n uint64
	if err := c.One(testContext(t), sql, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
