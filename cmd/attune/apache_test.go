package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"

	"github.com/attune-health/attune/benchmarks/journeys"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// startJavaSite starts Apache Kafka and Apicurio, and has a Java client of both.
func startJavaSite(t *testing.T, cfg embeddedtest.ApacheConfig, of ...embeddedtest.ApicurioConfig) (*embeddedtest.Apache, *embeddedtest.Apicurio, *embeddedtest.JavaClient) {
	t.Helper()
	embeddedtest.RequireJava(t)
	cfg.Dir = t.TempDir()
	broker, err := embeddedtest.StartApacheKafka(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, broker.Kill()) })
	registries := append(of, embeddedtest.ApicurioConfig{})
	registries[0].Dir = t.TempDir()
	registry, err := embeddedtest.StartApicurio(t.Context(), registries[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, registry.Kill()) })
	java, err := embeddedtest.NewJavaClient(t.Context(), "", broker.Addr(), registry)
	if err != nil {
		t.Fatal(err)
	}
	return broker, registry, java
}

// apacheRig is a rig on Apache Kafka, Apicurio and ClickHouse.
func apacheRig(t *testing.T) (*rig, *embeddedtest.Apache, *embeddedtest.JavaClient) {
	t.Helper()
	broker, registry, java := startJavaSite(t, embeddedtest.ApacheConfig{Secure: true})
	clickhouse, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, clickhouse.Kill()) })
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL, c.ClickHouse.Addr = []string{broker.Addr()}, registry.URL(), []string{clickhouse.NativeAddr()}
	return newRig(t, c, clickhouse.HTTPAddr()), broker, java
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// Sources, registry and contact center are strangers' programs: an ordinary Java producer with null
// keys, no headers and Apicurio's serializer, of which one writes a schema newer than ours, and an
// ordinary Java consumer. Two processors share the work; one is killed.
func TestStrangersOnApacheKafka(t *testing.T) {
	t.Parallel()
	r, broker, java := apacheRig(t)
	first, second := start(t, "run", "--config", r.file(t)), start(t, "run", "--config", r.file(t))
	sink := start(t, "sink", "--config", r.file(t))
	ledger := &verify.Ledger{}
	lines := strangersLines(t, ledger)
	produce := func(topic string, some []string) {
		n, err := java.Produce(t.Context(), topic, schemaFile(t, topic), strings.NewReader(strings.Join(some, "\n")+"\n"))
		if err != nil || n != len(some) {
			t.Fatalf("%d of %d records: %v", n, len(some), err)
		}
	}
	for topic, some := range lines {
		if topic != schemas.TopicTouchpointsCall {
			produce(topic, some)
		}
	}
	second.says(t, "assigned")
	await(t, time.Minute, "actions", func() bool { return r.committed(t, schemas.TopicActions) > 10 })
	first.kill(t)
	produce(schemas.TopicTouchpointsCall, lines[schemas.TopicTouchpointsCall])
	produce(schemas.TopicActionOutcomes, strangersOutcomes(t, r, ledger))
	report := r.settles(t, ledger, true)
	readByJava(t, r, java, report.Decisions)
	t.Run("secure", func(t *testing.T) { secureListeners(t, r, broker) })
	second.stop(t)
	sink.stop(t)
}

// strangersLines is a minute of patients as Avro JSON, by topic.
func strangersLines(t *testing.T, ledger *verify.Ledger) map[string][]string {
	t.Helper()
	g, err := journeys.New(journeys.Config{Patients: 2000, Rate: 20, Seed: 7, Start: time.Now().Add(-time.Minute).Truncate(time.Second), Duration: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for e, ok := g.Next(); ok; e, ok = g.Next() {
		var record schemas.Record
		switch e.Kind {
		case journeys.KindTouchpoint:
			record = e.Touchpoint
			ledger.Touchpoint(e.Topic, e.Touchpoint, "")
		case journeys.KindLink:
			record = e.Link
			ledger.Link()
		case journeys.KindConsent:
			record = e.Consent
			ledger.Consent()
		}
		lines[e.Topic] = append(lines[e.Topic], avroJSON(t, e.Topic, record))
	}
	return lines
}

// strangersOutcomes answers the actions that are there.
func strangersOutcomes(t *testing.T, r *rig, ledger *verify.Ledger) (lines []string) {
	t.Helper()
	var d schemas.NextBestAction
	err := connect.Log{Cluster: r.cluster}.Each(t.Context(), schemas.TopicActions, func(rec *pipeline.Record) error {
		if err := schemas.DecodeWhole(&d, rec.Value[5:]); err != nil {
			return err
		}
		o := journeys.Respond(&d)
		ledger.Outcome(&o)
		lines = append(lines, avroJSON(t, schemas.TopicActionOutcomes, &o))
		return nil
	})
	if err != nil || len(lines) == 0 {
		t.Fatalf("%d actions to answer: %v", len(lines), err)
	}
	return lines
}

// schemaOf is a topic's schema; that of web is newer than ours by a field.
func schemaOf(t *testing.T, topic string) string {
	t.Helper()
	d, ok := schemas.RecordOf(topic)
	if !ok {
		t.Fatalf("%s has no schema", topic)
	}
	if topic != schemas.TopicTouchpointsWeb {
		return d.Schema
	}
	text, ok := strings.CutSuffix(strings.TrimSpace(d.Schema), "]}")
	if !ok {
		t.Fatalf("schema ends with %q", d.Schema[len(d.Schema)-20:])
	}
	return text + `,{"name":"browser","type":["null","string"],"default":null}]}`
}

func schemaFile(t *testing.T, topic string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "schema.avsc")
	if err := os.WriteFile(file, []byte(schemaOf(t, topic)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// codec is goavro's, which would make times of our milliseconds. It takes longer to make than a record takes to
// encode, and is made once.
func codec(t *testing.T, schema string) *goavro.Codec {
	t.Helper()
	if made, ok := codecs.Load(schema); ok {
		return made.(*goavro.Codec)
	}
	c, err := goavro.NewCodec(strings.ReplaceAll(schema, `"logicalType"`, `"was"`))
	if err != nil {
		t.Fatal(err)
	}
	codecs.Store(schema, c)
	return c
}

// codecs has those that were made, by schema.
var codecs sync.Map

func avroJSON(t *testing.T, topic string, record schemas.Record) string {
	t.Helper()
	d, _ := schemas.RecordOf(topic)
	native, _, err := codec(t, d.Schema).NativeFromBinary(record.AppendAvro(nil))
	if err != nil {
		t.Fatal(err)
	}
	if topic == schemas.TopicTouchpointsWeb {
		native.(map[string]any)["browser"] = goavro.Union("string", "lynx")
	}
	text, err := codec(t, schemaOf(t, topic)).TextualFromNative(nil, native)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readByJava compares what a Java consumer reads with what the topic holds.
func readByJava(t *testing.T, r *rig, java *embeddedtest.JavaClient, n int) {
	t.Helper()
	var want, got []string
	var d schemas.NextBestAction
	err := connect.Log{Cluster: r.cluster}.Each(t.Context(), schemas.TopicActions, func(rec *pipeline.Record) error {
		if err := schemas.DecodeWhole(&d, rec.Value[5:]); err != nil {
			return err
		}
		want = append(want, fmt.Sprintf("%d@%d %s %s %s", rec.Partition, rec.Offset, rec.Key, d.DecisionID, d.Action.ID))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// It ends as soon as it has all; on a busy machine a JVM takes half a minute to begin.
	records, err := java.Consume(t.Context(), schemas.TopicActions, n, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records {
		var value struct {
			DecisionID string `json:"decision_id"`
			Action     struct{ ID string }
		}
		if err := json.Unmarshal(rec.Value, &value); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d@%d %s %s %s", rec.Partition, rec.Offset, rec.Key, value.DecisionID, value.Action.ID))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(got, want); diff != "" || len(got) == 0 {
		t.Errorf("next best actions (-Java +topic):\n%s", diff)
	}
}

// secureListeners works through each listener with TLS or SASL, and is refused without the password.
func secureListeners(t *testing.T, r *rig, broker *embeddedtest.Apache) {
	user, password := broker.User()
	for name, c := range map[string]struct {
		addr, ca, mechanism, password string
		code                          int
	}{
		"TLS":              {broker.TLSAddr(), broker.CAFile(), "", "", exit.CodeOK},
		"PLAIN":            {broker.SASLAddr(), "", "PLAIN", password, exit.CodeOK},
		"SCRAM":            {broker.SASLAddr(), "", "SCRAM-SHA-512", password, exit.CodeOK},
		"SCRAM over TLS":   {broker.SASLTLSAddr(), broker.CAFile(), "SCRAM-SHA-512", password, exit.CodeOK},
		"wrong password":   {broker.SASLAddr(), "", "PLAIN", "wrong", exit.CodeUnavailable},
		"wrong password S": {broker.SASLAddr(), "", "SCRAM-SHA-512", "wrong", exit.CodeUnavailable},
		"no TLS":           {broker.TLSAddr(), "", "", "", exit.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			secure := *r
			secure.config.Kafka.Brokers = []string{c.addr}
			secure.config.Kafka.TLS.CAFile = c.ca
			if c.mechanism != "" {
				secure.config.Kafka.SASL.Mechanism, secure.config.Kafka.SASL.Username = c.mechanism, user
				secure.config.Kafka.SASL.Password = kafka.Secret(c.password)
			}
			file := secure.file(t)
			r.names = secure.names
			s := try(t, "topics", "create", "--config", file, "--partitions", "1", "--replication", "1")
			if s.code != c.code || c.code != exit.CodeOK && (strings.Count(s.stderr, "\n") != 1 || strings.Contains(s.stderr, "goroutine")) {
				t.Fatalf("exit code %d, want %d: %s", s.code, c.code, s.stderr)
			}
			if c.code != exit.CodeOK {
				t.Log(strings.TrimSpace(s.stderr))
				return
			}
			run := start(t, "run", "--config", file)
			run.says(t, "assigned")
			run.stop(t)
		})
	}
}
