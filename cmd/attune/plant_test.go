package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// plant is the embedded servers with topics and schemas on them, a configuration file for commands,
// and a hand that writes records as they are.
type plant struct {
	t       *testing.T
	parts   *demo.Parts
	config  string // file
	schemas string // directory of what is kept of the registry
	cluster *kafka.Cluster
	ids     schemas.IDs

	producer pipeline.Producer
	next     map[pipeline.TopicPartition]int64 // offset of the next record that is sent
}

// newPlant starts it; further lines of configuration go below the keys that they name.
func newPlant(t *testing.T, more string) *plant {
	t.Helper()
	p := &plant{t: t, next: map[pipeline.TopicPartition]int64{}}
	var err error
	if p.parts, err = demo.StartParts(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.parts.Close(); err != nil {
			t.Error(err)
		}
	})
	p.config, p.schemas = filepath.Join(t.TempDir(), "attune.yaml"), t.TempDir()
	p.configure(more)
	must(t, "topics", "create", "--config", p.config)
	must(t, "schemas", "register", "--config", p.config)

	c, err := config.Read([]byte(p.text(more)))
	if err != nil {
		t.Fatal(err)
	}
	if p.cluster, err = connect.Kafka(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	r, err := connect.Registry(&c)
	if err != nil {
		t.Fatal(err)
	}
	if p.ids, err = r.IDs(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.producer = p.cluster.NewProducer(pipeline.ProducerConfig{})
	if err := p.producer.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.producer.Close(); p.cluster.Close() })
	return p
}

func (p *plant) text(more string) string {
	return fmt.Sprintf(`
kafka: {brokers: [%q]}
registry: {url: %q, cache_dir: %q}
topics: {partitions: 2, replication: 1}
run: {identity_key: "not a secret: of a test", workers: 2}
clickhouse: {addr: [%q]}
sink: {flush_interval: 100ms}
`, p.parts.Broker.Addr(), p.parts.Registry.URL(), p.schemas, p.parts.ClickHouse.NativeAddr()) + more
}

// configure writes the configuration file anew.
func (p *plant) configure(more string) {
	p.t.Helper()
	writeFile(p.t, p.config, p.text(more))
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// send writes a record to a partition and returns its offset.
func (p *plant) send(topic string, partition int32, key, value []byte, headers ...pipeline.Header) int64 {
	p.t.Helper()
	return p.sendAt(schemas.Millis(time.Now().UnixMilli()), topic, partition, key, value, headers...)
}

// sendAt is send with a broker's time of another moment.
func (p *plant) sendAt(at schemas.Millis, topic string, partition int32, key, value []byte, headers ...pipeline.Header) int64 {
	p.t.Helper()
	r := pipeline.OutRecord{Topic: topic, Partition: partition, Timestamp: int64(at), Key: key, Value: value, Headers: headers}
	if err := p.producer.Append(&r); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	if err := p.producer.Seal(nil).Commit(ctx, nil); err != nil {
		p.t.Fatalf("send to %s: %v", topic, err)
	}
	tp := pipeline.TopicPartition{Topic: topic, Partition: partition}
	p.next[tp]++
	return p.next[tp] - 1
}

// recreate makes a topic anew, or only removes it where partitions is 0.
func (p *plant) recreate(name string, partitions int32, config map[string]string) {
	p.t.Helper()
	if err := p.cluster.DeleteTopics(p.t.Context(), []string{name}); err != nil {
		p.t.Fatal(err)
	}
	await(p.t, time.Minute, name+" is gone", func() bool {
		_, err := p.cluster.DescribeTopics(p.t.Context(), name)
		return err != nil
	})
	if partitions == 0 {
		return
	}
	if _, err := p.cluster.CreateTopics(p.t.Context(), []kafka.TopicSpec{{Name: name, Partitions: partitions, ReplicationFactor: 1, Config: config}}); err != nil {
		p.t.Fatal(err)
	}
}

// framed is a record under the id that its topic has in the registry.
func (p *plant) framed(topic string, r schemas.Record) []byte {
	return schemas.AppendFramed(nil, p.ids[topic], r)
}

// each reads a topic whole.
func (p *plant) each(topic string, fn func(*pipeline.Record)) {
	p.t.Helper()
	err := connect.Log{Cluster: p.cluster}.Each(p.t.Context(), topic, func(r *pipeline.Record) error { fn(r); return nil })
	if err != nil {
		p.t.Fatal(err)
	}
}

// identified returns what INGEST has sent on, by event id.
func (p *plant) identified() map[string]schemas.Identified {
	p.t.Helper()
	out := map[string]schemas.Identified{}
	p.each(schemas.TopicIdentified, func(r *pipeline.Record) {
		if _, control := schemas.FindHeader(r.Headers, pipeline.WatermarkHeader); control {
			return
		}
		v := decoded[schemas.Identified](p.t, r.Value)
		switch v.Payload.Kind {
		case schemas.IdentifiedPayloadTouchpoint:
			out[v.Payload.Touchpoint.EventID] = v
		case schemas.IdentifiedPayloadConsent:
			out[v.Payload.Consent.EventID] = v
		case schemas.IdentifiedPayloadActionOutcome:
			out[v.Payload.ActionOutcome.EventID] = v
		}
	})
	return out
}

// decoded is a record of ours in memory of its own.
func decoded[T any, P interface {
	*T
	schemas.Record
}](t *testing.T, value []byte) T {
	t.Helper()
	_, payload, err := schemas.ParseFrame(bytes.Clone(value))
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := schemas.DecodeWhole(P(&v), payload); err != nil {
		t.Fatal(err)
	}
	return v
}

var servedAt = regexp.MustCompile(`msg="serving /metrics, /healthz and /readyz" addr=(\S+)`)

// page asks a running role for a page; its configuration must have telemetry.listen.
func (r *role) page(t *testing.T, path string) (int, string) {
	t.Helper()
	r.says(t, "serving /metrics")
	log, err := os.ReadFile(r.log)
	if err != nil {
		t.Fatal(err)
	}
	address := servedAt.FindSubmatch(log)
	if address == nil {
		t.Fatal("the log does not say where it serves")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+string(address[1])+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// ready waits until the role says that it is.
func (r *role) ready(t *testing.T) {
	t.Helper()
	await(t, time.Minute, "ready", func() bool {
		code, _ := r.page(t, "/readyz")
		return code == http.StatusOK
	})
}

// quiet waits until run and sink have nothing left to read.
func (p *plant) quiet(groups ...string) {
	p.t.Helper()
	await(p.t, time.Minute, "nothing left to read", func() bool {
		for _, group := range groups {
			for topic := range strings.FieldsSeq(readBy[group]) {
				lags, err := p.cluster.Lag(p.t.Context(), group, topic)
				if err != nil {
					p.t.Fatal(err)
				}
				for i := range lags {
					if lags[i].Lag() > 0 {
						return false
					}
				}
			}
		}
		return true
	})
}

// readBy are the topics of a group, in the order in which what comes from one goes to the next.
var readBy = map[string]string{
	"attune":      "identity-links touchpoints.web touchpoints.app touchpoints.call touchpoints.ehr consents action-outcomes attune.identified training-examples",
	"attune-sink": "attune.identified contact-predictions next-best-actions decision-inputs action-outcomes contact-aggregates contact-facts",
}
