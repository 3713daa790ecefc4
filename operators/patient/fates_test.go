package patient

import (
	"fmt"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/emit"
	"github.com/attune-health/attune/operators/identify"
	"github.com/attune-health/attune/operators/person"
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

func TestLateTouchpointIsCopiedAndStillCounts(t *testing.T) {
	s := newSite(t)
	for p := range int32(testSources) {
		s.touch(view(fmt.Sprint("now", p), t0+3*schemas.Hour, cookie("other")), p)
	}
	s.quiet()
	s.touch(view("old", t0, cookie("c1")), 0)
	s.touch(view("recent", t0+150*schemas.Minute, cookie("c1")), 0)
	s.quiet()
	late := s.rejected(s.config.Emit.Topics.Late)
	if len(late) != 1 || len(late["old"]) != 1 {
		t.Fatalf("late: got %d, want the old one", len(late))
	}
	r := late["old"][0]
	if want := t0 + 3*schemas.Hour - 5*schemas.Second; r.Watermark != want || len(r.Windows) != 1 || r.Windows[0] != "hour" || r.Reason != emit.ReasonLate {
		t.Errorf("got watermark %d and windows %v, want %d and the hour", r.Watermark, r.Windows, want)
	}
	if p := s.personas()[s.owner(cookie("c1"))]; p.Touchpoints != 2 {
		t.Errorf("persona: got %d touchpoints, want 2", p.Touchpoints)
	}
	if n := len(s.rejected(s.config.Emit.Topics.Rejected)); n != 0 {
		t.Errorf("rejected: got %d, want none", n)
	}
}

// A touchpoint was in time when it met the first task, then had to follow its shard, and meanwhile
// time went on: it is still in time.
func TestForwardedTouchpointKeepsTheWatermarkThatJudgedIt(t *testing.T) {
	s := newSite(t)
	s.touch(view("first", t0, cookie("c1")), 0)
	s.quiet()
	ingest := s.task(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], 0)
	s.touch(view("second", t0+schemas.Minute, cookie("c1")), 0)
	s.step(ingest) // looked up before the link
	s.link(schemas.LinkOpLink, "l1", t0+schemas.Minute, cookie("c1"), mrn("m1"))
	identity := s.task(s.config.Emit.Topics.IdentityLinks, 0)
	s.step(identity)
	s.commit(identity)
	owner := s.pseudonymPartition(cookie("c1"))
	old := s.task(s.config.Emit.Topics.Identified, owner)
	for s.step(old) { // hands the shard over
	}
	s.commit(old)
	s.commit(ingest)
	for s.step(old) { // forwards
	}
	s.commit(old)
	for p := range int32(testSources) { // time goes on before the new owner has read it
		s.touch(view(fmt.Sprint("now", p), t0+5*schemas.Hour, cookie("other")), p)
	}
	for p := range int32(testSources) {
		in := s.task(s.config.Emit.Topics.Touchpoints[schemas.ChannelWeb], p)
		for s.step(in) {
		}
		s.commit(in)
	}
	s.quiet()
	if n := len(s.rejected(s.config.Emit.Topics.Late)); n != 0 {
		t.Errorf("late: got %d, want none", n)
	}
	forwarded := 0
	for _, v := range s.identified() {
		if v.Payload.Kind == schemas.IdentifiedPayloadTouchpoint && v.JudgedBy != emit.NotJudged {
			forwarded++
		}
	}
	if forwarded != 1 {
		t.Errorf("forwarded: got %d, want 1: the test does not test what it says", forwarded)
	}
	if p := s.personas()[s.owner(mrn("m1"))]; p.Touchpoints != 2 {
		t.Errorf("persona: got %d touchpoints, want 2", p.Touchpoints)
	}
}

// pseudonymPartition is the partition of an identifier's pseudonym.
func (s *site) pseudonymPartition(id schemas.Identifier) int32 {
	_, pseudonym := identify.NewPseudonyms(&s.config.Identify).Of(id.Kind, id.Value.Reveal())
	return pipeline.Partition(identify.AppendRef(nil, pseudonym), testPatients)
}

func TestDuplicateWithinItsTimeAndConflict(t *testing.T) {
	s := newSite(t)
	s.touch(view("e1", t0, cookie("c1")), 0)
	s.touch(view("e1", t0, cookie("c1")), 1)
	s.touch(view("e1", t0+schemas.Second, cookie("c1")), 0)
	s.quiet()
	got := s.rejected(s.config.Emit.Topics.Rejected)["e1"]
	if len(got) != 2 {
		t.Fatalf("rejected: got %d, want 2", len(got))
	}
	reasons := map[string]int{}
	for _, r := range got {
		reasons[r.Reason]++
	}
	if reasons[emit.ReasonDuplicate] != 1 || reasons[emit.ReasonEventIDConflict] != 1 {
		t.Errorf("got %v, want a duplicate and a conflict", reasons)
	}
	if p := s.personas()[s.owner(cookie("c1"))]; p.Touchpoints != 1 {
		t.Errorf("persona: got %d touchpoints, want 1", p.Touchpoints)
	}
}

func TestEventIDIsForgottenAfterItsTime(t *testing.T) {
	s := newSite(t)
	s.touch(view("e1", t0, cookie("c1")), 0)
	s.quiet()
	for p := range int32(testSources) {
		s.touch(view(fmt.Sprint("later", p), t0+25*schemas.Hour, cookie("other")), p)
	}
	s.quiet()
	s.touch(view("e1", t0, cookie("c1")), 0)
	s.quiet()
	if p := s.personas()[s.owner(cookie("c1"))]; p.Touchpoints != 2 {
		t.Errorf("got %d touchpoints, want 2: the id was to be forgotten", p.Touchpoints)
	}
	if late := s.rejected(s.config.Emit.Topics.Late)["e1"]; len(late) != 1 {
		t.Errorf("late: got %d, want the copy", len(late))
	}
}

func (s *site) consent(id string, at schemas.Millis, who ...schemas.Identifier) {
	c := schemas.Consent{EventID: id, OccurredAt: at, Identifiers: who, Channel: "sms", Purpose: "care", Status: schemas.ConsentStatusGranted}
	s.produce(s.config.Emit.Topics.Consents, 0, nil, c.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.Consent)))
}

func (s *site) outcome(id string, at schemas.Millis, person string) {
	o := schemas.ActionOutcome{EventID: id, DecisionID: "d1", PersonRef: schemas.PersonRef(person), OccurredAt: at, Outcome: schemas.OutcomeAccepted}
	s.produce(s.config.Emit.Topics.ActionOutcomes, 0, nil, o.AppendAvro(emit.AppendFrame(nil, s.config.Emit.Schemas.ActionOutcome)))
}

func TestConsentAndOutcomeFollowTheShardAndThePerson(t *testing.T) {
	s := newSite(t)
	s.touch(view("w1", t0, phone("p1")), 0)
	s.quiet()
	pseudonym := s.owner(phone("p1"))
	s.outcome("o1", t0, pseudonym)
	s.link(schemas.LinkOpLink, "l1", t0+schemas.Minute, phone("p1"), mrn("m1"))
	s.quiet()
	s.outcome("o2", t0+2*schemas.Minute, pseudonym) // the action had named the old person_ref
	s.consent("s1", t0+2*schemas.Minute, phone("p1"))
	s.outcome("o3", t0+2*schemas.Minute, strings.Repeat("b", 26)) // nobody
	s.outcome("o4", t0+2*schemas.Minute, "no ref at all")
	s.quiet()
	for id, trigger := range map[string]person.Trigger{"o1": person.TriggerOutcome, "o2": person.TriggerOutcome, "s1": person.TriggerConsent} {
		if got := s.sighted(id); len(got) != 1 || got[0].trigger != trigger || got[0].touch != 1 {
			t.Errorf("%s: got %+v, want one sighting, with the patient's touchpoint", id, got)
		}
	}
	rejected := s.rejected(s.config.Emit.Topics.Rejected)
	for _, id := range []string{"o3", "o4"} {
		if got := rejected[id]; len(got) != 1 || got[0].Reason != emit.ReasonUnknownPerson {
			t.Errorf("%s: got %d rejected, want 1 of an unknown person", id, len(got))
		}
	}
}

func TestPersonaOfAPseudonymIsWithdrawnOnceLinked(t *testing.T) {
	s := newSite(t)
	s.touch(view("w1", t0, cookie("c1")), 0)
	s.quiet()
	pseudonym := s.owner(cookie("c1"))
	if _, ok := s.personas()[pseudonym]; !ok {
		t.Fatal("no persona under the pseudonym")
	}
	s.link(schemas.LinkOpLink, "l1", t0+schemas.Minute, cookie("c1"), mrn("m1"))
	s.quiet()
	personas := s.personas()
	if _, ok := personas[pseudonym]; ok || len(personas) != 1 {
		t.Errorf("got %d personas, the pseudonym's among them: %v", len(personas), ok)
	}
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
