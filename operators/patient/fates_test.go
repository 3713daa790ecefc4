package patient

import (
	"fmt"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// task finds the task of a source partition.
func (s *site) task(topic string, partition int32) *netTask {
	s.tb.Helper()
	for _, t := range s.tasks {
		if t.source == (pipeline.TopicPartition{Topic: topic, Partition: partition}) {
			return t
		}
	}
	s.tb.Fatalf("no task reads %s/%d", topic, partition)
	return nil
}

func view(id string, at schemas.Millis, ids ...schemas.Identifier) schemas.Touchpoint {
	return webStep(id, at, schemas.WebEventPageView, "home", "", ids...)
}

func (s *site) consent(id string, at schemas.Millis, who ...schemas.Identifier) {
	c := schemas.Consent{EventID: id, OccurredAt: at, Identifiers: who, Channel: "sms", Purpose: "care", Status: schemas.ConsentStatusGranted}
	s.produce(s.config.Emit.Topics.Consents, 0, nil, c.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.Consent)))
}

func (s *site) outcome(id string, at schemas.Millis, person string) {
	o := schemas.ActionOutcome{EventID: id, DecisionID: "d1", PersonRef: schemas.PersonRef(person), OccurredAt: at, Outcome: schemas.OutcomeAccepted}
	s.produce(s.config.Emit.Topics.ActionOutcomes, 0, nil, o.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.ActionOutcome)))
}

func TestPersonaIsEmittedOncePerCommit(t *testing.T) {
	s := newSite(t)
	for i := range 20 {
		s.touch(view(fmt.Sprint("w", i), t0+schemas.Millis(i)*schemas.Second, cookie("c1")), 0)
	}
	s.quiet()
	if n := len(s.all(s.config.Emit.Topics.Personas)); n != 1 {
		t.Errorf("got %d records, want 1 for 20 touchpoints of one commit", n)
	}
}

func TestKioskRemembersItsNewestEventsOnly(t *testing.T) {
	config := testConfig()
	config.Observe.MaxSeen = 100
	s := newSiteOf(t, config)
	for i := range 1000 {
		s.touch(view(fmt.Sprint("e", i), t0+schemas.Millis(i)*schemas.Second, cookie("kiosk")), 0)
	}
	for i := 950; i < 1000; i++ {
		s.touch(view(fmt.Sprint("e", i), t0+schemas.Millis(i)*schemas.Second, cookie("kiosk")), 0)
	}
	s.quiet()
	if n := len(s.all(s.config.Emit.Topics.Rejected)); n != 50 {
		t.Errorf("duplicates: got %d, want 50", n)
	}
}
