package kafka

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/pipeline"
)

// All tests of this package again, on Apache Kafka, and then those that need their hands on it. Run
// in a process of its own, since the brokers to use are the environment's to say.
func TestOnApacheKafka(t *testing.T) {
	embeddedtest.RequireJava(t)
	t.Parallel() // it waits most of the time, as the others do that say so
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir(), Secure: true, Lost: "kafka-0.internal.invalid:29092",
		// Nobody is denied anything where no ACL says so, and whoever has not logged in nothing at all.
		Config: map[string]string{"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
			"super.users": "User:ANONYMOUS", "allow.everyone.if.no.acl.found": "true", "quota.window.num": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Kill(); err != nil {
			t.Error(err)
		}
	})
	t.Run("all tests", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.timeout=15m", "-test.skip=^TestOnApacheKafka")
		cmd.Env = append(os.Environ(), brokersVariable+"="+broker.Addr())
		out, err := cmd.CombinedOutput()
		t.Logf("%d tests and subtests passed", bytes.Count(out, []byte("--- PASS")))
		if err != nil {
			t.Errorf("%v\n%s", err, failures(string(out)))
		}
	})
	t.Run("timestamps", func(t *testing.T) { testBrokersTimestamps(t, broker) })
	t.Run("clocks", func(t *testing.T) { testClocksAgree(t, broker) })
	t.Run("clocks are compared", func(t *testing.T) { testClocksAreComparedWithoutWriting(t, broker) })
	t.Run("listeners", func(t *testing.T) { testListeners(t, broker) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, broker) })
	t.Run("lost listener", func(t *testing.T) { testAdvertisedAddressLeadsNowhere(t, broker) })
	t.Run("ACLs", func(t *testing.T) { testACLsAreTakenAwayAndGivenBack(t, broker) })
	t.Run("quota", func(t *testing.T) { testQuotaIsKept(t, broker) })
	t.Run("kill -9", func(t *testing.T) { testBrokerIsKilled(t, broker) })
}

// testBrokersTimestamps reads records of a topic whose timestamps are the broker's; kfake keeps the
// producer's whatever the topic says.
func testBrokersTimestamps(t *testing.T, broker *embeddedtest.Apache) {
	r := &rig{t: t, brokers: []string{broker.Addr()}, suffix: fmt.Sprint(time.Now().UnixNano())}
	r.c = r.dial()
	name := r.name("appended")
	_, err := r.c.CreateTopics(r.ctx(), []TopicSpec{{Name: name, Partitions: 1, ReplicationFactor: 1, Config: map[string]string{"message.timestamp.type": "LogAppendTime"}}})
	r.must(err)
	p := r.producer(pipeline.ProducerConfig{})
	start := time.Now().UnixMilli()
	r.must(p.Append(&pipeline.OutRecord{Topic: name, Timestamp: 1000, Value: []byte("a")}))
	r.must(p.Append(&pipeline.OutRecord{Topic: name, Timestamp: 2000, Value: []byte("b")}))
	r.must(p.Seal(nil).Commit(r.ctx(), nil))
	spans, err := r.c.Spans(r.ctx(), name)
	r.must(err)
	r.must(r.c.Scan(r.ctx(), spans, func(rec *pipeline.Record) error {
		if rec.Timestamp < start || rec.Timestamp > time.Now().UnixMilli() {
			t.Errorf("timestamp %d is not the broker's", rec.Timestamp)
		}
		return nil
	}))
}

// failures leaves out what passed.
func failures(out string) string {
	lines := strings.SplitAfter(out, "\n")
	kept := lines[:0]
	for _, l := range lines {
		if !strings.Contains(l, "=== RUN") && !strings.Contains(l, "--- PASS") {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "")
}

// testListeners logs in everywhere, rightly and wrongly.
func testListeners(t *testing.T, broker *embeddedtest.Apache) {
	user, password := broker.User()
	secure := TLS{Enabled: true, CAFile: broker.CAFile()}
	mutual := TLS{Enabled: true, CAFile: broker.CAFile(), CertFile: broker.ClientCertFile(), KeyFile: broker.ClientCertFile()}
	login := func(mechanism string) SASL {
		return SASL{Mechanism: mechanism, Username: user, Password: Secret(password)}
	}
	for name, cfg := range map[string]Config{
		"TLS":           {Brokers: []string{broker.TLSAddr()}, TLS: secure},
		"mutual TLS":    {Brokers: []string{broker.TLSAddr()}, TLS: mutual},
		"PLAIN":         {Brokers: []string{broker.SASLAddr()}, SASL: login("PLAIN")},
		"SCRAM":         {Brokers: []string{broker.SASLAddr()}, SASL: login("SCRAM-SHA-512")},
		"PLAIN and TLS": {Brokers: []string{broker.SASLTLSAddr()}, SASL: login("PLAIN"), TLS: secure},
		"SCRAM and TLS": {Brokers: []string{broker.SASLTLSAddr()}, SASL: login("SCRAM-SHA-512"), TLS: mutual},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Dial(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r := &rig{t: t, c: c, brokers: cfg.Brokers, suffix: fmt.Sprint(time.Now().UnixNano())}
			out := r.topic("out", 1)
			r.send(r.producer(pipeline.ProducerConfig{TransactionalID: "w"}), out, 0, "a")
			if d := cmp.Diff(r.read(out), []string{"a"}); d != "" {
				t.Error(d)
			}
			r.next(r.join("g", out)).End()
		})
	}
	wrong := SASL{Mechanism: "SCRAM-SHA-512", Username: user, Password: "wrong"}
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"wrong password":       {Config{Brokers: []string{broker.SASLAddr()}, SASL: wrong}, "check kafka.sasl"},
		"wrong PLAIN password": {Config{Brokers: []string{broker.SASLAddr()}, SASL: SASL{Mechanism: "PLAIN", Username: user, Password: "wrong"}}, "check kafka.sasl"},
		"no log-in":            {Config{Brokers: []string{broker.SASLAddr()}}, "kafka.sasl"},
		"other mechanism":      {Config{Brokers: []string{broker.SASLAddr()}, SASL: login("SCRAM-SHA-256")}, "mechanism"},
		"plain to TLS":         {Config{Brokers: []string{broker.TLSAddr()}}, "kafka.tls"},
		"TLS to plain":         {Config{Brokers: []string{broker.Addr()}, TLS: secure}, "kafka.tls"},
		"log-in to plain":      {Config{Brokers: []string{broker.Addr()}, SASL: login("PLAIN")}, "kafka.sasl"},
		"unknown CA":           {Config{Brokers: []string{broker.TLSAddr()}, TLS: TLS{Enabled: true}}, "kafka.tls.ca_file"},
	} {
		t.Run(name, func(t *testing.T) { wantDialError(t, c.cfg, c.want) })
	}
}

// testBrokerIsKilled kills the broker under a producer and a fetcher that go on: what was committed
// is there once and in order.
func testBrokerIsKilled(t *testing.T, broker *embeddedtest.Apache) {
	limited, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	ctx, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	r := &rig{t: t, brokers: []string{broker.Addr()}, suffix: fmt.Sprint(time.Now().UnixNano())}
	r.c = r.dial()
	in, out := r.topic("in", 1), r.topic("out", 1)
	f := r.fetcher(pipeline.FetcherConfig{})
	f.Assign(map[pipeline.TopicPartition]int64{tp(out, 0): 0})
	w := &counter{c: r.c, p: r.producer(pipeline.ProducerConfig{TransactionalID: "w"}), g: fixedGeneration{group: r.name("g"), id: -1}, in: in, out: out}
	done := make(chan error, 1)
	const records = 150
	go func() {
		err := w.run(ctx, records)
		if err != nil {
			cancel(err)
		}
		done <- err
	}()
	var got []string
	poll := func(n int) {
		t.Helper()
		for len(got) < n {
			chunks, err := f.Poll(ctx)
			if pipeline.KindOf(err) == pipeline.KindTransient && ctx.Err() == nil {
				continue
			}
			if err != nil {
				t.Fatalf("after %d records: %v: %v", len(got), err, context.Cause(ctx))
			}
			for _, ch := range chunks {
				var rec pipeline.Record
				for ch.Next(&rec) {
					got = append(got, string(rec.Value))
				}
				r.must(ch.Err())
				ch.Release()
			}
		}
	}
	poll(20)
	r.must(broker.Kill())
	began := time.Now()
	r.must(broker.Restart(ctx))
	restarted := time.Now()
	poll(len(got) + 1)
	t.Logf("restart took %v, the next record %v more; %d commits had to begin anew", restarted.Sub(began), time.Since(restarted), w.anew)
	poll(records)
	r.must(<-done)
	if d := cmp.Diff(got, numbered("", records)); d != "" {
		t.Error(d)
	}
	if got := r.committed(w.g.group, in); got != records {
		t.Errorf("committed %d", got)
	}
}

// counter writes 0, 1, 2 ... exactly once, its position being the committed offset, as a worker does.
type counter struct {
	c       *Cluster
	p       pipeline.Producer
	g       fixedGeneration
	in, out string
	anew    int // commits that failed
}

func (w *counter) run(ctx context.Context, n int64) error {
	source := tp(w.in, 0)
	for i := int64(0); i < n; {
		if err := w.p.Append(&pipeline.OutRecord{Topic: w.out, Value: fmt.Append(nil, i)}); err != nil {
			return err
		}
		err := w.p.Seal([]pipeline.OffsetCommit{{TopicPartition: source, Offset: i + 1}}).Commit(ctx, w.g)
		if err == nil {
			i++
			continue
		}
		for kind := pipeline.KindOf(err); err != nil && (kind == pipeline.KindTransient || kind == pipeline.KindFenced) && ctx.Err() == nil; kind = pipeline.KindOf(err) {
			w.anew++
			if err = w.p.Init(ctx); err == nil {
				var at map[pipeline.TopicPartition]pipeline.OffsetCommit
				at, err = w.c.Committed(ctx, w.g.group, []pipeline.TopicPartition{source})
				i = at[source].Offset
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
