package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/kafka"
	"github.com/attune-health/attune/pipeline/runner"
)

// childArgument, as first argument, makes this program run a job on attune's engine until it is told to
// end.
const childArgument = "child"

// order is what a child is to do.
type order struct {
	Job        string // touchpoints or shufflebench
	Broker     string
	Topics     jobTopics
	Shuffle    shuffleTopics
	Rules      int
	Group      string
	Commit     time.Duration
	Checkpoint time.Duration
	Urgent     bool // of touchpoints: actions are
	EachCommit bool // is a checkpoint
	Profile    string
	Stats      string // file for childStats
}

// childStats is what a child says of itself at its end.
type childStats struct {
	Commits     int64
	Checkpoints int64 // of tasks
	Replayed    int64 // commits that a task repeated when it was restored
	Written     int64 // bytes
	Mallocs     uint64
	Collected   uint32
	Restarts    int64
	LastError   string `json:",omitempty"`
}

func runChild(ctx context.Context, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	topology := o.Topics.topology(o.Urgent)
	if o.Job == "shufflebench" {
		topology = o.Shuffle.topology(newMatcher(o.Rules))
	}
	cluster, err := kafka.Dial(ctx, kafka.Config{Brokers: []string{o.Broker}})
	if err != nil {
		return err
	}
	stop, err := profile(o.Profile)
	if err != nil {
		return err
	}
	if o.EachCommit {
		o.Checkpoint = 0
	}
	c := &counts{}
	runner, err := runner.New(runner.Config{
		Topology: topology, Cluster: cluster, Group: o.Group, Instance: "peers", Workers: threads, CommitInterval: o.Commit, CheckpointInterval: o.Checkpoint,
		Events: c.events(),
	})
	if err == nil {
		err = runner.Run(ctx)
	}
	return errors.Join(err, cluster.Close(), stop(), c.write(o.Stats))
}

// counts counts what the engine's events tell.
type counts struct {
	commits, checkpoints, written, restarts, replayed atomic.Int64
	lastError                                         atomic.Value
}

func (c *counts) events() runner.Events {
	return runner.Events{
		Commit: func(i runner.CommitInfo) {
			c.commits.Add(1)
			c.checkpoints.Add(int64(i.Checkpoints))
			c.written.Add(int64(i.Bytes))
		},
		Replayed: func(_ pipeline.TaskID, r pipeline.Replayed) { c.replayed.Add(int64(r.Commits)) },
		Restart: func(_ int, err error) {
			c.restarts.Add(1)
			c.lastError.Store(err.Error())
			fmt.Fprintln(os.Stderr, "restart:", err)
		},
	}
}

func (c *counts) write(file string) error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := childStats{
		Commits: c.commits.Load(), Checkpoints: c.checkpoints.Load(), Replayed: c.replayed.Load(), Written: c.written.Load(),
		Restarts: c.restarts.Load(), Mallocs: m.Mallocs, Collected: m.NumGC,
	}
	s.LastError, _ = c.lastError.Load().(string)
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// profile begins a CPU profile where a file is named.
func profile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
