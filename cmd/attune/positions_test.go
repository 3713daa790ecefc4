package main

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// The group is deleted while nothing runs, as the broker does by itself once its offsets have expired. State is kept:
// read from the start, everything would count twice. INGEST finds in its outputs where it had come, and tasks with state
// go on where their changelogs say.
func TestGroupIsGoneThenNothingIsReadTwice(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t)
	file := r.file(t)
	run, sink := start(t, "run", "--config", file), start(t, "sink", "--config", r.file(t))
	patients, ledger := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 30)
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	run.stop(t)

	group := r.config.RunGroup()
	var sources []pipeline.TopicPartition
	for _, topic := range append(sourceTopics, schemas.TopicConsents, schemas.TopicActionOutcomes) {
		n, err := r.cluster.PartitionCount(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		for p := range n {
			sources = append(sources, pipeline.TopicPartition{Topic: topic, Partition: p})
		}
	}
	positions, err := r.cluster.Committed(t.Context(), group, sources)
	if err != nil || len(positions) == 0 {
		t.Fatalf("%d positions: %v", len(positions), err)
	}
	deleteGroup(t, r.config.Kafka.Brokers[0], group)
	if s := try(t, "doctor", "--config", file); !strings.Contains(s.stdout+s.stderr, "group attune knows no position of action-outcomes, consents, touchpoints.app") ||
		!strings.Contains(s.stdout+s.stderr, "attune run finds them there when it starts") {
		t.Errorf("doctor: exit code %d: %s%s", s.code, s.stdout, s.stderr)
	}
	run = start(t, "run", "--config", file)
	run.says(t, "the positions are found, and the group goes on")
	run.says(t, "the task goes on where its changelog says")
	found, err := r.cluster.Committed(t.Context(), group, sources)
	if err != nil {
		t.Fatal(err)
	}
	for tp, c := range positions {
		// Markers of transactions behind the last record are passed over, and not found.
		if got := found[tp].Offset; got < c.Offset-5 || got > c.Offset {
			t.Errorf("%s/%d: found at %d, was at %d", tp.Topic, tp.Partition, got, c.Offset)
		}
	}
	r.settles(t, r.ledgerOf(t, ledger), false)
	run.stop(t)
	sink.stop(t)
}

// The group is gone, and so is what INGEST had made of one source partition: nobody can tell how far that was read. It is
// refused with words.
func TestGroupIsGoneAndOutputsHaveForgottenThenSomebodySaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	p := newPlant(t, "")
	run := start(t, "run", "--config", p.config)
	for partition, name := range []string{"first", "last"} {
		p.send(schemas.TopicTouchpointsWeb, int32(partition), nil, p.framed(schemas.TopicTouchpointsWeb, step(name)))
		p.passes("test/" + name)
	}
	run.stop(t)
	kept := map[int32]int64{}
	p.each(schemas.TopicIdentified, func(r *pipeline.Record) {
		if len(r.Value) > 0 && r.Value[0] == 0 && decoded[schemas.Identified](t, r.Value).Payload.Touchpoint.EventID == "test/last" {
			kept[r.Partition] = r.Offset
		}
	})
	spans, err := p.cluster.Spans(t.Context(), schemas.TopicIdentified)
	if err != nil {
		t.Fatal(err)
	}
	for tp, span := range spans {
		if at, ok := kept[tp.Partition]; ok {
			span.To = at
		}
		if span.From < span.To {
			p.deleteRecords(tp.Topic, tp.Partition, span.To)
		}
	}
	deleteGroup(t, p.parts.Broker.Addr(), "attune")
	s := try(t, "run", "--config", p.config)
	if said := s.stdout + s.stderr; s.code != exit.CodeFailed || !strings.Contains(said, "group attune knows no position of touchpoints.web, and attune.identified holds") ||
		!strings.Contains(said, "--topic touchpoints.web --reset-offsets --to-datetime 20") {
		t.Errorf("exit code %d: %s", s.code, said)
	}
}

func deleteGroup(t *testing.T, broker, group string) {
	t.Helper()
	// Newer versions name topics by their ids.
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.MaxVersions(kversion.V3_0_0()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	remove := kmsg.NewPtrDeleteGroupsRequest()
	remove.Groups = []string{group}
	removed, err := remove.RequestWith(t.Context(), client)
	if err != nil || removed.Groups[0].ErrorCode != 0 {
		t.Fatalf("delete group: %+v, %v", removed, err)
	}
}
