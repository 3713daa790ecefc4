package main

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"testing"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
)

func startBroker(t *testing.T) *kafka.Cluster {
	t.Helper()
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	cluster, err := kafka.Dial(t.Context(), kafka.Config{Brokers: []string{broker.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Close() })
	return cluster
}

// runUntil runs a job until its input is drained, or until it has made some commits, and stops it cleanly.
func runUntil(t *testing.T, cluster *kafka.Cluster, topology *pipeline.Topology, instance string, commits int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	enough := make(chan struct{})
	var made atomic.Int64
	runner, err := runner.New(runner.Config{
		Topology: topology, Cluster: cluster, Group: "job", Instance: instance, Workers: 2, MaxPending: 64 << 10,
		Events: runner.Events{Commit: func(runner.CommitInfo) {
			if made.Add(1) == int64(commits) {
				close(enough)
				<-ctx.Done() // holds this worker, so that it stops before the input's end
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	if commits > 0 {
		<-enough
	} else if err := runner.Quiet(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestJobStoppedAndRestoredWritesWhatIsRecomputed(t *testing.T) {
	cluster := startBroker(t)
	topics := topicsOf("touchpoints", "run")
	if err := createTopics(t.Context(), cluster, nil, topics.Input); err != nil {
		t.Fatal(err)
	}
	if err := topics.createOutputs(t.Context(), cluster); err != nil {
		t.Fatal(err)
	}
	want, err := loadTouchpoints(t.Context(), cluster, topics.Input, 200_000)
	if err != nil {
		t.Fatal(err)
	}
	runUntil(t, cluster, topics.topology(false), "a", 8)
	halfway := newOutputs(cluster, topics, want)
	if err := halfway.more(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := halfway.found.Actions.Records; n == 0 || n >= want.actions.Records {
		t.Errorf("%d of %d actions when the job was stopped: want some, not all", n, want.actions.Records)
	}
	runUntil(t, cluster, topics.topology(false), "b", 0)
	if err := halfway.more(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := halfway.found.check(want); err != nil {
		t.Error(err)
	}
	t.Logf("%d actions, %d aggregates, activity within %g", want.actions.Records, want.aggregates.Records, halfway.found.Deviation)
}

// collected keeps outputs.
type collected struct{ keys, values []string }

func (c *collected) Append(r *pipeline.OutRecord) error {
	if r.Topic == "run-aggregates" {
		c.keys, c.values = append(c.keys, string(r.Key)), append(c.values, string(r.Value))
	}
	return nil
}

func TestWatermarkPassesThenLateTouchpointArrives(t *testing.T) {
	var out collected
	task := newTask(t, &out)
	w := newWorkload(1)
	offset := int64(0)
	at := func(minutes float64) {
		w.next(0)
		binary.BigEndian.PutUint64(w.value[:], uint64(60_000*(28_333_334+minutes)))
		w.value[8], w.value[9] = 3, 12
		r := pipeline.Record{Topic: "input", Offset: offset, Key: w.key[:], Value: w.value[:]}
		offset++
		if err := task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Record: &r}); err != nil {
			t.Fatal(err)
		}
	}
	at(0.5)
	at(1.1)
	at(0.6)
	if len(out.keys) != 0 {
		t.Fatalf("%d aggregates before the grace has ended", len(out.keys))
	}
	at(1.0 + 10_000.0/60_000)
	at(0.7) // too late
	for m := range 10 {
		at(float64(2 + m))
	}
	if len(out.keys) != 10 {
		t.Fatalf("%d aggregates, want 10", len(out.keys))
	}
	for i, want := range []uint64{2, 2, 1} {
		if got := binary.BigEndian.Uint64([]byte(out.values[i])); got != want {
			t.Errorf("window %d: got %d, want %d", i, got, want)
		}
	}
	if open := task.Keys() - int(offset); open > 2 {
		t.Errorf("%d windows are open, or patients are the same", open)
	}
}
