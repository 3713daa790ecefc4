package runner_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// slowBroker takes its time over each commit, in virtual time.
type slowBroker struct {
	*pipelinetest.Client
	bytesPerMilli int
}

func (b slowBroker) NewProducer(c pipeline.ProducerConfig) pipeline.Producer {
	return &slowProducer{b.Client.NewProducer(c), b.bytesPerMilli}
}

type slowProducer struct {
	pipeline.Producer
	bytesPerMilli int
}

func (p *slowProducer) Seal(offsets []pipeline.OffsetCommit) pipeline.Transaction {
	takes := time.Duration(p.Pending()/p.bytesPerMilli) * time.Millisecond
	return &slowTransaction{p.Producer.Seal(offsets), takes}
}

type slowTransaction struct {
	pipeline.Transaction
	takes time.Duration
}

func (t *slowTransaction) Commit(ctx context.Context, g pipeline.Generation) error {
	<-time.After(t.takes)
	return t.Transaction.Commit(ctx, g)
}

// A worker that is faster than its broker collects what the broker takes half of the commit interval for:
// more would keep a call waiting for longer, and be committed no sooner.
func TestBrokerIsSlowerThanTheWorkerThenCommitsStayShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const records, size = 6000, 10 << 10
		b := pipelinetest.NewBroker()
		for _, topic := range []string{"in", "out", "log"} {
			b.CreateTopic(topic, 1)
		}
		for range records {
			b.Produce(pipeline.TopicPartition{Topic: "in"}, nil, make([]byte, size))
		}
		var mu sync.Mutex
		var took []time.Duration
		one := start(t, b, "one", func(c *runner.Config) {
			c.Workers, c.Topology = 1, moodyTopology(false)
			c.Cluster = slowBroker{c.Cluster.(*pipelinetest.Client), 100_000} // 100 MB a second: 5 MB in 50 ms
			c.Events.Commit = func(i runner.CommitInfo) {
				mu.Lock()
				defer mu.Unlock()
				took = append(took, i.Took)
			}
		})
		pass(10 * time.Second)
		one.stop(t)
		mu.Lock()
		defer mu.Unlock()
		var longest, sum time.Duration
		for _, d := range took {
			longest, sum = max(longest, d), sum+d
		}
		if longest > 60*time.Millisecond {
			t.Errorf("a commit took %v, want about half of the interval of 100 ms", longest)
		}
		if sum < 600*time.Millisecond || len(took) > 40 {
			t.Errorf("%d commits took %v together, want all of the output committed, and not in crumbs", len(took), sum)
		}
	})
}
