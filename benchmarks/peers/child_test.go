package main

import (
	"os"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/pipeline/kafka"
)

// TestMain lets tests start this program's children.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childArgument {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestJobKilledAndRestoredWritesWhatIsRecomputed(t *testing.T) {
	broker, err := embedded.StartBroker(t.Context(), embedded.BrokerConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	cluster, err := kafka.Dial(t.Context(), kafka.Config{Brokers: []string{broker.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	topics := topicsOf("touchpoints", "run")
	if err := createTopics(t.Context(), cluster, nil, topics.Input); err != nil {
		t.Fatal(err)
	}
	if err := topics.createOutputs(t.Context(), cluster); err != nil {
		t.Fatal(err)
	}
	const records = 300_000
	want, err := loadTouchpoints(t.Context(), cluster, topics.Input, records)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o := order{Job: "touchpoints", Broker: broker.Addr(), Topics: topics, Group: "job", Commit: 10 * time.Millisecond, Checkpoint: time.Hour, Stats: dir + "/stats.json"}
	start := func() *sut {
		cmd, err := childCommand(o)
		if err != nil {
			t.Fatal(err)
		}
		s := &sut{cluster: cluster, broker: os.Getpid(), group: o.Group, input: topics.Input, began: time.Now()}
		if s.Process, err = launch(cmd, dir); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, share := range []int64{10, 3} { // killed in the midst of it, twice
		s := start()
		if err := s.drain(t.Context(), records/share); err != nil {
			t.Fatal(err)
		}
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	s := start()
	if err := s.drain(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	out := newOutputs(cluster, topics, want)
	if err := s.end(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := out.more(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := out.found.check(want); err != nil {
		t.Error(err)
	}
	if stats := readStats(dir); stats == nil || stats.Replayed == 0 {
		t.Errorf("no commit was replayed: %+v", stats)
	}
	if d := s.figures("attune", records); d.WholeCPU == 0 {
		t.Errorf("figures: %+v", d)
	}
}
