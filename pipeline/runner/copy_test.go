package runner_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// copies hears in which order the tasks of a process use their copies, and with which positions.
type copies struct {
	mu        sync.Mutex
	opened    []int32 // partitions of mid
	committed []int32
	positions []pipeline.CopyPosition // one for each of committed
}

func (c *copies) of(id pipeline.TaskID) pipeline.Copy {
	if id.Role != "count" {
		return nil
	}
	return &heardCopy{all: c, partition: id.Source.Partition}
}

// last is the position of the newest commit.
func (c *copies) last() pipeline.CopyPosition {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.positions) == 0 {
		return pipeline.CopyPosition{}
	}
	return c.positions[len(c.positions)-1]
}

// heardCopy keeps nothing: the changelog has it all.
type heardCopy struct {
	all       *copies
	partition int32
}

func (c *heardCopy) Open(log pipeline.ChangelogSpan) (int64, error) {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.all.opened = append(c.all.opened, c.partition)
	return log.Start, nil
}

func (c *heardCopy) Commit(at pipeline.CopyPosition) error {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.all.committed, c.all.positions = append(c.all.committed, c.partition), append(c.all.positions, at)
	return nil
}

func (*heardCopy) Each(string, func(key, value []byte) error) error { return nil }
func (*heardCopy) Restore(_, _ []byte, _ int64)                     {}
func (*heardCopy) Append(_, _ []byte)                               {}
func (*heardCopy) Seal()                                            {}
func (*heardCopy) Err() error                                       { return nil }

// TestTasksAreRestoredThenTheirCopiesAreUsedInOrder restores more tasks at once than a map would have in
// order by chance.
func TestTasksAreRestoredThenTheirCopiesAreUsedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10
		heard := &copies{}
		p := start(t, wideBroker(n), "one", func(c *runner.Config) { c.Workers, c.Copy = 1, heard.of })
		p.quiet(t)
		p.stop(t)
		for what, order := range map[string][]int32{"opened": heard.opened, "committed": heard.committed} {
			if len(order) < n || !slices.IsSorted(order[:n]) {
				t.Errorf("copies are %s in the order %v, want that of their partitions", what, order)
			}
		}
	})
}

// TestGenerationEndsDuringACommitThenTheLastOneStillKnowsTheEnds holds a commit up until all else of the
// generation has ended: the worker seals its last commit after that.
func TestGenerationEndsDuringACommitThenTheLastOneStillKnowsTheEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, heard := newBroker(), &copies{}
		p := start(t, b, "one", func(c *runner.Config) {
			c.Workers, c.Copy, c.LagInterval = 1, heard.of, 10*time.Millisecond
		})
		in := pipeline.TopicPartition{Topic: "mid"}
		b.Produce(in, []byte("a"), []byte("a 1000 1"))
		p.quiet(t)
		held, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		p.client.Fault(func(r pipelinetest.Request) (before, after error) {
			if r == pipelinetest.EndTransaction {
				once.Do(func() {
					close(held)
					<-goOn
				})
			}
			return nil, nil
		})
		b.Produce(in, []byte("a"), []byte("a 1001 1"))
		<-held
		b.Produce(in, []byte("a"), []byte("a 1002 1"))
		synctest.Wait() // it is processed, and waits for the next commit
		p.cancel()
		synctest.Wait() // nothing of the generation is left but the worker
		close(goOn)
		p.stop(t)
		if out := b.Read("out"); len(out) != 3 {
			t.Fatalf("%d records are committed, want 3", len(out))
		}
		if last := heard.last(); last == (pipeline.CopyPosition{}) {
			t.Error("the last commit knows no position of its changelog")
		}
	})
}
