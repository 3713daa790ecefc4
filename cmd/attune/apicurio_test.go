package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// apicurioRig is attune on Apache Kafka and Apicurio, with a Java producer.
func apicurioRig(t *testing.T, of ...embeddedtest.ApicurioConfig) (*siteRig, *embeddedtest.Apicurio, *embeddedtest.JavaClient) {
	t.Helper()
	broker, registry, java := startJavaSite(t, embeddedtest.ApacheConfig{}, of...)
	c, dir := config.Default(), t.TempDir()
	c.Kafka.Brokers, c.Registry.URL = []string{broker.Addr()}, registry.URL()
	s := &siteRig{rig: &rig{config: c, dir: dir}, file: filepath.Join(dir, "attune.yaml")}
	cluster, err := connect.Kafka(t.Context(), &s.config)
	if err != nil {
		t.Fatal(err)
	}
	s.cluster = cluster
	t.Cleanup(func() { s.cluster.Close() })
	writeFile(t, s.file, fmt.Sprintf("kafka: {brokers: [%q]}\nregistry: {url: %q, cache_dir: %q}\nrun: {identity_key: \"a key that only tests use\"}\n",
		broker.Addr(), c.Registry.URL, filepath.Join(dir, "schemas")))
	must(t, "topics", "create", "--config", s.file, "--partitions", "1", "--replication", "1")
	must(t, "schemas", "register", "--config", s.file)
	return s, registry, java
}

// TestApicuriosSerializerIsAsItComesThenItsRecordsAreRead: Java producers leave Apicurio's serializer as it is, or as it once
// was. It registers types of their own in the group of the record, and puts an id of the content, or a global one, before the
// value or into a header.
func TestApicuriosSerializerIsAsItComesThenItsRecordsAreRead(t *testing.T) {
	t.Parallel()
	s, registry, java := apicurioRig(t)
	const (
		whole   = "apicurio.registry.dereference-schema=false"
		headers = "apicurio.registry.headers.enabled=true"
		global  = "apicurio.registry.use-id=globalId"
		eight   = "apicurio.registry.id-handler=io.apicurio.registry.serde.Legacy8ByteIdHandler"
	)
	s.readsAll(t, java, [][]string{{}, {whole}, {whole, headers}, {whole, headers, global}, {headers, global}, {whole, eight, global}})
	s.checkFrames(t, registry)
}

// TestApicurioIsOfTheVersionBeforeThenItsSerializersRecordsAreRead: Apicurio 2 has another API of its own, and its serializers
// take the global id in eight bytes where nobody says otherwise.
func TestApicurioIsOfTheVersionBeforeThenItsSerializersRecordsAreRead(t *testing.T) {
	t.Parallel()
	s, _, java := apicurioRig(t, embeddedtest.ApicurioConfig{Version: embeddedtest.Apicurio2})
	const (
		parts    = "apicurio.registry.dereference-schema=false"
		headers  = "apicurio.registry.headers.enabled=true"
		contents = "apicurio.registry.use-id=contentId"
		four     = "apicurio.registry.id-handler=io.apicurio.registry.serde.Legacy4ByteIdHandler"
	)
	s.readsAll(t, java, [][]string{{}, {parts}, {parts, headers}, {parts, headers, contents}, {parts, four, contents}})
}

// readsAll demands that a record of each way in which the serializer may be set is read.
func (s *siteRig) readsAll(t *testing.T, java *embeddedtest.JavaClient, modes [][]string) {
	t.Helper()
	run := start(t, "run", "--config", s.file)
	for i, mode := range modes {
		// The same contents again and again, so that versions are more than contents.
		mode = append(mode, fmt.Sprintf("apicurio.registry.artifact.group-id=site-%d", i))
		now := schemas.Millis(time.Now().UnixMilli())
		v := schemas.Touchpoint{EventID: fmt.Sprint("java/", i), OccurredAt: now, ReceivedAt: now, Channel: schemas.ChannelWeb,
			Identifiers: []schemas.Identifier{{Kind: schemas.IdentifierKindCookie, Value: schemas.Protected(fmt.Sprint("cookie-", i))}},
			Body:        schemas.TouchpointBody{Kind: schemas.TouchpointBodyWeb, Web: schemas.Web{Event: schemas.WebEventPageView, Page: "home", Results: -1}}}
		line := avroJSON(t, schemas.TopicTouchpointsWeb, &v) + "\n"
		if n, err := java.Produce(t.Context(), schemas.TopicTouchpointsWeb, schemaFile(t, schemas.TopicTouchpointsWeb), strings.NewReader(line), mode...); err != nil || n != 1 {
			t.Fatalf("%q: %d records: %v", mode, n, err)
		}
	}
	await(t, 2*time.Minute, "all are taken", func() bool {
		return s.records(t, schemas.TopicIdentified)+s.records(t, schemas.TopicTouchpointsRejected) >= len(modes)
	})
	run.stop(t)
	if n := s.records(t, schemas.TopicTouchpointsRejected); n > 0 {
		t.Errorf("%d of %d records are rejected", n, len(modes))
	}
	if out := must(t, "tail", "--config", s.file, schemas.TopicTouchpointsWeb); strings.Count(out, "page_view") != len(modes) {
		t.Errorf("tail shows\n%s", out)
	}
}

// checkFrames demands that ids were in values and in headers, and that some were global ones that are no content's.
func (s *siteRig) checkFrames(t *testing.T, registry *embeddedtest.Apicurio) {
	t.Helper()
	var found struct {
		Versions []struct {
			Global  int32 `json:"globalId"`
			Content int32 `json:"contentId"`
		} `json:"versions"`
	}
	answer, err := http.Get(registry.BaseURL() + "/apis/registry/v3/search/versions?limit=500")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	contents := map[int32]int32{}
	for _, v := range found.Versions {
		contents[v.Global] = v.Content
	}
	inHeaders, inValues, others := 0, 0, 0
	spans, err := s.cluster.Spans(t.Context(), schemas.TopicTouchpointsWeb)
	check(t, err)
	check(t, s.cluster.Scan(t.Context(), spans, func(r *pipeline.Record) error {
		if r.Value[0] == 0 {
			inValues++
		} else {
			inHeaders++
		}
		id, _, err := schemas.ParseFrame(schemas.WithFrame(r.Headers, r.Value))
		if id < 0 && contents[-id] != -id {
			others++
		}
		return err
	}))
	if inHeaders == 0 || inValues == 0 || others == 0 {
		t.Errorf("%d ids in headers, %d in values, %d global ids that are not the content's: a poor test", inHeaders, inValues, others)
	}
}
