package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/demo"
	"github.com/attune-health/attune/internal/oracle"
	"github.com/attune-health/attune/internal/roles"
	"github.com/attune-health/attune/internal/traffic"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// rig is a site: brokers, registry and ClickHouse in which attune's roles run as processes of their
// own.
type rig struct {
	config  config.Config
	cluster *kafka.Cluster
	http    string // of ClickHouse
	dir     string
	names   int

	generation string // of topics that settles looks at
}

// newRig makes topics and schemas on servers that are there.
func newRig(t *testing.T, c config.Config, http string) *rig {
	t.Helper()
	c.Topics.Partitions, c.Topics.Replication = 4, len(c.Kafka.Brokers)
	c.Run.Clock, c.Run.IdentityKey = "log", "a key that only tests use"
	c.Sink.FlushInterval = 200 * time.Millisecond
	r := &rig{config: c, http: http, dir: t.TempDir()}
	file := r.file(t)
	must(t, "topics", "create", "--config", file, "--partitions", "4", "--replication", fmt.Sprint(c.Topics.Replication))
	must(t, "schemas", "register", "--config", file)
	var err error
	if r.cluster, err = connect.Kafka(t.Context(), &r.config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cluster.Close() })
	return r
}

// newBroker and newRegistry are for tests that need no more: ClickHouse takes longest to start.
func newBroker(t *testing.T) *embedded.Broker {
	t.Helper()
	b, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, b.Close()) })
	return b
}

func newRegistry(t *testing.T) *embedded.Registry {
	t.Helper()
	r, err := embedded.StartRegistry(t.Context(), embedded.RegistryConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, r.Close()) })
	return r
}

// embeddedRig is a rig on the embedded parts.
func embeddedRig(t *testing.T, change ...func(*config.Config)) (*rig, *demo.Parts) {
	t.Helper()
	p, err := demo.StartParts(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	c := config.Default()
	p.Point(&c)
	for _, f := range change {
		f(&c)
	}
	return newRig(t, c, p.ClickHouse.HTTPAddr()), p
}

// file writes the configuration for one more instance.
func (r *rig) file(t *testing.T) string {
	t.Helper()
	r.names++
	name := filepath.Join(r.dir, fmt.Sprintf("attune-%d.yaml", r.names))
	k := r.config.Kafka
	text := fmt.Sprintf("instance: %q\nkafka:\n  brokers: [%s]\n", fmt.Sprintf("%s-%d", filepath.Base(filepath.Dir(r.dir)), r.names), strings.Join(k.Brokers, ", "))
	if k.TopicPrefix != "" {
		text += fmt.Sprintf("  topic_prefix: %q\n  topic_names: %q\n", k.TopicPrefix, strings.Join(k.TopicNames, ", "))
	}
	if k.TLS.CAFile != "" {
		text += fmt.Sprintf("  tls: {enabled: true, ca_file: %q}\n", k.TLS.CAFile)
	}
	if k.SASL.Mechanism != "" {
		text += fmt.Sprintf("  sasl: {mechanism: %s, username: %s, password: %s}\n", k.SASL.Mechanism, k.SASL.Username, string(k.SASL.Password))
	}
	text += fmt.Sprintf("registry: {url: %q, cache_dir: %q}\nrun: {clock: log, identity_key: %q, checkpoint_interval: %s}\nsink: {flush_interval: %s}\nclickhouse: {addr: [%s]}\n",
		r.config.Registry.URL, filepath.Join(r.dir, "schemas"), string(r.config.Run.IdentityKey), r.config.Run.CheckpointInterval, r.config.Sink.FlushInterval, strings.Join(r.config.ClickHouse.Addr, ", "))
	if s := r.config.State; s.Backend == "pebble" {
		text += fmt.Sprintf("state: {backend: pebble, dir: %q, cache_mb: %d}\n", s.Dir, s.CacheMB)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// committed is how many offsets a topic has.
func (r *rig) committed(t *testing.T, topic string) int64 {
	t.Helper()
	spans, err := r.cluster.Spans(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, s := range spans {
		sum += s.To - s.From
	}
	return sum
}

// grows waits until a topic has that many more offsets than now.
func (r *rig) grows(t *testing.T, topic string, by int64) {
	t.Helper()
	goal := r.committed(t, topic) + by
	await(t, time.Minute, topic+" grows", func() bool { return r.committed(t, topic) >= goal })
}

// simulate sends patients in a process of its own; the ledger is there when it has ended.
func (r *rig) simulate(t *testing.T, args ...string) (*role, string) {
	t.Helper()
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	return start(t, append([]string{"simulate", "--config", r.file(t), "--ledger", ledger, "--seed", "7", "--start", "2026-03-02T14:00:00Z", "--patients", "5000"}, args...)...), ledger
}

// ended waits for a process that ends by itself.
func (r *role) ended(t *testing.T) {
	t.Helper()
	await(t, 3*time.Minute, "end of a process", func() bool { ended, _ := r.Ended(); return ended })
	if _, err := r.Ended(); err != nil {
		t.Fatalf("%v: %s", err, r.LogEnd())
	}
}

// ledgerOf is what the verifier needs to know of what was sent: the simulator's ledger says which
// values, the source topics hold them.
func (r *rig) ledgerOf(t *testing.T, file string) *verify.Ledger {
	t.Helper()
	sent, err := traffic.SentIn(file)
	if err != nil {
		t.Fatal(err)
	}
	ledger, report, err := verify.LedgerOf(t.Context(), connect.Log{Cluster: r.cluster}, sent)
	if err != nil {
		t.Fatal(err)
	}
	if report.Found > 0 {
		t.Fatalf("the source topics do not hold what was sent: %s", strings.Join(report.Differences, "\n"))
	}
	return ledger
}

var sourceTopics = schemas.TouchpointTopics()

// settles waits until topics and ClickHouse hold what follows from what was sent. Windows are closed
// by nobody here: their early panes bring the totals, some seconds after the last record.
func (r *rig) settles(t *testing.T, ledger *verify.Ledger, foreign bool) *verify.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	run := &verify.Run{Ledger: ledger, Log: generationLog{connect.Log{Cluster: r.cluster}, r.generation}, Tables: &verify.HTTPTables{URL: "http://" + r.http},
		Oracle:  &oracle.Engine{URL: "http://" + r.http},
		Windows: roles.Windows(attune.Config{}), Sources: sourceTopics, Resent: true, Foreign: foreign, MaxReport: 10}
	report := &verify.Report{}
	// A sink that has just begun may not have made its tables.
	var last error
	err := process.Poll(ctx, time.Second, func() (bool, error) {
		latest, err := run.Verify(ctx)
		if last = err; err == nil {
			report = latest
		}
		return err == nil && report.Found == 0, nil
	})
	if err != nil {
		err = errors.Join(err, last)
		t.Fatalf("does not settle: %v; %d differences: %s", err, report.Found, strings.Join(report.Differences, "\n"))
	}
	if report.Processed == 0 || report.Decisions == 0 || report.Produced != report.Processed+report.Duplicate+report.Late+report.Rejected {
		t.Errorf("report: %+v", report)
	}
	t.Logf("%d touchpoints: %d processed, %d duplicate, %d late; %d decisions", report.Produced, report.Processed, report.Duplicate, report.Late, report.Decisions)
	return report
}
