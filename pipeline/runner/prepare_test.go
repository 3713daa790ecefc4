package runner_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// wanting is a processor whose records need something from outside.
type wanting struct {
	lock     sync.Mutex
	prepared map[int64]bool
	taken    map[int64]int
	missed   int
}

func (w *wanting) prepare(records []pipeline.Record) func(context.Context) error {
	var offsets []int64
	for i := range records {
		offsets = append(offsets, records[i].Offset)
	}
	return func(context.Context) error {
		w.lock.Lock()
		defer w.lock.Unlock()
		for _, o := range offsets {
			w.prepared[o] = true
		}
		return nil
	}
}

func (w *wanting) Process(c *pipeline.Context, r *pipeline.Record) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.taken[r.Offset]++
	if !w.prepared[r.Offset] {
		w.missed++
	}
	return nil
}

func wantingTopology(w *wanting, prepare func([]pipeline.Record) func(context.Context) error) *pipeline.Topology {
	return &pipeline.Topology{Name: "wanting", Channels: []pipeline.Channel{{Name: "all"}}, Roles: []pipeline.Role{
		{Name: "in", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "in-changelog", Prepare: prepare,
			New: func(*pipeline.Setup) (pipeline.Processor, error) { return w, nil }},
	}}
}

// TestRecordsArePreparedBeforeTheyAreTakenAndReplayed: records are processed, the process dies, and
// another repeats what came after the last checkpoint. It knows nothing of what the first has prepared.
func TestRecordsArePreparedBeforeTheyAreTakenAndReplayed(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		b.CreateTopic("in", 1)
		b.CreateTopic("in-changelog", 1)
		begin := func(instance string) (*process, *wanting) {
			w := &wanting{prepared: map[int64]bool{}, taken: map[int64]int{}}
			return start(t, b, instance, func(c *runner.Config) {
				c.Topology = wantingTopology(w, w.prepare)
			}), w
		}
		one, first := begin("one")
		for range 35 {
			b.Produce(pipeline.TopicPartition{Topic: "in"}, []byte("k"), []byte("v"))
			pass(100 * time.Millisecond)
		}
		one.kill()
		two, second := begin("two")
		b.Produce(pipeline.TopicPartition{Topic: "in"}, []byte("k"), []byte("v"))
		pass(time.Minute)
		two.stop(t)
		if len(first.taken) != 35 || second.taken[35] != 1 {
			t.Errorf("took %v, then %v", first.taken, second.taken)
		}
		if first.missed+second.missed != 0 {
			t.Errorf("%d and %d records were not prepared", first.missed, second.missed)
		}
		if checkpointInterval > 0 && len(second.taken) == 1 {
			t.Error("nothing was replayed: the test shows nothing")
		}
	})
}

// TestASideServiceIsAwayThenItsPartitionIsParked: what the records of one partition need cannot be got for
// five minutes, and the process is killed once meanwhile. The other partition goes on, nothing is taken
// unprepared, nothing is lost, and it is told who waits and that the wait is over.
func TestASideServiceIsAwayThenItsPartitionIsParked(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		b.CreateTopic("in", 2)
		b.CreateTopic("in-changelog", 2)
		unreachable := errors.New("registry cannot be reached")
		back := time.Now().Add(5 * time.Minute)
		w := &wanting{prepared: map[int64]bool{}, taken: map[int64]int{}}
		var lock sync.Mutex
		var attempts, ended int
		begin := func(name string) *process {
			return start(t, b, name, func(c *runner.Config) {
				c.Events.Parked = func(tp pipeline.TopicPartition, attempt int, err error) {
					lock.Lock()
					defer lock.Unlock()
					switch {
					case tp.Partition != 0:
						t.Errorf("%v is parked", tp)
					case err == nil:
						ended++
					case !errors.Is(err, unreachable) || attempt == 0:
						t.Errorf("attempt %d: %v", attempt, err)
					default:
						attempts++
					}
				}
				c.Topology = wantingTopology(w, func(records []pipeline.Record) func(context.Context) error {
					get := w.prepare(records)
					if records[0].Partition == 1 {
						return get
					}
					return func(ctx context.Context) error {
						if time.Now().Before(back) {
							return unreachable
						}
						return get(ctx)
					}
				})
			})
		}
		one := begin("one")
		for i := range 20 {
			b.Produce(pipeline.TopicPartition{Topic: "in", Partition: int32(i % 2)}, []byte("k"), []byte("v"))
		}
		pass(time.Minute)
		w.lock.Lock()
		if len(w.taken) != 10 || w.missed > 0 {
			t.Errorf("%d records taken, %d of them unprepared, want 10 of the other partition", len(w.taken), w.missed)
		}
		w.lock.Unlock()
		one.kill()
		lock.Lock()
		if attempts < 10 || attempts > 30 {
			t.Errorf("asked %d times in a minute", attempts)
		}
		ended = 0
		lock.Unlock()
		two := begin("two")
		pass(10 * time.Minute)
		two.stop(t)
		total := 0
		for _, n := range w.taken {
			total += n
		}
		if total < 20 || w.missed > 0 {
			t.Errorf("%d records taken, %d of them unprepared", total, w.missed)
		}
		if ended == 0 {
			t.Error("nobody was told that the wait is over")
		}
	})
}

// TestOnePartitionIsPreparedForLongThenOthersGoOn: what the records of one partition need takes a minute to
// come. Those of the other partition are taken meanwhile, those of the first in their order afterwards; and
// a process that stops meanwhile does not wait for it.
func TestOnePartitionIsPreparedForLongThenOthersGoOn(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := pipelinetest.NewBroker()
		b.CreateTopic("in", 2)
		b.CreateTopic("in-changelog", 2)
		slow := func(records []pipeline.Record) func(context.Context) error {
			if records[0].Partition == 1 {
				return nil
			}
			return func(ctx context.Context) error {
				select {
				case <-time.After(time.Minute):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		w := &wanting{prepared: map[int64]bool{}, taken: map[int64]int{}}
		one := start(t, b, "one", func(c *runner.Config) { c.Workers, c.Topology = 1, wantingTopology(w, slow) })
		for partition, n := range []int{20, 30} {
			for range n {
				b.Produce(pipeline.TopicPartition{Topic: "in", Partition: int32(partition)}, []byte("k"), []byte("v"))
			}
		}
		count := func() (taken int) {
			w.lock.Lock()
			defer w.lock.Unlock()
			for _, n := range w.taken {
				taken += n
			}
			return taken
		}
		pass(30 * time.Second)
		if got := count(); got != 30 {
			t.Errorf("%d records taken while others are prepared, want 30", got)
		}
		pass(10 * time.Minute)
		if got := count(); got != 50 {
			t.Errorf("%d records taken, want 50", got)
		}
		b.Produce(pipeline.TopicPartition{Topic: "in"}, []byte("k"), []byte("v"))
		pass(time.Second)
		began := time.Now()
		one.stop(t)
		if took := time.Since(began); took > time.Second {
			t.Errorf("the stop took %v", took)
		}
	})
}
