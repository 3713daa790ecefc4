//go:build record

package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
)

const (
	// storedAnswers and storedBytes bound what is stored of each API.
	storedAnswers = 5
	storedBytes   = 6 << 10
)

// tap keeps the answers that pass through its connections.
type tap struct {
	mu      sync.Mutex
	answers map[string][][]byte
}

func (t *tap) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: conn, tap: t}, nil
}

// keep stores an answer, unless there is one as long, or enough.
func (t *tap) keep(name string, body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.answers[name] {
		if len(b) == len(body) {
			return
		}
	}
	if len(body) <= storedBytes && len(t.answers[name]) < storedAnswers {
		t.answers[name] = append(t.answers[name], bytes.Clone(body))
	}
}

// tapped has one request at a time or several; the answers come in their order.
type tapped struct {
	net.Conn
	tap   *tap
	mu    sync.Mutex
	out   []byte
	in    []byte
	asked []string
}

func (c *tapped) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.out = append(c.out, p...)
	for frame := cutFrame(&c.out); frame != nil; frame = cutFrame(&c.out) {
		key, version := binary.BigEndian.Uint16(frame), binary.BigEndian.Uint16(frame[2:])
		c.asked = append(c.asked, fmt.Sprintf("%s-v%d", apiNames()[int(key)], version))
	}
	c.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = append(c.in, p[:n]...)
	for frame := cutFrame(&c.in); frame != nil && len(c.asked) > 0; frame = cutFrame(&c.in) {
		body := frame[4:]
		if slices.Contains(flexible(), c.asked[0]) {
			body = body[1:] // the header's tags, of which there are none
		}
		c.tap.keep(c.asked[0], body)
		c.asked = c.asked[1:]
	}
	return n, err
}

// cutFrame takes a whole frame off b, without its length.
func cutFrame(b *[]byte) []byte {
	if len(*b) < 4 {
		return nil
	}
	n := int(binary.BigEndian.Uint32(*b))
	if len(*b)-4 < n {
		return nil
	}
	frame := (*b)[4 : 4+n]
	*b = (*b)[4+n:]
	return frame
}

func apiNames() map[int]string {
	return map[int]string{apiProduce: "produce", apiFetch: "fetch", apiListOffsets: "listoffsets", apiMetadata: "metadata", apiOffsetCommit: "offsetcommit",
		apiOffsetFetch: "offsetfetch", apiFindCoordinator: "findcoordinator", 11: "joingroup", 12: "heartbeat", apiLeaveGroup: "leavegroup", 14: "syncgroup",
		apiDescribeGroups: "describegroups", apiApiVersions: "apiversions", apiCreateTopics: "createtopics", apiDeleteTopics: "deletetopics",
		apiInitProducerID: "initproducerid", apiAddPartitionsToTxn: "addpartitionstotxn", apiAddOffsetsToTxn: "addoffsetstotxn", apiEndTxn: "endtxn",
		apiTxnOffsetCommit: "txnoffsetcommit", apiDescribeConfigs: "describeconfigs", apiDescribeProducers: "describeproducers"}
}

// flexible names the answers with tags in their header.
func flexible() []string {
	return []string{"metadata-v10", "offsetfetch-v7", "initproducerid-v4", "createtopics-v5", "endtxn-v3", "endtxn-v5", "txnoffsetcommit-v3", "txnoffsetcommit-v5",
		"produce-v12", "addpartitionstotxn-v3", "addoffsetstotxn-v3", "describeproducers-v0"}
}

// TestRecordAnswers stores what Apache Kafka answers to everything that we ask it, errors included: the
// seeds of fuzz targets. It is built with the tag record only.
func TestRecordAnswers(t *testing.T) {
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir(), Version: "4.3.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Kill(); err != nil {
			t.Error(err)
		}
	})
	x := &tap{answers: map[string][][]byte{}}
	r := &rig{t: t, brokers: []string{broker.Addr()}, suffix: "seed"}
	if r.c, err = newCluster(Config{Brokers: r.brokers, RetryTimeout: 2 * time.Second}); err != nil {
		t.Fatal(err)
	}
	r.c.transport.Dial = x.dial
	r.must(r.c.hello(r.ctx()))
	r.askEverything(x)
	r.must(os.MkdirAll(answersDir, 0o755))
	decoded := answers()
	for name, bodies := range x.answers {
		if decoded[name] == nil && name != "fetch-v11" && name != "joingroup-v2" {
			continue // kafka-go's to read
		}
		for i, b := range bodies {
			r.must(os.WriteFile(filepath.Join(answersDir, fmt.Sprintf("%s-%d.bin", name, i)), b, 0o644))
		}
	}
}

func (r *rig) askEverything(x *tap) {
	a, b, sink := r.topic("a", 1), r.topic("b", 3), r.topic("sink", 1)
	for i, level := range []int16{2, 1} {
		r.c.versions.features["transaction.version"] = level
		for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
			name := fmt.Sprint(codec, i)
			p := r.producer(pipeline.ProducerConfig{TransactionalID: name, Compression: codec})
			r.write(p, a, name)
			r.must(p.Seal(r.offsets(sink, 7)).Commit(r.ctx(), fixedGeneration{group: r.name("g"), id: -1}))
			r.write(p, a, "aborted")
			if p.Seal(r.offsets(sink, 8)).Commit(r.ctx(), fixedGeneration{group: r.name("g"), id: 3, member: "gone"}) == nil {
				r.t.Fatal("a transaction of a member that the group never had was committed")
			}
		}
		r.scan(map[pipeline.TopicPartition]Span{tp(a, 0): {0, int64(30 * (i + 1))}})
	}
	plain := r.producer(pipeline.ProducerConfig{Compression: "zstd"})
	for p := range int32(3) {
		r.append(plain, b, p, numbered("plain", 4)...)
	}
	r.must(plain.Seal(nil).Commit(r.ctx(), nil))
	r.read(b)
	r.joinGroup(x, r.name("members"), a, b)
	// what goes wrong is answered, too
	ctx := r.ctx()
	_, _ = r.c.CreateTopics(ctx, []TopicSpec{{Name: a, Partitions: 1, ReplicationFactor: 1}})
	_, _ = r.c.CreateTopics(ctx, []TopicSpec{{Name: r.name("never"), Partitions: 1, ReplicationFactor: 9}})
	_, _ = r.c.PartitionCount(ctx, r.name("nowhere"))
	_, _ = r.c.DescribeTopics(ctx)
	_, _ = r.c.Lag(ctx, r.name("g"), a, b, sink)
	_, _ = r.c.Committed(ctx, r.name("nobody"), []pipeline.TopicPartition{tp(a, 0)})
	_ = r.c.commitOffsets(ctx, r.name("g"), 5, "gone", r.offsets(sink, 9))
	_, _ = r.c.named(ctx, r.name("members"), "")
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(a, 0): 1 << 40})
	_, _ = f.Poll(ctx)
	left := r.producer(pipeline.ProducerConfig{TransactionalID: "left open"})
	r.append(left, a, 0, "left open")
	r.must(left.Seal(nil).(*transaction).fill(r.ctx(), nil))
	_, _ = r.c.OpenTransactions(ctx, []pipeline.TopicPartition{tp(a, 0)}, 0)
	_ = r.c.DeleteTopics(ctx, []string{b, r.name("nowhere")})
}

// write appends three records with headers, one of them without key and value.
func (r *rig) write(p pipeline.Producer, topic, text string) {
	r.must(p.Append(&pipeline.OutRecord{Topic: topic, Timestamp: 1_700_000_000_000, Key: []byte("key"), Value: []byte("value of " + text), Headers: []pipeline.Header{{Key: "ce_id", Value: []byte(text)}, {Key: "ce_none"}}}))
	r.must(p.Append(&pipeline.OutRecord{Topic: topic, Timestamp: 1_700_000_000_007, Key: []byte("key")}))
	r.must(p.Append(&pipeline.OutRecord{Topic: topic, Timestamp: 1_699_999_999_999, Value: []byte{}}))
}

// joinGroup lets two members of our balancer join, of which one has owned partitions before.
func (r *rig) joinGroup(x *tap, group string, topics ...string) {
	ctx, cancel := context.WithCancel(r.ctx())
	defer cancel()
	var both sync.WaitGroup
	for i := range 2 {
		b := new(balancer)
		if i == 0 {
			b.own(4, []pipeline.TopicPartition{tp(topics[0], 0), tp(topics[1], 2)})
		}
		g, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{ID: group, Brokers: r.brokers, Topics: topics, GroupBalancers: []kafkago.GroupBalancer{b},
			Dialer: &kafkago.Dialer{ClientID: fmt.Sprint("client-", i), Timeout: 5 * time.Second, DialFunc: x.dial}, HeartbeatInterval: 100 * time.Millisecond})
		r.must(err)
		defer g.Close()
		both.Go(func() {
			for ctx.Err() == nil {
				gen, err := g.Next(ctx)
				if err == nil && len(gen.Assignments) > 0 && gen.ID > 1 {
					return
				}
			}
		})
	}
	both.Wait()
}
