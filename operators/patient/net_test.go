package patient

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// net runs roles task by task under a scheduler that the test controls: every task may be behind
// every other, each ingest task has its own identity table (as in a process of its own), and any task
// may die. pipelinetest.Driver keeps all tasks in step, which would hide what moves are about.
type net struct {
	tb       testing.TB
	topology *pipeline.Topology
	parts    map[string]int32
	logs     map[pipeline.TopicPartition][]pipeline.Record
	tasks    []*netTask
	now      pipeline.Time
}

type netTask struct {
	role      *pipeline.Role
	source    pipeline.TopicPartition
	task      *pipeline.Task
	table     *pipeline.LiveTable
	tableNext int
	out       netOut
	committed pipeline.OffsetCommit
}

type netOut struct{ records []pipeline.OutRecord }

func (o *netOut) Append(r *pipeline.OutRecord) error {
	c := *r
	c.Key, c.Value, c.Headers = slices.Clone(r.Key), slices.Clone(r.Value), slices.Clone(r.Headers)
	if r.Value != nil && c.Value == nil {
		c.Value = []byte{}
	}
	o.records = append(o.records, c)
	return nil
}

func newNet(tb testing.TB, topology *pipeline.Topology, parts map[string]int32) *net {
	tb.Helper()
	n := &net{tb: tb, topology: topology, parts: parts, logs: map[pipeline.TopicPartition][]pipeline.Record{}, now: testStart}
	if err := topology.Validate(); err != nil {
		tb.Fatal(err)
	}
	for i := range topology.Roles {
		role := &topology.Roles[i]
		for _, s := range role.Sources {
			for p := range n.partitions(s.Topic) {
				tp := pipeline.TopicPartition{Topic: s.Topic, Partition: p}
				t := &netTask{role: role, source: tp, committed: pipeline.OffsetCommit{TopicPartition: tp}}
				n.tasks = append(n.tasks, t)
				n.restore(t)
			}
		}
	}
	return n
}

func (n *net) partitions(topic string) int32 {
	if p := n.parts[topic]; p > 0 {
		return p
	}
	return 1
}

func (n *net) restore(t *netTask) {
	n.tb.Helper()
	t.out.records, t.table, t.tableNext = nil, nil, 0
	env := pipeline.Environment{
		Partitions: func(topic string) (int32, error) { return n.partitions(topic), nil },
		TopicID:    func(string) [16]byte { return [16]byte{7} },
		Table:      func(string) *pipeline.LiveTable { return t.table },
	}
	if len(t.role.Tables) > 0 {
		t.table = pipeline.NewLiveTable(t.role.Tables[0])
	}
	task, err := pipeline.NewTask(n.topology, t.role, t.source, env, &t.out)
	if err != nil {
		n.tb.Fatal(err)
	}
	t.task = task
	if t.role.Changelog != "" {
		for _, r := range n.logs[pipeline.TopicPartition{Topic: t.role.Changelog, Partition: t.source.Partition}] {
			if err := task.Restore(&r); err != nil {
				n.tb.Fatal(err)
			}
		}
	}
	if err := task.Resume(t.committed); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *net) write(r *pipeline.OutRecord) {
	tp := pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}
	n.logs[tp] = append(n.logs[tp], pipeline.Record{Topic: r.Topic, Partition: r.Partition, Offset: int64(len(n.logs[tp])),
		Timestamp: int64(n.now), Key: r.Key, Value: r.Value, Headers: r.Headers})
}

func (n *net) produce(topic string, partition int32, key, value []byte, h ...pipeline.Header) {
	n.write(&pipeline.OutRecord{Topic: topic, Partition: partition, Key: key, Value: value, Headers: h})
}

// poison is what happens to a fetch buffer once a call has returned.
func poison(r *pipeline.Record) {
	for _, b := range [][]byte{r.Key, r.Value} {
		for i := range b {
			b[i] = 0xA5
		}
	}
}

// step gives a task its next record; false if there is none.
func (n *net) step(t *netTask) bool {
	n.tb.Helper()
	log := n.logs[t.source]
	at := t.task.Position()
	if at >= int64(len(log)) {
		return false
	}
	r := log[at]
	r.Key, r.Value = slices.Clone(r.Key), slices.Clone(r.Value)
	if err := t.task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Now: n.now, Record: &r}); err != nil {
		n.tb.Fatalf("%v offset %d: %v", t.source, at, err)
	}
	poison(&r)
	return true
}

// learn gives a task's table its next record; false if there is none.
func (n *net) learn(t *netTask) bool {
	n.tb.Helper()
	if t.table == nil {
		return false
	}
	log := n.logs[pipeline.TopicPartition{Topic: t.table.Topic}]
	if t.tableNext >= len(log) {
		return false
	}
	if err := t.table.Apply(&log[t.tableNext]); err != nil || t.table.Invalid() > 0 {
		n.tb.Fatalf("identity table: %v, %d invalid", err, t.table.Invalid())
	}
	t.tableNext++
	t.table.Advance(1)
	return true
}

// commit makes a task's outputs visible; false if there was nothing to commit.
func (n *net) commit(t *netTask) bool {
	n.tb.Helper()
	if !t.task.Touched() && !t.task.Announces() {
		return false
	}
	if err := t.task.Step(&pipeline.Input{Kind: pipeline.InputCommit, Now: n.now}); err != nil {
		n.tb.Fatal(err)
	}
	if m, ok := t.task.Mark(n.partitions(t.source.Topic)); ok {
		to := t.role.WatermarksTo
		if err := pipeline.AppendControlRecords(&t.out, to, n.partitions(to), n.now, pipeline.AppendControl(nil, []pipeline.SourceMark{m})); err != nil {
			n.tb.Fatal(err)
		}
	}
	for i := range t.out.records {
		n.write(&t.out.records[i])
	}
	t.out.records = nil
	t.committed = t.task.Offset()
	t.task.Sealed()
	return true
}

// quiet runs everything until nothing is left to do.
func (n *net) quiet() {
	n.tb.Helper()
	for busy := true; busy; {
		busy = false
		for _, t := range n.tasks {
			for n.learn(t) {
				busy = true
			}
			for n.step(t) {
				busy = true
			}
			busy = n.commit(t) || busy
		}
	}
}

// shake does one thing that may happen next, drawn from rnd.
func (n *net) shake(rnd *rand.Rand) {
	n.tb.Helper()
	t := n.tasks[rnd.IntN(len(n.tasks))]
	switch k := rnd.IntN(100); {
	case k < 45:
		n.step(t)
	case k < 75:
		n.commit(t)
	case k < 94:
		n.learn(t)
	default:
		n.restore(t)
	}
}

// end forces the watermark of all sources far ahead.
func (n *net) end(margin schemas.Millis) {
	n.tb.Helper()
	n.quiet()
	newest := pipeline.MinTime
	for _, t := range n.tasks {
		newest = max(newest, t.task.Newest())
	}
	for _, t := range n.tasks {
		if err := t.task.Step(&pipeline.Input{Kind: pipeline.InputEnd, Now: n.now, Forced: newest + pipeline.Time(margin)}); err != nil {
			n.tb.Fatal(err)
		}
	}
	n.quiet()
}

// all returns the application records of a topic, partition by partition.
func (n *net) all(topic string) (records []pipeline.Record) {
	for p := range n.partitions(topic) {
		for _, r := range n.logs[pipeline.TopicPartition{Topic: topic, Partition: p}] {
			if len(r.Headers) == 0 || r.Headers[0].Key != pipeline.WatermarkHeader {
				records = append(records, r)
			}
		}
	}
	return records
}
