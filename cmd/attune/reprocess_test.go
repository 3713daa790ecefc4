package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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
	if !strings.Contains(s, "Decisions: ") || !strings.Contains(s, "Contacts: ") {
		t.Errorf("reprocess does not compare: %q", s)
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

// TestWebsiteLagsBehindACallThenReprocessExplainsWhatDiffers sends a call before the failed login that
// preceded it. Live, the decision says that the website is behind; a reprocess reads in the order in which
// both became known, and decides otherwise.
func TestWebsiteLagsBehindACallThenReprocessExplainsWhatDiffers(t *testing.T) {
	t.Parallel()
	// On a busy machine ten seconds pass between one record and the next, and a website that is idle is not behind. It is not
	// behind by less than that either: two minutes, of five.
	p := newPlant(t, "telemetry: {listen: '127.0.0.1:0'}\nchannels: {web: {idle_after: 2m}}\n")
	runs := start(t, "run", "--with", "sink", "--config", p.config)
	runs.ready(t)
	now := schemas.Millis(time.Now().UnixMilli())
	// Ten minutes ago nothing has priority any more, in the reprocess neither.
	calledAt := now - 10*schemas.Minute
	send := func(partition int32, v *schemas.Touchpoint, at schemas.Millis) {
		v.OccurredAt, v.ReceivedAt = at, at
		v.Identifiers = []schemas.Identifier{{Kind: schemas.IdentifierKindPhone, Value: schemas.Protected(fmt.Sprintf("+1614555010%d", partition))}}
		topic := schemas.TopicTouchpointsWeb
		if v.Channel == schemas.ChannelCall {
			topic = schemas.TopicTouchpointsCall
		}
		p.sendAt(at, topic, partition, nil, p.framed(topic, v))
	}
	failed := func(v *schemas.Touchpoint) { v.Body.Web.Event = schemas.WebEventLoginFailed }
	for partition := range int32(2) {
		send(partition, step(fmt.Sprint("early-", partition)), calledAt-5*schemas.Minute)
	}
	p.quiet("attune")
	send(0, queued("behind"), calledAt)
	p.quiet("attune")
	for partition := range int32(2) {
		send(partition, step(fmt.Sprint("late-", partition), failed), calledAt-8*schemas.Second)
	}
	// Later ones show that what is above is not at the end.
	for partition := range int32(2) {
		send(partition, step(fmt.Sprint("after-", partition)), now-schemas.Minute)
	}
	p.quiet("attune", "attune-sink")
	lagged := ""
	p.each(schemas.TopicDecisionInputs, func(r *pipeline.Record) {
		v := decoded[schemas.DecisionInput](t, r.Value)
		if lagged == "" && slices.ContainsFunc(v.Decision.Degraded, func(s string) bool { return strings.HasPrefix(s, "behind ") }) {
			lagged = strings.Clone(v.Decision.DecisionID)
		}
	})
	if lagged == "" {
		t.Fatal("no decision says that a channel is behind")
	}

	file := filepath.Join(t.TempDir(), "differ.tsv")
	s := must(t, "reprocess", "--config", p.config, "--generation", "second", "--differences", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), lagged+"\tbehind\tboth\t") || strings.Contains(s, "unexplained") || strings.Contains(s+string(text), "+1614") {
		t.Errorf("decision %s: reprocess says %s\nand lists\n%s", lagged, s, text)
	}
	runs.stop(t)
}

func TestReprocessNeedsAnotherGeneration(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"reprocess"}, {"reprocess", "--generation", "Über"}} {
		if s := try(t, args...); s.code != exit.CodeUsage || !strings.Contains(s.stderr, "generation") {
			t.Errorf("%v: exit %d, %s", args, s.code, s.stderr)
		}
	}
}
