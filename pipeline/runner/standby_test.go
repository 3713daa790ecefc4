package runner_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// restores hears what processes restore.
type restores struct {
	mu    sync.Mutex
	tasks map[pipeline.TaskID][]runner.Restored
	kept  int
	ready map[pipeline.TaskID]time.Time // when it was last
}

func newRestores() *restores {
	return &restores{tasks: make(map[pipeline.TaskID][]runner.Restored), ready: make(map[pipeline.TaskID]time.Time)}
}

func (r *restores) listen(c *runner.Config) {
	c.Events.Restored = func(id pipeline.TaskID, done runner.Restored) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tasks[id] = append(r.tasks[id], done)
	}
	c.Events.TaskAssigned = func(_ pipeline.TaskID, _ int, kept bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if kept {
			r.kept++
		}
	}
	c.Events.TaskReady = func(id pipeline.TaskID) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ready[id] = time.Now()
	}
}

// sum is how many restores of a role's tasks there were since it was last asked, and how many records
//
// of the changelog those read.
func (r *restores) sum(role string) (tasks int, records int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, list := range r.tasks {
		if id.Role != role {
			continue
		}
		tasks += len(list)
		for _, one := range list {
			records += one.Records
		}
		delete(r.tasks, id)
	}
	return tasks, records
}

// wideBroker has n partitions of what the tasks with state read.
func wideBroker(n int32) *pipelinetest.Broker {
	b := pipelinetest.NewBroker()
	for topic, old := range enginetest.Partitions {
		switch topic {
		case "mid", "count-changelog":
			b.CreateTopic(topic, n)
		default:
			b.CreateTopic(topic, old)
		}
	}
	return b
}

// TestOwnerIsLostThenStandbysGoOnAndReadOnlyTheTail kills one of three processes, once with standbys
//
// and once without, and counts what its heirs read of the changelogs.
func TestOwnerIsLostThenStandbysGoOnAndReadOnlyTheTail(t *testing.T) {
	var read [2]int64
	for standbys := range read {
		inBothModes(t, func(t *testing.T) {
			p := newProduced(wideBroker(6), 11)
			heard := newRestores()
			with := func(c *runner.Config) {
				c.Standbys = standbys
				heard.listen(c)
			}
			run := map[string]*process{}
			for _, name := range []string{"one", "two", "three"} {
				run[name] = start(t, p.b, name, with)
				pass(time.Second)
			}
			for range 50 {
				p.some(100)
				pass(100 * time.Millisecond)
			}
			pass(time.Second) // the standbys have come to the end
			heard.sum("count")
			run["two"].kill()
			p.some(100)
			p.b.Expire("g", "two", 0)
			pass(time.Second)
			tasks, records := heard.sum("count")
			if tasks != 2 {
				t.Errorf("%d tasks were restored, want the 2 that the lost process had", tasks)
			}
			read[standbys] += records
			t.Logf("standbys %d: %d tasks restored with %d changelog records", standbys, tasks, records)
			p.some(100)
			run["one"].quiet(t)
			run["three"].stop(t)
			run["one"].drain(t)
			p.check(t)
			run["one"].stop(t)
		})
	}
	if read[1] > read[0]/20 {
		t.Errorf("with standbys %d changelog records were read, without %d", read[1], read[0])
	}
}

// TestStandbyIsBehindTheOwnersLastCommitThenTheRestIsRead: the standby hears nothing of the changelog
// for a while, so that it is older than what the owner has committed when that dies.
func TestStandbyIsBehindTheOwnersLastCommitThenTheRestIsRead(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 12)
		heard := newRestores()
		with := func(c *runner.Config) {
			c.Standbys = 1
			heard.listen(c)
		}
		owner := start(t, p.b, "owner", with)
		pass(time.Second)
		heir := start(t, p.b, "heir", with)
		p.some(500)
		pass(2 * time.Second)
		heir.client.Fault(func(r pipelinetest.Request) (before, after error) {
			if r == pipelinetest.Fetch {
				return pipeline.Transient("injected", errInjected), nil
			}
			return nil, nil
		})
		p.some(500)
		pass(2 * time.Second)
		heard.sum("count")
		owner.kill()
		p.b.Expire("g", "owner", 0)
		heir.client.Fault(nil)
		pass(8 * time.Second)
		if tasks, records := heard.sum("count"); tasks == 0 || records == 0 {
			t.Errorf("%d tasks were restored with %d records, want the rest of a changelog", tasks, records)
		}
		heir.drain(t)
		p.check(t)
		heir.stop(t)
	})
}

// TestStandbyIsAheadOfTheOwnersOffsetThenNothingIsLost: an owner that delivers at least once
// writes state before offsets. The standby has read that state when the owner dies: it is ahead of the
// committed offset, as any restore would be, and no record is lost.
func TestStandbyIsAheadOfTheOwnersOffsetThenNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 13)
		with := func(c *runner.Config) {
			c.Standbys = 1
			c.Delivery = runner.AtLeastOnce
			c.CheckpointInterval = 0
		}
		owner := start(t, p.b, "owner", with)
		pass(time.Second)
		heir := start(t, p.b, "heir", with)
		p.some(300)
		pass(2 * time.Second)
		owner.client.Fault(func(r pipelinetest.Request) (before, after error) {
			if r == pipelinetest.CommitOffsets {
				return errInjected, nil
			}
			return nil, nil
		})
		p.some(300)
		pass(2 * time.Second)
		owner.kill()
		p.b.Expire("g", "owner", 0)
		pass(2 * time.Second)
		heir.drain(t)
		p.checkNoneLost(t)
		heir.stop(t)
	})
}

// TestTasksWaitToBeRestoredThenTheOthersOfTheWorkerGoOnMeanwhile: a process dies in the middle of a
// commit. Who takes over its tasks must wait until that transaction is decided; the tasks that it has
// need not.
func TestTasksWaitToBeRestoredThenTheOthersOfTheWorkerGoOnMeanwhile(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 14)
		oneWorker := func(c *runner.Config) { c.Workers = 1 }
		one := start(t, p.b, "one", oneWorker)
		pass(time.Second)
		two := start(t, p.b, "two", oneWorker)
		p.some(500)
		pass(2 * time.Second)
		g := newGate(pipelinetest.EndTransaction)
		two.client.Fault(g.fault)
		p.some(500)
		pass(150 * time.Millisecond)
		two.client.Kill()
		g.release()
		two.kill()
		p.b.Expire("g", "two", 0)
		pass(time.Second)
		kept, taken := pipeline.TopicPartition{Topic: "fast", Partition: 0}, pipeline.TopicPartition{Topic: "fast", Partition: 1}
		before, _ := p.b.Offset("g", kept)
		waits, _ := p.b.Offset("g", taken)
		p.some(500)
		pass(time.Second)
		if after, _ := p.b.Offset("g", kept); after.Offset < before.Offset+50 {
			t.Errorf("%v went from offset %d to %d while other tasks wait", kept, before.Offset, after.Offset)
		}
		if after, _ := p.b.Offset("g", taken); after.Offset != waits.Offset {
			t.Errorf("%v went on from offset %d to %d: nothing waited", taken, waits.Offset, after.Offset)
		}
		two = start(t, p.b, "two", oneWorker) // aborts
		pass(5 * time.Second)
		two.stop(t)
		one.drain(t)
		p.check(t)
		one.stop(t)
	})
}

// TestRollingRestartOfThreeProcessesThenEachTaskIsRestoredOnce restarts each of three processes under
//
// its name, and counts restores: exactly one for each task, by its own process; all others are kept.
func TestRollingRestartOfThreeProcessesThenEachTaskIsRestoredOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(wideBroker(6), 15)
		names := []string{"one", "two", "three"}
		heard := newRestores()
		with := func(c *runner.Config) {
			c.Member.Stay = true
			heard.listen(c)
		}
		run := make(map[string]*process)
		for _, name := range names {
			run[name] = start(t, p.b, name, with)
			pass(time.Second)
		}
		p.some(300)
		pass(time.Second)
		heard.mu.Lock()
		clear(heard.tasks)
		heard.mu.Unlock()
		for _, name := range names {
			run[name].stop(t)
			p.some(100)
			pass(2 * time.Second) // less than the session timeout
			run[name] = start(t, p.b, name, with)
			p.some(100)
			pass(2 * time.Second)
		}
		heard.mu.Lock()
		total := 0
		for id, list := range heard.tasks {
			if len(list) != 1 {
				t.Errorf("%v was restored %d times", id, len(list))
			}
			total += len(list)
		}
		heard.mu.Unlock()
		if want := 2 + 2 + 6; total != want {
			t.Errorf("%d restores in three restarts, want %d: each task once", total, want)
		}
		run["two"].stop(t)
		run["three"].stop(t)
		run["one"].drain(t)
		p.check(t)
		run["one"].stop(t)
	})
}

// TestI11InstancesAreAMultipleOfPartitionsThenNothingStarvesAndThroughputHolds: 4 partitions, and 2, 4
// and 8 processes. However many there are, each partition is read by one of them, the same records are
// processed in the same virtual time, and after failures the assignment is even again, while whoever
// lives keeps what it had.
func TestI11InstancesAreAMultipleOfPartitionsThenNothingStarvesAndThroughputHolds(t *testing.T) {
	for _, n := range []int{2, 4, 8} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { manyInstances(t, n) })
		})
	}
}

func manyInstances(t *testing.T, n int) {
	p := newProduced(wideBroker(4), 16)
	owned := &owners{of: make(map[string][]pipeline.TopicPartition)}
	run := make(map[string]*process)
	for i := range n {
		name := fmt.Sprintf("i%d", i)
		run[name] = start(t, p.b, name, owned.listen(name))
		pass(500 * time.Millisecond)
	}
	owned.check(t, n)
	before := len(p.b.Read("out"))
	for range 20 {
		p.some(200)
		pass(100 * time.Millisecond)
	}
	pass(300 * time.Millisecond)
	if got := len(p.b.Read("out")) - before; got != 20*200 {
		t.Errorf("%d instances: %d of 4000 records were processed in 2.3 s", n, got)
	}
	alive := n
	r := rand.New(rand.NewPCG(uint64(n), 3))
	for alive > 1 && n-alive < 3 {
		name := fmt.Sprintf("i%d", r.IntN(n))
		if run[name] == nil {
			continue
		}
		run[name].kill()
		delete(run, name)
		had := owned.lose(name)
		p.b.Expire("g", name, 0)
		alive--
		pass(2 * time.Second)
		owned.check(t, alive)
		owned.sticky(t, had)
	}
	for _, one := range run {
		if alive > 1 {
			one.stop(t)
			alive--
			continue
		}
		one.drain(t)
		p.check(t)
		one.stop(t)
	}
}

// owners knows what each instance was assigned last.
type owners struct {
	mu sync.Mutex
	of map[string][]pipeline.TopicPartition
}

func (o *owners) listen(name string) func(*runner.Config) {
	return func(c *runner.Config) {
		c.Events.Generation = func(_ int32, assigned []pipeline.TopicPartition) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.of[name] = assigned
		}
	}
}

// lose forgets an instance and returns what the others have.
func (o *owners) lose(name string) map[pipeline.TopicPartition]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.of, name)
	had := make(map[pipeline.TopicPartition]string)
	for name, list := range o.of {
		for _, tp := range list {
			had[tp] = name
		}
	}
	return had
}

// check: each partition has one owner, and of each topic no instance has two more than another.
func (o *owners) check(t *testing.T, instances int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	seen := make(map[pipeline.TopicPartition]int)
	for name, list := range o.of {
		count := make(map[string]int)
		for _, tp := range list {
			seen[tp]++
			count[tp.Topic]++
		}
		for topic, parts := range map[string]int{"mid": 4, "fast": 2, "slow": 2} {
			if got := count[topic]; got < parts/instances || got > (parts+instances-1)/instances {
				t.Errorf("%s has %d of %d partitions of %s, with %d instances", name, got, parts, topic, instances)
			}
		}
	}
	for topic, parts := range map[string]int32{"mid": 4, "fast": 2, "slow": 2} {
		for i := range parts {
			if tp := (pipeline.TopicPartition{Topic: topic, Partition: i}); seen[tp] != 1 {
				t.Errorf("%v is read by %d instances", tp, seen[tp])
			}
		}
	}
}

// sticky: what had an owner that lives still has it.
func (o *owners) sticky(t *testing.T, had map[pipeline.TopicPartition]string) {
	t.Helper()
	now := o.lose("")
	for tp, name := range had {
		if now[tp] != name {
			t.Errorf("%v went from %s, which lives, to %s", tp, name, now[tp])
		}
	}
}
