package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/schemas"
)

// alter sets what a topic is configured with, nil for what its broker says.
func (s *siteRig) alter(t *testing.T, topic string, settings map[string]*string) {
	t.Helper()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, topic
	for name, value := range settings {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Value = name, value
		if value == nil {
			c.Op = kmsg.IncrementalAlterConfigOpDelete
		}
		resource.Configs = append(resource.Configs, c)
	}
	rq := kmsg.NewPtrIncrementalAlterConfigsRequest()
	rq.Resources = append(rq.Resources, resource)
	rs, err := rq.RequestWith(t.Context(), s.client)
	if err != nil || rs.Resources[0].ErrorCode != 0 {
		t.Fatalf("alter %s: %+v, %v", topic, rs, err)
	}
}

// TestTopicRefusesTheTimesOfRecordsThenItIsToldAndNothingIsLost: somebody has bounded the times that a topic takes, and no
// commit is as quick as that. What writes to it waits, says which setting it is, and goes on once it is altered.
func TestTopicRefusesTheTimesOfRecordsThenItIsToldAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := newSiteRig(t)
	// Kafka refuses its own markers of transactions, too, where a bound is as narrow as this, and then never ends the
	// transaction. A bound of a second lets them pass, but would not be missed in every run of a test.
	text, err := os.ReadFile(s.file)
	check(t, err)
	writeFile(t, s.file, strings.Replace(string(text), "checkpoint_interval: 1s", "checkpoint_interval: 1s, delivery: at-least-once", 1))
	none, created := "0", "CreateTime"
	s.alter(t, schemas.TopicIdentified, map[string]*string{"message.timestamp.type": &created, "message.timestamp.before.max.ms": &none})
	wantLine(t, linesOf(t, s.file, exit.CodeFailed), "warning", schemas.TopicIdentified, "message.timestamp.before.max.ms 0", "--entity-name attune.identified --add-config message.timestamp.type=LogAppendTime")
	run := start(t, "run", "--config", s.file)
	run.says(t, "a topic may refuse records for their times")
	run.says(t, "assigned")
	s.view(t, "first", time.Now(), time.Now())
	sent := time.Now()
	run.says(t, "message.timestamp.before.max.ms or message.timestamp.after.max.ms of the topic")
	t.Logf("told after %v", time.Since(sent).Round(time.Millisecond))
	s.view(t, "second", time.Now(), time.Now())
	if n := s.records(t, schemas.TopicIdentified); n != 0 {
		t.Errorf("%d records were taken", n)
	}
	s.alter(t, schemas.TopicIdentified, map[string]*string{"message.timestamp.type": nil, "message.timestamp.before.max.ms": nil})
	await(t, time.Minute, "both are taken", func() bool { return s.records(t, schemas.TopicPersonas) >= 2 })
	run.stop(t)
	if n := s.records(t, schemas.TopicIdentified); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}
