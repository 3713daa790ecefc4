package main

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
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

// runUntil runs the job until its input is drained, or until it has made some commits, and stops it cleanly.
func runUntil(t *testing.T, cluster *kafka.Cluster, topics *jobTopics, instance string, commits int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	enough := make(chan struct{})
	var made atomic.Int64
	runner, err := pipeline.NewRunner(pipeline.RunnerConfig{
		Topology: topics.topology(), Cluster: cluster, Group: "job", Instance: instance, Workers: 2, MaxPending: 64 << 10,
		Events: pipeline.Events{Commit: func(pipeline.CommitInfo) {
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
	runUntil(t, cluster, &topics, "a", 8)
	halfway := outputs{cluster: cluster, topics: topics, want: want, read: map[pipeline.TopicPartition]int64{}}
	if err := halfway.more(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := halfway.found.Actions.Records; n == 0 || n >= want.actions.Records {
		t.Errorf("%d of %d actions when the job was stopped: want some, not all", n, want.actions.Records)
	}
	runUntil(t, cluster, &topics, "b", 0)
	if err := halfway.more(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := halfway.found.check(want); err != nil {
		t.Error(err)
	}
	t.Logf("%d actions, %d aggregates, activity within %g", want.actions.Records, want.aggregates.Records, halfway.found.Deviation)
}
