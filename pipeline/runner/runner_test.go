package runner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// process is a Runner with its connection, as a process would be.
type process struct {
	client *pipelinetest.Client
	runner *runner.Runner
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// checkpointInterval is that of every process that start begins.
var checkpointInterval time.Duration

// inBothModes runs a test with a checkpoint in each commit, and with order records between checkpoints.
func inBothModes(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	defer func() { checkpointInterval = 0 }()
	for _, checkpointInterval = range []time.Duration{0, 2 * time.Second} {
		t.Run(fmt.Sprintf("checkpoints=%v", checkpointInterval), func(t *testing.T) { synctest.Test(t, test) })
	}
}

func newBroker() *pipelinetest.Broker {
	b := pipelinetest.NewBroker()
	for topic, n := range enginetest.Partitions {
		b.CreateTopic(topic, n)
	}
	return b
}

func start(t *testing.T, b *pipelinetest.Broker, instance string, change func(*runner.Config)) *process {
	t.Helper()
	p := &process{client: b.Client(), done: make(chan struct{})}
	cfg := runner.Config{Topology: enginetest.TwoHops(), Cluster: p.client, Group: "g", Instance: instance, Workers: 2, EndMargin: time.Second,
		CheckpointInterval: checkpointInterval, Build: 1}
	if change != nil {
		change(&cfg)
	}
	r, err := runner.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.runner = r
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	go func() {
		defer close(p.done)
		p.err = r.Run(ctx)
	}()
	return p
}

// stop ends the process cleanly.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	<-p.done
	if p.err != nil {
		t.Errorf("run: %v", p.err)
	}
}

// drain processes everything to its end, within ten minutes of virtual time.
func (p *process) drain(t *testing.T) {
	t.Helper()
	p.wait(t, func(ctx context.Context) error { return enginetest.Drain(ctx, p.runner) })
}

// quiet does so without ending the input.
func (p *process) quiet(t *testing.T) {
	t.Helper()
	p.wait(t, p.runner.Quiet)
}

func (p *process) wait(t *testing.T, until func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := until(ctx); err != nil {
		t.Fatalf("%v; run: %v", err, p.err)
	}
}

// kill ends it as a crash does.
func (p *process) kill() {
	p.client.Kill()
	p.cancel()
	<-p.done
}

// produced counts what a test has put into the source topics, per key.
type produced struct {
	b    *pipelinetest.Broker
	rand *rand.Rand
	n    int
	sums map[string]int
}

func (p *produced) some(n int) {
	for range n {
		p.n++
		key := fmt.Sprintf("key-%d", p.rand.IntN(20))
		topic := []string{"fast", "slow"}[p.rand.IntN(2)]
		tp := pipeline.TopicPartition{Topic: topic, Partition: p.rand.Int32N(2)}
		p.b.Produce(tp, []byte(key), fmt.Appendf(nil, "%s %d %d", key, 1_000_000+p.n*10, p.n))
		p.sums[key] += p.n
	}
}

// checkNoneLost demands that every record came out, and says how often.
func (p *produced) checkNoneLost(t *testing.T) map[int]int {
	t.Helper()
	times := make(map[int]int)
	for _, r := range p.b.Read("out") {
		var key string
		var at, n, sum int
		if _, err := fmt.Sscanf(string(r.Value), "%s %d %d sum=%d", &key, &at, &n, &sum); err != nil {
			t.Fatalf("out: %q: %v", r.Value, err)
		}
		times[n]++
	}
	if len(times) != p.n {
		t.Errorf("out: %d of the %d records produced", len(times), p.n)
	}
	return times
}

// check compares what came out with what went in: every record once, and every offset committed.
func (p *produced) check(t *testing.T) {
	t.Helper()
	for _, topic := range []string{"fast", "slow", "mid"} {
		for i := range int32(2) {
			tp := pipeline.TopicPartition{Topic: topic, Partition: i}
			ends, err := p.b.Client().EndOffsets(t.Context(), []pipeline.TopicPartition{tp})
			if c, _ := p.b.Offset("g", tp); err != nil || c.Offset != ends[tp] {
				t.Errorf("%s/%d: committed %d, end %d, %v", topic, i, c.Offset, ends[tp], err)
			}
		}
	}
	for n, times := range p.checkNoneLost(t) {
		if times > 1 {
			t.Errorf("record %d came out %d times", n, times)
		}
	}
	panes := make(map[string]int)
	for _, r := range append(p.b.Read("windows"), p.b.Read("late")...) {
		var n, at int
		var key string
		if i := indexOf(string(r.Value), "@"); i >= 0 {
			key = string(r.Value[:i])
			if _, err := fmt.Sscanf(string(r.Value[i:]), "@%d n=%d", &at, &n); err != nil {
				t.Fatalf("windows: %q: %v", r.Value, err)
			}
		} else if _, err := fmt.Sscanf(string(r.Value), "%s %d %d", &key, &at, &n); err != nil {
			t.Fatalf("late: %q: %v", r.Value, err)
		}
		panes[key] += n
	}
	for key, sum := range p.sums {
		if panes[key] != sum {
			t.Errorf("%s: windows and late hold %d, produced %d", key, panes[key], sum)
		}
	}
}

func indexOf(s, sep string) int {
	for i := range s {
		if s[i:i+1] == sep {
			return i
		}
	}
	return -1
}

func TestRunProcessesEverythingThenDrains(t *testing.T) {
	inBothModes(t, func(t *testing.T) {
		p := &produced{b: newBroker(), rand: rand.New(rand.NewPCG(1, 1)), sums: make(map[string]int)}
		p.some(1000)
		run := start(t, p.b, "one", nil)
		p.some(1000)
		run.drain(t)
		p.check(t)
		run.stop(t)
	})
}
