package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
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
	// standsBy are the source partitions of the tasks that it stands by for.
	standsBy func() []int32
	read     *readWatch
}

func (r *rig) standbyProcess(topology *pipeline.Topology, instance string) *standbyProcess {
	r.t.Helper()
	p := &standbyProcess{read: &readWatch{Cluster: r.c, next: map[pipeline.TopicPartition]int64{}}}
	var mu sync.Mutex
	var tasks int
	var records int64
	standing := map[int32]bool{}
	run, err := runner.New(runner.Config{
		Topology: topology, Cluster: p.read, Group: r.name("g"), Instance: instance, Workers: 1, Standbys: 1, RestartBackoff: 10 * time.Millisecond,
		// A busy machine ends no session: what moves when one ends is not what this is about.
		Member: pipeline.GroupConfig{Heartbeat: 100, SessionTimeout: 60_000, RebalanceTimeout: 60_000},
		Events: runner.Events{
			Restored: func(_ pipeline.TaskID, done runner.Restored) {
				mu.Lock()
				defer mu.Unlock()
				tasks++
				records += done.Records
			},
			Standby: func(id pipeline.TaskID, behind int64) {
				mu.Lock()
				defer mu.Unlock()
				if standing[id.Source.Partition] = true; behind < 0 {
					delete(standing, id.Source.Partition)
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
	p.standsBy = func() []int32 {
		mu.Lock()
		defer mu.Unlock()
		return slices.Collect(maps.Keys(standing))
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
	written, err := r.c.EndOffsets(r.ctx(), []pipeline.TopicPartition{tp(log, 0), tp(log, 1), tp(log, 2), tp(log, 3)})
	r.must(err)
	r.await("the standbys have read all that was written", func() bool {
		standing := two.standsBy()
		return len(standing) == 2 && !slices.ContainsFunc(standing, func(p int32) bool { return two.read.of(tp(log, p)) < written[tp(log, p)] })
	})
	r.await("the first has its tasks", func() bool {
		tasks, _ := one.restored()
		return tasks > 0
	})
	// Also where it joined when all was done: what it reads to restore its own tasks is not what is counted here.
	own := 0
	r.await("the other has its own tasks", func() bool {
		n, _ := two.restored()
		own += n
		return own >= 2
	})
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

// readWatch knows how far its fetchers have come.
type readWatch struct {
	pipeline.Cluster
	mu   sync.Mutex
	next map[pipeline.TopicPartition]int64
}

func (w *readWatch) of(tp pipeline.TopicPartition) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next[tp]
}

func (w *readWatch) NewFetcher(c pipeline.FetcherConfig) pipeline.Fetcher {
	return &notingFetcher{w.Cluster.NewFetcher(c), w}
}

type notingFetcher struct {
	pipeline.Fetcher
	watch *readWatch
}

func (f *notingFetcher) Poll(ctx context.Context) ([]pipeline.Chunk, error) {
	chunks, err := f.Fetcher.Poll(ctx)
	f.watch.mu.Lock()
	defer f.watch.mu.Unlock()
	for _, c := range chunks {
		f.watch.next[c.Info().TopicPartition] = c.Info().NextOffset
	}
	return chunks, err
}

// await asks until something is so.
func (r *rig) await(what string, so func() bool) {
	r.t.Helper()
	for ctx := r.ctx(); !so(); {
		select {
		case <-ctx.Done():
			r.t.Fatalf("not so within %v: %s", patience, what)
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
