package pipelinetest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
)

var (
	in  = pipeline.TopicPartition{Topic: "in"}
	out = pipeline.TopicPartition{Topic: "out"}
)

func testBroker() *Broker {
	b := NewBroker()
	b.CreateTopic("in", 2)
	b.CreateTopic("out", 1)
	return b
}

// joined is a client with a generation and an initialised producer.
func joined(t *testing.T, b *Broker, instance string) (*Client, pipeline.Generation, pipeline.Producer) {
	t.Helper()
	c := b.Client()
	g, err := c.NewGroup(t.Context(), pipeline.GroupConfig{GroupID: "g", Instance: instance, Topics: []string{"in"}})
	if err != nil {
		t.Fatal(err)
	}
	gen, err := g.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := c.NewProducer(pipeline.ProducerConfig{TransactionalID: instance})
	if err := p.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c, gen, p
}

func commit(t *testing.T, p pipeline.Producer, g pipeline.Generation, value string, offset int64) error {
	t.Helper()
	if err := p.Append(&pipeline.OutRecord{Topic: "out", Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
	return p.Seal([]pipeline.OffsetCommit{{TopicPartition: in, Offset: offset}}).Commit(t.Context(), g)
}

func visible(b *Broker) string {
	s := ""
	for _, r := range b.Read("out") {
		s += string(r.Value)
	}
	return s
}

func TestTransactionIsOpenThenNobodySeesItAndOffsetsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testBroker()
		c, gen, p := joined(t, b, "one")
		lost := errors.New("lost")
		c.Fault(func(r Request) (before, after error) {
			if r == CommitOffsets {
				return nil, lost
			}
			return nil, nil
		})
		if err := commit(t, p, gen, "a", 1); !errors.Is(err, lost) {
			t.Fatalf("commit: %v", err)
		}
		b.Produce(out, nil, []byte("b"))
		if got := visible(b); got != "" {
			t.Errorf("visible beyond an open transaction: %q", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Client().Committed(ctx, "g", []pipeline.TopicPartition{in}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("committed offsets while one is pending: %v", err)
		}
		<-time.After(10 * time.Second) // the transaction times out
		if got := visible(b); got != "b" {
			t.Errorf("visible after the time-out: %q", got)
		}
		c.Fault(nil)
		if err := commit(t, p, gen, "c", 1); pipeline.KindOf(err) != pipeline.KindFenced {
			t.Errorf("commit after the time-out: %v", err)
		}
	})
}

func TestProducerIsInitialisedAnewThenTheOldOneIsFenced(t *testing.T) {
	b := testBroker()
	_, gen, old := joined(t, b, "one")
	p := b.Client().NewProducer(pipeline.ProducerConfig{TransactionalID: "one"})
	if err := p.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := commit(t, old, gen, "a", 1); pipeline.KindOf(err) != pipeline.KindFenced {
		t.Errorf("old: %v", err)
	}
	if err := commit(t, p, gen, "b", 1); err != nil {
		t.Errorf("new: %v", err)
	}
	if got := visible(b); got != "b" {
		t.Errorf("visible: %q", got)
	}
}

func TestSessionExpiresThenCommitsOfTheGenerationAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testBroker()
		c, gen, p := joined(t, b, "one")
		b.Expire("g", "one", time.Second)
		if err := commit(t, p, gen, "a", 1); pipeline.KindOf(err) != pipeline.KindFenced {
			t.Errorf("commit: %v", err)
		}
		<-gen.Done()
		got, err := c.Committed(t.Context(), "g", nil)
		if err != nil || len(got) != 0 {
			t.Errorf("committed: %v, %v", got, err)
		}
	})
}

func TestSessionExpiresWhileTheMemberWaitsThenItJoinsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testBroker()
		_, held, _ := joined(t, b, "one")
		two, err := b.Client().NewGroup(t.Context(), pipeline.GroupConfig{GroupID: "g", Instance: "two", Topics: []string{"in"}})
		if err != nil {
			t.Fatal(err)
		}
		began := make(chan pipeline.Generation, 1)
		go func() {
			gen, _ := two.Next(t.Context())
			began <- gen
		}()
		synctest.Wait() // two waits for one, which holds on to its generation
		b.Expire("g", "two", 0)
		synctest.Wait()
		b.Expire("g", "one", 0)
		held.End()
		synctest.Wait()
		select {
		case gen := <-began:
			if gen == nil || len(gen.Assigned()) != 2 {
				t.Errorf("two has %v, want both partitions", gen)
			}
		default:
			t.Fatal("two waits for ever")
		}
	})
}

func TestMembersComeAndGoThenPartitionsAreSpreadAndSticky(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testBroker()
		_, first, _ := joined(t, b, "one")
		if len(first.Assigned()) != 2 {
			t.Fatalf("alone: %v", first.Assigned())
		}
		done := make(chan pipeline.Generation)
		go func() {
			_, gen, _ := joined(t, b, "two")
			done <- gen
		}()
		<-first.Done()
		first.End()
		next, err := first.(*generation).member.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second := <-done
		if len(next.Assigned()) != 1 || len(second.Assigned()) != 1 || next.Assigned()[0] != in {
			t.Errorf("two members: %v and %v", next.Assigned(), second.Assigned())
		}
	})
}

func TestKilledClientThenItsGroupGoesOnWithoutIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testBroker()
		c, _, _ := joined(t, b, "one")
		c.Kill()
		two, err := b.Client().NewGroup(t.Context(), pipeline.GroupConfig{GroupID: "g", Instance: "two", Topics: []string{"in"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := two.Next(ctx); err != nil {
			t.Errorf("next generation: %v", err)
		}
	})
}

func TestKilledClientThenNothingOfItHappens(t *testing.T) {
	b := testBroker()
	c, gen, p := joined(t, b, "one")
	c.Kill()
	if err := commit(t, p, gen, "a", 1); !errors.Is(err, ErrKilled) {
		t.Errorf("commit: %v", err)
	}
	if _, err := c.NewFetcher(pipeline.FetcherConfig{}).Poll(t.Context()); !errors.Is(err, ErrKilled) {
		t.Errorf("poll: %v", err)
	}
	if end, err := b.Client().EndOffsets(t.Context(), []pipeline.TopicPartition{out}); err != nil || end[out] != 0 {
		t.Errorf("out ends at %d, %v", end[out], err)
	}
}
