package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/pipeline/state"
)

// standbyProcess is a process of a group that keeps the last record of each key.
type standbyProcess struct {
	stop     func()
	restored func() (tasks int, records int64)
	behind   chan int64
}

func (r *rig) standbyProcess(topology *pipeline.Topology, instance string) *standbyProcess {
	r.t.Helper()
	p := &standbyProcess{behind: make(chan int64, 10_000)}
	var mu sync.Mutex
	var tasks int
	var records int64
	run, err := runner.New(runner.Config{
		Topology: topology, Cluster: r.c, Group: r.name("g"), Instance: instance, Workers: 1, Standbys: 1, RestartBackoff: 10 * time.Millisecond,
		Member: pipeline.GroupConfig{Heartbeat: 100},
		Events: runner.Events{
			Restored: func(_ pipeline.TaskID, done runner.Restored) {
				mu.Lock()
				defer mu.Unlock()
				tasks++
				records += done.Records
			},
			Standby: func(_ pipeline.TaskID, behind int64) {
				select {
				case p.behind <- behind:
				default:
				}
			},
		},
	})
	r.must(err)
	p.restored = func() (int, int64) {
		mu.Lock()
		defer mu.Unlock()
		defer func() { tasks, records = 0, 0 }()
		return tasks, records
	}
	ctx, cancel := context.WithCancel(r.ctx())
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		r.must(<-ended)
	})
	r.t.Cleanup(p.stop)
	return p
}

// TestMemberLeavesThenAnotherGoesOnWithItsStandbys: two processes, with the group's own protocol. One has
// written thousands of records of state; when it leaves, the other has read them already.
func TestMemberLeavesThenAnotherGoesOnWithItsStandbys(t *testing.T) {
	r := newRig(t)
	source, log := r.topic("in", 4), r.topic("log", 4)
	topology := &pipeline.Topology{
		Channels: []pipeline.Channel{{Name: "c", IdleAfter: 1000}},
		Roles: []pipeline.Role{{Name: "last", Sources: []pipeline.Source{{Topic: source}}, Changelog: log,
			New: func(s *pipeline.Setup) (pipeline.Processor, error) {
				return &last{state.NewMap(s, "last", numbers{})}, nil
			}}},
	}
	one, two := r.standbyProcess(topology, "one"), r.standbyProcess(topology, "two")
	p := r.producer(pipeline.ProducerConfig{})
	for round := range 20 {
		for partition := range int32(4) {
			r.send(p, source, partition, numbered(fmt.Sprint(round, "-"), 100)...)
		}
	}
	r.await("all is processed", func() bool {
		done, err := r.c.Committed(r.ctx(), r.name("g"), []pipeline.TopicPartition{tp(source, 0), tp(source, 1), tp(source, 2), tp(source, 3)})
		r.must(err)
		for p := range int32(4) {
			if done[tp(source, p)].Offset < 2000 {
				return false
			}
		}
		return len(done) == 4
	})
	// Once no more is committed, and the standbys have heard of all that was.
	for quiet := false; !quiet; {
		select {
		case <-two.behind:
		case <-time.After(700 * time.Millisecond):
			quiet = true
		}
	}
	if tasks, _ := one.restored(); tasks == 0 {
		t.Fatal("the first has no tasks")
	}
	two.restored()
	one.stop()
	var tasks int
	var records int64
	r.await("the other has the tasks", func() bool {
		n, m := two.restored()
		tasks, records = tasks+n, records+m
		return tasks >= 2
	})
	t.Logf("%d tasks restored with %d changelog records of 4000 or more", tasks, records)
	if records > 100 {
		t.Errorf("%d changelog records were read to restore %d tasks that there were standbys for", records, tasks)
	}
}

// await asks until something is so.
func (r *rig) await(what string, so func() bool) {
	r.t.Helper()
	for ctx := r.ctx(); !so(); {
		select {
		case <-ctx.Done():
			r.t.Fatalf("not so within a minute: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

type last struct{ numbers *state.Map[int64] }

func (l *last) Process(_ *pipeline.Context, r *pipeline.Record) error {
	*l.numbers.GetOrCreate(string(r.Key)) = r.Offset
	return nil
}

type numbers struct{}

func (numbers) AppendValue(dst []byte, v *int64) []byte { return binary.AppendVarint(dst, *v) }
func (numbers) DecodeValue(src []byte, v *int64) error {
	*v, _ = binary.Varint(src)
	return nil
}
