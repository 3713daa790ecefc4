package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/connect"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// generationLog shows the verifier the topics of a generation under the names that it knows.
type generationLog struct {
	connect.Log
	generation string
}

// Each implements verify.Log.
func (g generationLog) Each(ctx context.Context, topic string, fn func(*pipeline.Record) error) error {
	name := topic
	for _, t := range schemas.Topics(schemas.TopicConfig{}) {
		if t.Name == topic && !t.Input {
			name = schemas.InGeneration(topic, g.generation)
		}
	}
	return g.Log.Each(ctx, name, func(r *pipeline.Record) error {
		r.Topic = topic
		return fn(r)
	})
}

// TestHistoryRunsIntoTopicsOfMorePartitions reprocesses beside a running generation, on six
// partitions instead of four, and moves over: topics and ClickHouse of the new generation hold what
// follows from what was sent, before and after.
func TestHistoryRunsIntoTopicsOfMorePartitions(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t)
	old := start(t, "run", "--with", "sink", "--config", r.file(t))
	sim, file := r.simulate(t, "--for", "2s", "--speed", "20", "--rate", "40")
	sim.ended(t)
	ledger := r.ledgerOf(t, file)
	first := r.settles(t, ledger, false)

	s := must(t, "reprocess", "--config", r.file(t), "--generation", "second", "--partitions", "6", "--switch")
	if !strings.Contains(s, "ClickHouse's views show it") {
		t.Fatalf("reprocess says %q", s)
	}
	old.stop(t)
	moved := r.file(t)
	text, err := os.ReadFile(moved)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(moved, append(text, "topics: {generation: second, partitions: 6}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	next := start(t, "run", "--with", "sink", "--config", moved)
	r.generation = "second"
	second := r.settles(t, ledger, false)
	if second.Processed+second.Late != first.Processed+first.Late || second.Duplicate != first.Duplicate || second.Rejected != first.Rejected {
		t.Errorf("first generation %+v, second %+v", first, second)
	}
	if n, err := r.cluster.PartitionCount(t.Context(), schemas.TopicActions+".second"); err != nil || n != 6 {
		t.Errorf("%d partitions, %v", n, err)
	}
	next.stop(t)
}

func TestReprocessNeedsAnotherGeneration(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"reprocess"}, {"reprocess", "--generation", "Über"}} {
		if s := try(t, args...); s.code != exit.CodeUsage || !strings.Contains(s.stderr, "generation") {
			t.Errorf("%v: exit %d, %s", args, s.code, s.stderr)
		}
	}
}
