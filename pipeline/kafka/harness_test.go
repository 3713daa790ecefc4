package kafka

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/attune-health/attune/pipeline"
)

// brokersVariable names real brokers (host:port,...) to run the tests on instead of kfake.
const brokersVariable = "ATTUNE_TEST_KAFKA"

const patience = 5 * time.Minute

// rig is a cluster to test against: the brokers named in brokersVariable, or kfake in this process.
// Names made by rig.name are new each time, so that tests share real brokers.
type rig struct {
	t       testing.TB
	c       *Cluster
	fake    *kfake.Cluster // nil on real brokers
	brokers []string
	suffix  string
	members int
}

func newRig(t testing.TB, opts ...kfake.Opt) *rig {
	t.Helper()
	real := os.Getenv(brokersVariable)
	if real == "" {
		return onFake(t, opts...)
	}
	return dialRig(t, &rig{brokers: strings.Split(real, ",")})
}

func onFake(t testing.TB, opts ...kfake.Opt) *rig {
	t.Helper()
	fake := newFake(t, opts...)
	return dialRig(t, &rig{fake: fake, brokers: fake.ListenAddrs()})
}

func dialRig(t testing.TB, r *rig) *rig {
	t.Helper()
	r.t, r.suffix = t, strings.ToLower(rand.Text()[:8])
	r.c = r.dial()
	return r
}

// newFake starts kfake with a data directory, as the demo runs it.
func newFake(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	f, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.DataDir(t.TempDir())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// fakeOnly returns kfake for tests that need its faults. They have run when those of real brokers do, and are left out
// there.
func fakeOnly(t testing.TB, opts ...kfake.Opt) *rig {
	t.Helper()
	if os.Getenv(brokersVariable) != "" {
		t.Skip("needs the faults of kfake")
	}
	return onFake(t, opts...)
}

func (r *rig) dial() *Cluster {
	r.t.Helper()
	c, err := Dial(r.ctx(), Config{Brokers: r.brokers})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// ctx tells a hang from a test on a busy machine, of which none takes a tenth of it.
func (r *rig) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r.t.Cleanup(cancel)
	return ctx
}

func (r *rig) name(s string) string { return s + "-" + r.suffix }

func (r *rig) topic(s string, partitions int32) string {
	r.t.Helper()
	name := r.name(s)
	// Records of tests are of 1970: a broker that looks for old segments just then would delete them.
	keep := map[string]string{"retention.ms": "-1"}
	if _, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: name, Partitions: partitions, ReplicationFactor: 1, Config: keep}}); err != nil {
		r.t.Fatal(err)
	}
	return name
}

// producer returns an initialised producer; no id means at least once.
func (r *rig) producer(pc pipeline.ProducerConfig) pipeline.Producer {
	r.t.Helper()
	if pc.TransactionalID != "" {
		pc.TransactionalID = r.name(pc.TransactionalID)
	}
	p := r.c.NewProducer(pc)
	r.t.Cleanup(func() { _ = p.Close() })
	r.must(p.Init(r.ctx()))
	return p
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// send commits values to one partition.
func (r *rig) send(p pipeline.Producer, topic string, partition int32, values ...string) {
	r.t.Helper()
	r.append(p, topic, partition, values...)
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
}

func (r *rig) append(p pipeline.Producer, topic string, partition int32, values ...string) {
	r.t.Helper()
	for _, v := range values {
		r.must(p.Append(&pipeline.OutRecord{Topic: topic, Partition: partition, Timestamp: time.Now().UnixMilli(), Key: []byte("k" + v), Value: []byte(v)}))
	}
}

// read returns the committed values of a topic, partition after partition. It waits for what is
// undecided: Apache Kafka writes the markers of a transaction after it has answered its commit.
func (r *rig) read(topic string) []string {
	r.t.Helper()
	spans, err := r.c.Spans(r.ctx(), topic)
	r.must(err)
	ends, err := r.c.EndOffsets(r.ctx(), slices.Collect(maps.Keys(spans)))
	r.must(err)
	for p, end := range ends {
		spans[p] = Span{spans[p].From, end}
	}
	return r.scan(spans)
}

// scan returns the committed values of spans, partition after partition.
func (r *rig) scan(spans map[pipeline.TopicPartition]Span) []string {
	r.t.Helper()
	type value struct {
		partition int32
		text      string
	}
	var got []value
	r.must(r.c.Scan(r.ctx(), spans, func(rec *pipeline.Record) error {
		got = append(got, value{rec.Partition, string(rec.Value)})
		return nil
	}))
	slices.SortStableFunc(got, func(a, b value) int { return cmp.Compare(a.partition, b.partition) })
	out := []string{}
	for _, v := range got {
		out = append(out, v.text)
	}
	return out
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(prefix, i)
	}
	return out
}

func tp(topic string, partition int32) pipeline.TopicPartition {
	return pipeline.TopicPartition{Topic: topic, Partition: partition}
}

// fixedGeneration is a membership that no group knows, such as a zombie's or a simple consumer's.
type fixedGeneration struct {
	pipeline.Generation
	group, member string
	id            int32
}

func (g fixedGeneration) ID() int32        { return g.id }
func (g fixedGeneration) MemberID() string { return g.member }
func (g fixedGeneration) GroupID() string  { return g.group }
