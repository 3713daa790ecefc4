package runner_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// replays collects what the tasks of a process replay, and its commits.
type replays struct {
	mu          sync.Mutex
	commits     int // replayed
	newBuild    bool
	checkpoints []int // tasks with a checkpoint, of each commit
	differences int
	stopped     []pipeline.TaskID
	why         error // the last one stopped
}

func (p *replays) listen(c *runner.Config) {
	c.CheckpointInterval = 2 * time.Second
	c.Events.Replayed = func(_ pipeline.TaskID, r pipeline.Replayed) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.commits += r.Commits
		p.newBuild = p.newBuild || r.NewBuild
		p.differences += r.Differences
	}
	c.Events.TaskStopped = func(id pipeline.TaskID, err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stopped, p.why = append(p.stopped, id), err
	}
	c.Events.Commit = func(c runner.CommitInfo) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.checkpoints = append(p.checkpoints, c.Checkpoints)
	}
}

// changelogged counts the records of a kind in the changelog.
func changelogged(b *pipelinetest.Broker, prefix string) (n int) {
	for _, r := range b.Read("count-changelog") {
		if strings.HasPrefix(string(r.Key), prefix) {
			n++
		}
	}
	return n
}

func TestProcessIsKilledThenItsCommitsAreReplayedThenStoppedThenNothingIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 11)
		var none, killed, stopped replays
		one := start(t, p.b, "one", none.listen)
		for range 30 {
			p.some(20)
			pass(250 * time.Millisecond)
		}
		one.kill()
		p.b.Expire("g", "one", 0)
		two := start(t, p.b, "two", killed.listen)
		p.some(100)
		pass(time.Second)
		two.stop(t)
		three := start(t, p.b, "three", stopped.listen)
		three.drain(t)
		p.check(t)
		three.stop(t)
		if none.commits != 0 || killed.commits == 0 || stopped.commits != 0 {
			t.Errorf("commits replayed: first %d, after a kill %d, after a stop %d; want some after the kill only", none.commits, killed.commits, stopped.commits)
		}
		if states, orders := changelogged(p.b, "~task"), changelogged(p.b, "~order"); states > 20 || orders < 60 {
			t.Errorf("%d checkpoints and %d order records in ten seconds of two tasks", states, orders)
		}
	})
}

func TestTasksTakeTurnsWithTheirCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 12)
		var seen replays
		one := start(t, p.b, "one", func(c *runner.Config) {
			seen.listen(c)
			c.Workers = 1
		})
		pass(3 * time.Second)
		seen.mu.Lock()
		seen.checkpoints = nil
		seen.mu.Unlock()
		for range 100 {
			p.some(5)
			pass(100 * time.Millisecond)
		}
		seen.mu.Lock()
		got := seen.checkpoints
		seen.mu.Unlock()
		total := 0
		for _, n := range got {
			total += n
			if n > 1 {
				t.Errorf("%d checkpoints in one commit of two tasks", n)
			}
		}
		if total < 8 || total > 12 {
			t.Errorf("%d checkpoints of two tasks in ten seconds at an interval of two", total)
		}
		one.drain(t)
		p.check(t)
		one.stop(t)
	})
}

// TestNothingArrivesAfterACommitThenItsCheckpointIsWrittenAllTheSame: a task that is idle for longer
// than its source keeps records could not be replayed.
func TestNothingArrivesAfterACommitThenItsCheckpointIsWrittenAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 13)
		var killed replays
		one := start(t, p.b, "one", func(c *runner.Config) { c.CheckpointInterval = 2 * time.Second })
		pass(3 * time.Second)
		p.some(100)
		pass(30 * time.Second)
		if changelogged(p.b, "~order") == 0 {
			t.Fatal("no order record was written")
		}
		one.kill()
		p.b.Expire("g", "one", 0)
		two := start(t, p.b, "two", killed.listen)
		two.drain(t)
		p.check(t)
		two.stop(t)
		if killed.commits != 0 {
			t.Errorf("%d commits replayed after half a minute without input", killed.commits)
		}
	})
}

func TestAnotherBuildTakesOverAfterAKillAndMakesTheSameThenItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := killedBetweenCheckpoints(t, 14)
		var replayed replays
		two := start(t, p.b, "two", func(c *runner.Config) {
			replayed.listen(c)
			c.Build, c.Topology.Settings = 2, 2
		})
		two.drain(t)
		p.check(t)
		two.stop(t)
		if replayed.commits == 0 || !replayed.newBuild || len(replayed.stopped) > 0 {
			t.Errorf("got %+v", &replayed)
		}
	})
}

// killedBetweenCheckpoints is a group whose only process was killed with commits that need replay.
func killedBetweenCheckpoints(t *testing.T, seed uint64) *produced {
	p := newProduced(newBroker(), seed)
	one := start(t, p.b, "one", func(c *runner.Config) { c.CheckpointInterval = time.Hour })
	for range 5 {
		p.some(50)
		pass(200 * time.Millisecond)
	}
	one.kill()
	p.b.Expire("g", "one", 0)
	return p
}

// loud makes count say more, in the task of one partition: another build, whose outputs are others.
func loud(c *runner.Config, partition int32) {
	c.Build = 2
	role := c.Topology.RoleOf("mid")
	of := role.New
	role.New = func(s *pipeline.Setup) (pipeline.Processor, error) {
		p, err := of(s)
		if err == nil && s.Task().Source.Partition == partition {
			return louder{p.(enginetest.Operator), s.Output("rejected")}, nil
		}
		return p, err
	}
}

type louder struct {
	enginetest.Operator
	out pipeline.Output
}

func (l louder) Process(c *pipeline.Context, r *pipeline.Record) error {
	c.Emit(l.out, r.Key, r.Value)
	return l.Operator.Process(c, r)
}

func TestAnotherBuildMakesSomethingElseOfOneTaskThenThatTaskStopsAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := killedBetweenCheckpoints(t, 18)
		before := [2]pipeline.OffsetCommit{}
		for i := range before {
			before[i], _ = p.b.Offset("g", pipeline.TopicPartition{Topic: "mid", Partition: int32(i)})
		}
		var seen replays
		two := start(t, p.b, "two", func(c *runner.Config) {
			seen.listen(c)
			loud(c, 0)
		})
		pass(5 * time.Second)
		p.some(100)
		pass(5 * time.Second)
		for i := range before {
			now, _ := p.b.Offset("g", pipeline.TopicPartition{Topic: "mid", Partition: int32(i)})
			if moved := now.Offset > before[i].Offset; moved != (i == 1) {
				t.Errorf("mid/%d was at %d and is at %d", i, before[i].Offset, now.Offset)
			}
		}
		two.stop(t)
		if len(seen.stopped) != 1 || seen.stopped[0].Source.Partition != 0 || seen.commits == 0 {
			t.Fatalf("got %+v", &seen)
		}
		for _, want := range []string{"task count/mid/0", "is not what was sent", "Another build made it", "stop it cleanly", "on_replay_difference"} {
			if !strings.Contains(seen.why.Error(), want) {
				t.Errorf("got %q, want it to say %q", seen.why, want)
			}
		}

		// The build that made the commits is started again, and nothing is amiss.
		three := start(t, p.b, "three", nil)
		three.drain(t)
		p.check(t)
		three.stop(t)
	})
}

func TestAnotherBuildMakesSomethingElseAndMayResumeThenItGoesOnAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := killedBetweenCheckpoints(t, 19)
		var seen replays
		two := start(t, p.b, "two", func(c *runner.Config) {
			seen.listen(c)
			loud(c, 0)
			c.OnReplayDifference = pipeline.ReplayResumes
		})
		p.some(100)
		two.drain(t)
		p.check(t)
		two.stop(t)
		if seen.differences == 0 || len(seen.stopped) > 0 {
			t.Errorf("got %+v", &seen)
		}
	})
}

func TestIntervalIsSwitchedOffAfterAKillThenCommitsAreStillReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 15)
		var off, on replays
		for i, listen := range []func(*runner.Config){
			func(c *runner.Config) { c.CheckpointInterval = time.Hour },
			func(c *runner.Config) { off.listen(c); c.CheckpointInterval = 0 },
			on.listen,
		} {
			name := fmt.Sprint("process-", i)
			run := start(t, p.b, name, listen)
			p.some(200)
			pass(5 * time.Second)
			if i < 2 {
				run.kill()
				p.b.Expire("g", name, 0)
				continue
			}
			run.drain(t)
			p.check(t)
			run.stop(t)
		}
		if off.commits == 0 || on.commits != 0 {
			t.Errorf("%d commits replayed when switched off, want some; %d afterwards, want none", off.commits, on.commits)
		}
	})
}

// TestChangelogHasABatchThatCannotBeReadThenThatTaskStopsAndNothingIsLost: whoever mends the batch, by another
// replica, has everything.
func TestChangelogHasABatchThatCannotBeReadThenThatTaskStopsAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := killedBetweenCheckpoints(t, 20)
		bad := pipeline.TopicPartition{Topic: "count-changelog", Partition: 0}
		p.b.Damage(bad, 3)
		before := [2]pipeline.OffsetCommit{}
		for i := range before {
			before[i], _ = p.b.Offset("g", pipeline.TopicPartition{Topic: "mid", Partition: int32(i)})
		}
		var seen replays
		two := start(t, p.b, "two", seen.listen)
		pass(5 * time.Second)
		p.some(100)
		pass(5 * time.Second)
		for i := range before {
			now, _ := p.b.Offset("g", pipeline.TopicPartition{Topic: "mid", Partition: int32(i)})
			if moved := now.Offset > before[i].Offset; moved != (i == 1) {
				t.Errorf("mid/%d was at %d and is at %d", i, before[i].Offset, now.Offset)
			}
		}
		two.stop(t)
		if len(seen.stopped) != 1 || seen.stopped[0].Source.Partition != 0 {
			t.Fatalf("got %+v", &seen)
		}
		for _, want := range []string{"count-changelog/0, offset 3", "cannot be read", "make that one the leader", "reprocess"} {
			if !strings.Contains(seen.why.Error(), want) {
				t.Errorf("got %q, want it to say %q", seen.why, want)
			}
		}

		p.b.Damage(bad, 0)
		three := start(t, p.b, "three", nil)
		three.drain(t)
		p.check(t)
		three.stop(t)
	})
}
