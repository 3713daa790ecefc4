package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/schemas"
)

// siteRig is attune on Apache Kafka, by the broker's clock. Topics of before are there as Kafka makes them.
type siteRig struct {
	*rig
	file   string
	ids    schemas.IDs
	client *kgo.Client
}

func newSiteRig(t *testing.T, before ...string) *siteRig {
	t.Helper()
	return newSiteRigOn(t, embeddedtest.ApacheConfig{}, before...)
}

func newSiteRigOn(t *testing.T, on embeddedtest.ApacheConfig, before ...string) *siteRig {
	t.Helper()
	embeddedtest.RequireJava(t)
	on.Dir = t.TempDir()
	broker, err := embeddedtest.StartApacheKafka(t.Context(), on)
	check(t, err)
	t.Cleanup(func() { check(t, broker.Kill()) })
	c := config.Default()
	c.Kafka.Brokers, c.Registry.URL = []string{broker.Addr()}, newRegistry(t).URL()
	c.Kafka.ClientID = "observer" // whose quotas are not attune's
	s := &siteRig{rig: &rig{config: c, dir: t.TempDir()}}
	s.cluster, err = connect.Kafka(t.Context(), &s.config)
	check(t, err)
	t.Cleanup(func() { s.cluster.Close() })
	for _, name := range before {
		_, err := s.cluster.CreateTopics(t.Context(), []kafka.TopicSpec{{Name: name, Partitions: 1, ReplicationFactor: 1}})
		check(t, err)
	}
	s.file = filepath.Join(s.dir, "attune.yaml")
	check(t, os.WriteFile(s.file, fmt.Appendf(nil, "kafka: {brokers: [%q]}\nregistry: {url: %q, cache_dir: %q}\nrun: {identity_key: \"a key that only tests use\", checkpoint_interval: 1s}\n",
		broker.Addr(), c.Registry.URL, filepath.Join(s.dir, "schemas")), 0o600))
	must(t, "topics", "create", "--config", s.file, "--partitions", "1", "--replication", "1")
	must(t, "schemas", "register", "--config", s.file)
	registry, err := connect.Registry(&s.config)
	check(t, err)
	s.ids, err = registry.IDs(t.Context())
	check(t, err)
	s.client, err = kgo.NewClient(kgo.SeedBrokers(broker.Addr()))
	check(t, err)
	t.Cleanup(s.client.Close)
	return s
}

// view writes a page view as of a producer whose clock says at.
func (s *siteRig) view(t *testing.T, who string, at, stamp time.Time) {
	t.Helper()
	check(t, s.client.ProduceSync(t.Context(), s.viewOf(who, at, stamp)).FirstErr())
}

func (s *siteRig) viewOf(who string, at, stamp time.Time) *kgo.Record {
	v := schemas.Touchpoint{EventID: "site/" + who, OccurredAt: schemas.Millis(at.UnixMilli()), ReceivedAt: schemas.Millis(at.UnixMilli()), Channel: schemas.ChannelWeb,
		Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected(who)}},
		Body:        schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventPageView, Page: "home", Results: -1}}}
	return &kgo.Record{Topic: schemas.TopicTouchpointsWeb, Value: schemas.AppendFramed(nil, s.ids[schemas.TopicTouchpointsWeb], &v), Timestamp: stamp}
}

// records is how many records a topic has.
func (s *siteRig) records(t *testing.T, topic string) (n int) {
	t.Helper()
	spans, err := s.cluster.Spans(t.Context(), topic)
	check(t, err)
	check(t, s.cluster.Scan(t.Context(), spans, func(r *pipeline.Record) error {
		if len(r.Headers) == 0 || r.Headers[0].Key != pipeline.WatermarkHeader {
			n++
		}
		return nil
	}))
	return n
}

// TestTopicsAreAsKafkaMakesThemThenAProducersClockMovesNothing: they keep the times of producers. It is said at the
// start, and one clock that is ahead makes nobody else late.
func TestTopicsAreAsKafkaMakesThemThenAProducersClockMovesNothing(t *testing.T) {
	t.Parallel()
	s := newSiteRig(t, schemas.TopicTouchpointsWeb)
	wantLine(t, linesOf(t, s.file, exit.CodeFailed), "warning", schemas.TopicTouchpointsWeb, "CreateTime", "kafka-configs --alter --topic touchpoints.web")
	run := start(t, "run", "--config", s.file)
	run.says(t, "the times of records are those of their producers")
	now := time.Now
	s.view(t, "before", now(), now())
	s.view(t, "ahead", now().Add(55*time.Minute), now().Add(55*time.Minute))
	await(t, time.Minute, "the first are taken", func() bool { return s.records(t, schemas.TopicIdentified) == 2 })
	for i := range 10 {
		s.view(t, fmt.Sprint("after-", i), now(), now())
	}
	s.view(t, "seconds", now(), time.UnixMilli(now().Unix()))
	await(t, time.Minute, "all are taken", func() bool { return s.records(t, schemas.TopicPersonas) >= 13 })
	run.stop(t)
	if late, rejected := s.records(t, schemas.TopicTouchpointsLate), s.records(t, schemas.TopicTouchpointsRejected); late != 0 || rejected != 0 {
		t.Errorf("%d are late and %d rejected, want none", late, rejected)
	}
}

// TestTopicWasMadeAgainWhileNothingRanThenItIsRefusedAtTheStart: what commits belong to is the topic that is gone.
// Its state would be missing without a word, and all decided again.
func TestTopicWasMadeAgainWhileNothingRanThenItIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	s := newSiteRig(t)
	run := start(t, "run", "--config", s.file)
	s.view(t, "first", time.Now(), time.Now())
	await(t, time.Minute, "it is taken", func() bool { return s.records(t, schemas.TopicPersonas) >= 1 })
	run.stop(t)
	// A restart of which nobody has touched anything goes on.
	run = start(t, "run", "--config", s.file)
	run.says(t, "msg=restored")
	run.stop(t)

	for _, x := range []struct{ topic, remedy string }{
		{schemas.TopicPatientChangelog, "attune reprocess"},
		{schemas.TopicIdentified, "attune reprocess"},
		{schemas.TopicIdentity, "attune reprocess"},
	} {
		check(t, s.cluster.DeleteTopics(t.Context(), []string{x.topic}))
		await(t, time.Minute, x.topic+" is gone", func() bool {
			_, err := s.cluster.DescribeTopics(t.Context(), x.topic)
			return err != nil
		})
		must(t, "topics", "create", "--config", s.file, "--partitions", "1", "--replication", "1")
		wantLine(t, linesOf(t, s.file, exit.CodeFailed), "problem", "topic "+x.topic+" was deleted and created again while attune was down", x.remedy)
		if t.Failed() {
			return
		}
		if r := try(t, "run", "--config", s.file); r.code != exit.CodeFailed || !strings.Contains(r.stderr, "topic "+x.topic+" was deleted and created again while attune was down") {
			t.Errorf("run: exit code %d: %s", r.code, r.stderr)
		}
	}
}

// TestOutputTopicIsDeletedThenWhatWritesToItWaitsUntilItIsBack: nothing ends and nothing is lost. What came meanwhile is in
// the new topic, once.
func TestOutputTopicIsDeletedThenWhatWritesToItWaitsUntilItIsBack(t *testing.T) {
	t.Parallel()
	s := newSiteRig(t)
	run := start(t, "run", "--config", s.file)
	s.view(t, "before", time.Now(), time.Now())
	await(t, time.Minute, "the first is taken", func() bool { return s.records(t, schemas.TopicPersonas) == 1 })
	check(t, s.cluster.DeleteTopics(t.Context(), []string{schemas.TopicPersonas}))
	await(t, time.Minute, "the topic is gone", func() bool {
		_, err := s.cluster.DescribeTopics(t.Context(), schemas.TopicPersonas)
		return err != nil
	})
	s.view(t, "meanwhile", time.Now(), time.Now())
	run.says(t, "it was deleted: what writes to it waits; run attune topics create, and it goes on")
	must(t, "topics", "create", "--config", s.file, "--partitions", "1", "--replication", "1")
	await(t, time.Minute, "what came meanwhile is there", func() bool { return s.records(t, schemas.TopicPersonas) == 1 })
	s.view(t, "after", time.Now(), time.Now())
	await(t, time.Minute, "what came after it is there", func() bool { return s.records(t, schemas.TopicPersonas) >= 2 })
	run.says(t, "it was deleted and created again")
	run.stop(t)
	if n := s.records(t, schemas.TopicPersonas); n != 2 {
		t.Errorf("%d personas are in the new topic, want 2", n)
	}
}
