package runner_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

func newProduced(b *pipelinetest.Broker, seed uint64) *produced {
	return &produced{b: b, rand: rand.New(rand.NewPCG(seed, 1)), sums: make(map[string]int)}
}

func put(b *pipelinetest.Broker, topic string, partition int32, key string, at, n int) {
	b.Produce(pipeline.TopicPartition{Topic: topic, Partition: partition}, []byte(key), fmt.Appendf(nil, "%s %d %d", key, at, n))
}

// pass lets time pass, and what happens at its very end happen as well: a test and the timers of the
//
// processes wake up at once, in any order, so that a process that is killed next would be within a
// commit now and then, and whoever takes over would wait for that transaction.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// gate holds up the requests of a client: those of a kind wait until it is opened.
type gate struct {
	request pipelinetest.Request
	shut    atomic.Bool
	open    chan struct{}
}

func newGate(r pipelinetest.Request) *gate {
	g := &gate{request: r, open: make(chan struct{})}
	g.shut.Store(true)
	return g
}

func (g *gate) fault(r pipelinetest.Request) (before, after error) {
	if r == g.request && g.shut.Load() {
		<-g.open
	}
	return nil, nil
}

func (g *gate) release() {
	g.shut.Store(false)
	close(g.open)
}

// TestZombieWithOnlyTimersPendingWakesUpThenItsCommitIsRefused: all sources are idle and time follows
// the clock, so that a timer fires without any record. The process stops in front of that commit,
// its session expires, another takes over and fires the same timer. When the first goes on, its
// transaction must not fire it once more.
func TestZombieWithOnlyTimersPendingWakesUpThenItsCommitIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := newBroker()
		follow := func(c *runner.Config) { c.Topology.Clock = pipeline.ClockBroker }
		zombie := start(t, b, "zombie", follow)
		put(b, "fast", 0, "a", int(time.Now().UnixMilli())+20_000, 1)
		pass(15 * time.Second)
		g := newGate(pipelinetest.Produce)
		zombie.client.Fault(g.fault)
		pass(10 * time.Second) // the timer has fired, its commit hangs
		b.Expire("g", "zombie", time.Minute)
		heir := start(t, b, "heir", follow)
		pass(10 * time.Second)
		g.release()
		pass(10 * time.Second)
		if got := enginetest.Values(b.Read("windows")); len(got) != 1 || !strings.Contains(got[0], "n=1 basis=2") {
			t.Errorf("windows: got %q, want the one of a once", got)
		}
		zombie.stop(t)
		heir.stop(t)
	})
}

func TestTwoProcessesOfOneNameThenOneSaysSo(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 1)
		one, two := start(t, p.b, "same", nil), start(t, p.b, "same", nil)
		for range 200 {
			p.some(20)
			pass(100 * time.Millisecond)
			select {
			case <-one.done:
				one, two = two, one
			case <-two.done:
			default:
				continue
			}
			break
		}
		select {
		case <-two.done:
		default:
			t.Fatal("both run on")
		}
		if two.err == nil || !strings.Contains(two.err.Error(), "another instance is named same") {
			t.Errorf("got %v", two.err)
		}
		one.drain(t)
		p.check(t)
		one.stop(t)
	})
}

func TestI12RecordsOfAnAbortedTransactionThenNoProcessorSeesThem(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := newBroker()
		c := b.Client()
		producer := c.NewProducer(pipeline.ProducerConfig{TransactionalID: "upstream"})
		if err := producer.Init(t.Context()); err != nil {
			t.Fatal(err)
		}
		fail := func(r pipelinetest.Request) (before, after error) {
			if r == pipelinetest.CommitOffsets {
				return errInjected, nil
			}
			return nil, nil
		}
		c.Fault(fail)
		if err := producer.Append(&pipeline.OutRecord{Topic: "fast", Value: []byte("a 1000 1")}); err != nil {
			t.Fatal(err)
		}
		if err := producer.Seal(nil).Commit(t.Context(), nil); err == nil {
			t.Fatal("the commit went through")
		}
		put(b, "fast", 0, "b", 1100, 2)
		run := start(t, b, "one", nil)
		pass(5 * time.Second)
		if got := enginetest.Values(b.Read("out")); len(got) != 0 {
			t.Errorf("out while the transaction is open: %q", got)
		}
		c.Fault(nil)
		if err := producer.Init(t.Context()); err != nil { // aborts
			t.Fatal(err)
		}
		run.quiet(t)
		enginetest.SameSet(t, "out", enginetest.Values(b.Read("out")), []string{"b 1100 2 sum=2"})
		run.stop(t)
	})
}

func TestI13CommitIsRefusedAtShutdownThenItsOffsetsAreNotDurable(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := newBroker()
		run := start(t, b, "one", func(c *runner.Config) { c.CommitInterval = time.Hour })
		pass(time.Second)
		run.client.Fault(func(r pipelinetest.Request) (before, after error) {
			if r == pipelinetest.Produce {
				return errInjected, nil
			}
			return nil, nil
		})
		put(b, "fast", 0, "a", 1100, 1)
		pass(time.Second)
		run.stop(t)
		if c, ok := b.Offset("g", pipeline.TopicPartition{Topic: "fast"}); ok {
			t.Errorf("committed: %+v", c)
		}
		again := start(t, b, "one", nil)
		again.quiet(t)
		enginetest.SameSet(t, "out", enginetest.Values(b.Read("out")), []string{"a 1100 1 sum=1"})
		again.stop(t)
	})
}

// TestI4PartitionsMoveThenStateTimersAndWatermarksMoveWithThem adds a second process and takes the
//
// first away.
func TestI4PartitionsMoveThenStateTimersAndWatermarksMoveWithThem(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 4)
		one := start(t, p.b, "one", nil)
		p.some(300)
		pass(time.Second)
		two := start(t, p.b, "two", nil)
		p.some(300)
		pass(time.Second)
		one.stop(t)
		p.some(300)
		two.drain(t)
		p.check(t)
		two.stop(t)
	})
}

func TestGenerationChangesThenKeptTasksAreNotRestored(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 5)
		var kept, restored atomic.Int64
		one := start(t, p.b, "one", func(c *runner.Config) {
			c.Events.TaskAssigned = func(_ pipeline.TaskID, _ int, isKept bool) {
				if isKept {
					kept.Add(1)
				} else {
					restored.Add(1)
				}
			}
		})
		p.some(300)
		pass(time.Second)
		p.b.Rebalance("g")
		p.some(300)
		pass(time.Second)
		if kept.Load() != 6 || restored.Load() != 6 {
			t.Errorf("%d kept, %d restored, want all 6 restored once and kept once", kept.Load(), restored.Load())
		}
		one.drain(t)
		p.check(t)
		one.stop(t)
	})
}

// TestSessionExpiresThenAnotherCommitsThenPartitionsComeBackAndAreRestored: the process sees nothing
// of what happens meanwhile, so that none of its own commits tells it that its state is old.
func TestSessionExpiresThenAnotherCommitsThenPartitionsComeBackAndAreRestored(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 6)
		one := start(t, p.b, "one", nil)
		p.some(300)
		pass(time.Second)
		g := newGate(pipelinetest.Fetch)
		one.client.Fault(g.fault)
		put(p.b, "fast", 0, "ignored", 0, 0) // wakes the fetches, so that the next ones wait
		p.b.Expire("g", "one", time.Second)
		two := start(t, p.b, "two", nil)
		p.some(300)
		pass(500 * time.Millisecond)
		two.stop(t)
		pass(time.Second) // it has learned that its session is over
		g.release()
		p.some(300)
		pass(5 * time.Second)
		one.drain(t)
		p.n++ // the ignored one
		p.check(t)
		one.stop(t)
	})
}

func TestAnswersOfCommitsAreLostThenNothingIsDoubled(t *testing.T) {
	for _, lost := range []pipelinetest.Request{pipelinetest.Produce, pipelinetest.CommitOffsets, pipelinetest.EndTransaction, pipelinetest.InitProducer, pipelinetest.FetchOffsets} {
		t.Run(string(lost), func(t *testing.T) {
			inBothModes(t, func(t *testing.T) {
				p := newProduced(newBroker(), 7)
				one := start(t, p.b, "one", nil)
				pass(time.Second)
				var n atomic.Int64
				one.client.Fault(func(r pipelinetest.Request) (before, after error) {
					if r == lost && n.Add(1)%3 == 1 || r == pipelinetest.EndTransaction && lost != r && n.Add(1)%3 == 0 {
						return nil, pipeline.Transient("lost", errInjected)
					}
					return nil, nil
				})
				for range 10 {
					p.some(50)
					pass(300 * time.Millisecond)
				}
				one.client.Fault(nil)
				one.drain(t)
				p.check(t)
				if n.Load() == 0 {
					t.Error("no answer was lost")
				}
				one.stop(t)
			})
		})
	}
}

func TestAtLeastOnceLosesNothingThroughFaults(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 8)
		one := start(t, p.b, "one", func(c *runner.Config) { c.Delivery = runner.AtLeastOnce })
		pass(time.Second)
		one.client.Fault(randomFaults(8, 10))
		for range 20 {
			p.some(50)
			pass(300 * time.Millisecond)
		}
		one.client.Fault(nil)
		one.drain(t)
		p.checkNoneLost(t)
		one.stop(t)
	})
}

func TestUrgentRecordArrivesThenItIsCommittedAtOnceWithoutControlRecords(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := newBroker()
		run := start(t, b, "one", func(c *runner.Config) { c.CommitInterval = 10 * time.Second })
		pass(25 * time.Second)
		controls := func() (n int) {
			for _, r := range b.Read("mid") {
				if len(r.Headers) > 0 {
					n++
				}
			}
			return n
		}
		before := controls()
		put(b, "fast", 0, "urgent", 1100, 1)
		pass(10 * time.Millisecond)
		if n := len(b.Read("mid")) - before; n != 1 {
			t.Errorf("%d application records in mid 10 ms after an urgent one, want 1", n)
		}
		if controls() != before {
			t.Error("an urgent commit announced a watermark")
		}
		pass(12 * time.Second)
		if controls() == before {
			t.Error("the next ordinary commit announced nothing")
		}
		run.stop(t)
	})
}

func TestCommitTakesLongThenRecordsAreStillProcessedMeanwhile(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		b := newBroker()
		run := start(t, b, "one", func(c *runner.Config) { c.Workers = 1 })
		put(b, "fast", 0, "a", 1100, 1)
		run.quiet(t)
		g := newGate(pipelinetest.EndTransaction)
		run.client.Fault(g.fault)
		put(b, "fast", 0, "a", 1200, 1)
		pass(time.Second)
		put(b, "fast", 0, "a", 1300, 1)
		pass(time.Second)
		lag, err := run.runner.Lag(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := lag[pipeline.TopicPartition{Topic: "fast"}]; n != 0 {
			t.Errorf("lag of fast/0 while a commit hangs: got %d, want 0", n)
		}
		g.release()
		run.quiet(t)
		enginetest.SameSet(t, "out", enginetest.Values(b.Read("out")), []string{"a 1100 1 sum=1", "a 1200 1 sum=2", "a 1300 1 sum=3"})
		run.stop(t)
	})
}

// TestOutputsFillUpBeforeEveryCommitThenWatermarksAreStillAnnounced: commits for want of room come
// before the ordinary ones are due.
func TestOutputsFillUpBeforeEveryCommitThenWatermarksAreStillAnnounced(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := newProduced(newBroker(), 9)
		one := start(t, p.b, "one", func(c *runner.Config) { c.MaxPending = 1 })
		for range 20 {
			p.some(50)
			pass(50 * time.Millisecond)
		}
		pass(100 * time.Millisecond)
		if len(p.b.Read("windows")) == 0 {
			t.Error("no window has closed")
		}
		one.drain(t)
		p.check(t)
		one.stop(t)
	})
}
