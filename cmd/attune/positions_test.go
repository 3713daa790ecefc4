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
// read from the start, everything would count twice. It is refused with words; told where INGEST had come, all goes on,
// the tasks with state where their changelogs say.
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
	// Newer versions name topics by their ids.
	client, err := kgo.NewClient(kgo.SeedBrokers(r.config.Kafka.Brokers...), kgo.MaxVersions(kversion.V3_0_0()))
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

	for _, args := range [][]string{{"run", "--config", file}, {"doctor", "--config", file}} {
		s := try(t, args...)
		if said := s.stdout + s.stderr; s.code != exit.CodeFailed || !strings.Contains(said, "group attune knows no position of action-outcomes, consents, touchpoints.app") ||
			!strings.Contains(said, "--reset-offsets --to-datetime 20") {
			t.Errorf("attune %s: exit code %d: %s", args[0], s.code, said)
		}
	}

	commit := kmsg.NewPtrOffsetCommitRequest()
	commit.Group, commit.Generation = group, -1
	for tp, c := range positions {
		commit.Topics = append(commit.Topics, kmsg.OffsetCommitRequestTopic{Topic: tp.Topic, Partitions: []kmsg.OffsetCommitRequestTopicPartition{{Partition: tp.Partition, Offset: c.Offset, LeaderEpoch: -1}}})
	}
	committed, err := commit.RequestWith(t.Context(), client)
	if err != nil || committed.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("commit: %+v, %v", committed, err)
	}
	run = start(t, "run", "--config", file)
	run.says(t, "the task goes on where its changelog says")
	r.settles(t, r.ledgerOf(t, ledger), false)
	run.stop(t)
	sink.stop(t)
}
