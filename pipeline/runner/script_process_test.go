package runner_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// scripted is a process of a script, with what its requests wait for.
type scripted struct {
	*process
	hung []*hung
}

// hung holds up requests until it is opened: all of them where it names none.
type hung struct {
	request pipelinetest.Request
	open    chan struct{}
}

func (h *hung) fault(r pipelinetest.Request) (before, after error) {
	if h.request == "" || h.request == r {
		<-h.open
	}
	return nil, nil
}

func (s *script) start() string {
	name := s.name()
	s.processes[name] = &scripted{process: start(s.t, s.b, name, func(c *runner.Config) {
		c.Topology = s.topology()
		c.Workers = s.number("workers", 2)
		c.MaxPending = s.number("pending", 0)
		c.CommitInterval = s.duration("commit")
		if s.td.HasArg("checkpoint") {
			c.CheckpointInterval = s.duration("checkpoint")
		}
		c.Cluster.(*pipelinetest.Client).ChunkRecords = s.number("chunk", 0)
		if s.text("heap") == "watch" {
			c.Cluster = &watchedCluster{c.Cluster.(*pipelinetest.Client), s.measures}
		}
		s.owned.listen(name)(c)
		s.measures.listen(c)
	})}
	pass(time.Second)
	return ""
}

func (s *script) restore() string {
	s.measures.takeRestored()
	s.start()
	return cmp.Or(strings.Join(s.measures.takeRestored(), "\n"), "nothing")
}

func (s *script) hang() string {
	p := s.processes[s.name()]
	h := &hung{pipelinetest.Request(s.text("request")), make(chan struct{})}
	p.hung = append(p.hung, h)
	p.client.Fault(h.fault)
	return ""
}

func (s *script) refuse() string {
	refused := pipelinetest.Request(s.text("request"))
	s.processes[s.name()].client.Fault(func(r pipelinetest.Request) (before, after error) {
		if r == refused {
			return errInjected, nil
		}
		return nil, nil
	})
	return ""
}

func (s *script) resume() string {
	p := s.processes[s.name()]
	p.client.Fault(nil)
	for _, h := range p.hung {
		close(h.open)
	}
	p.hung = nil
	return ""
}

// learnsAfter is how long a zombie takes to hear of its session's end, unless a commit tells it before.
const learnsAfter = 20 * time.Second

func (s *script) zombie() string {
	s.hang()
	s.b.Expire("g", s.name(), cmp.Or(s.duration("learns"), learnsAfter))
	return ""
}

// upstream is the producer of somebody else's transaction.
type upstream struct {
	client   *pipelinetest.Client
	producer pipeline.Producer
}

func (s *script) openTransaction(name string) *upstream {
	if u := s.upstream[name]; u != nil {
		return u
	}
	u := &upstream{client: s.b.Client()}
	u.producer = u.client.NewProducer(pipeline.ProducerConfig{TransactionalID: name})
	s.must(u.producer.Init(s.t.Context()))
	s.upstream[name] = u
	return u
}

// put writes the record, and leaves its transaction open: the commit fails before its end.
func (u *upstream) put(t *testing.T, topic string, partition int32, value string) {
	t.Helper()
	u.client.Fault(func(r pipelinetest.Request) (before, after error) {
		if r == pipelinetest.CommitOffsets {
			return errInjected, nil
		}
		return nil, nil
	})
	defer u.client.Fault(nil)
	if err := u.producer.Append(&pipeline.OutRecord{Topic: topic, Partition: partition, Value: []byte(value)}); err != nil {
		t.Fatal(err)
	}
	if err := u.producer.Seal(nil).Commit(t.Context(), nil); err == nil {
		t.Fatal("the transaction was committed")
	}
}

// abort is what initialising the producer does to its open transaction.
func (u *upstream) abort(t *testing.T) {
	t.Helper()
	if err := u.producer.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// list is what an instance was assigned last, sorted.
func (o *owners) list(name string) []pipeline.TopicPartition {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.SortedFunc(slices.Values(o.of[name]), func(a, b pipeline.TopicPartition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
}

// measures are what a script can set bounds to.
type measures struct {
	mu          sync.Mutex
	restored    []string
	commits     int
	checkpoints int
	largest     int
	heap        int // the largest while it was watched
	ages        map[string][]time.Duration
}

func newMeasures() *measures { return &measures{ages: make(map[string][]time.Duration)} }

func (m *measures) listen(c *runner.Config) {
	c.Events.Restored = func(id pipeline.TaskID, r runner.Restored) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if r.Keys > 0 {
			m.restored = append(m.restored, fmt.Sprintf("%s/%d: %d keys", id.Source.Topic, id.Source.Partition, r.Keys))
		}
	}
	c.Events.Commit = func(i runner.CommitInfo) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.commits++
		m.largest = max(m.largest, i.Bytes)
		if i.Checkpoints > 0 {
			m.checkpoints++
		}
	}
}

// takeRestored lists the tasks with state that were restored since it was last asked.
func (m *measures) takeRestored() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.restored
	m.restored = nil
	slices.Sort(list)
	return list
}

func (m *measures) age(key string, age time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ages[key] = append(m.ages[key], age)
}

// expect compares a measure with its bounds. It tells the figure only where that lies outside: most
// figures differ a little from run to run.
//
//	exactly-once  every record of "load" has come out once, and all offsets and windows say so
//	commits       how many there were
//	checkpoints   commits with a checkpoint
//	largest       bytes of the largest commit
//	outputs       records in topic of=
//	seen          records with key of= that were worked on
//	oldest        milliseconds that the oldest of those was under way
//	heap          KiB that were on the heap while it was watched, above what is on it now
func (s *script) expect() string {
	what := s.td.CmdArgs[0].Key
	if what == "exactly-once" {
		s.produced.check(s.t)
		return fmt.Sprintf("%d records, each once", s.produced.n)
	}
	got := s.measure(what, s.text("of"))
	if least := s.number("least", got); got < least {
		return fmt.Sprintf("%d, want at least %d", got, least)
	}
	if most := s.number("most", got); got > most {
		return fmt.Sprintf("%d, want at most %d", got, most)
	}
	return "yes"
}

func (s *script) measure(what, of string) int {
	m := s.measures
	m.mu.Lock()
	defer m.mu.Unlock()
	switch what {
	case "commits":
		return m.commits
	case "checkpoints":
		return m.checkpoints
	case "largest":
		return m.largest
	case "outputs":
		return len(s.b.Read(of))
	case "seen":
		return len(m.ages[of])
	case "oldest":
		return int(slices.Max(append(m.ages[of], 0)).Milliseconds())
	case "heap":
		return (m.heap - liveHeap()) / 1024
	}
	s.td.Fatalf(s.t, "no such measure")
	return 0
}
