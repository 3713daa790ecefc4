package pipelinetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

func compareTP(a, b pipeline.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// Options of a Driver. The zero value is usable.
type Options struct {
	Partitions map[string]int32 // of topics; 1 where a topic is not named
	Start      time.Time        // of the clock [2026-01-05 08:00 UTC]
	Tick       time.Duration    // between ticks of Advance [100 ms]
	TopicID    func(topic string) [16]byte
	// Rand, if not nil, draws the order of tasks and how many records each takes at a time. What is
	// committed must not depend on it where nothing is late.
	Rand *rand.Rand
}

// Driver runs a topology synchronously: Produce puts records into topics, Process lets the tasks
// take them, Commit makes their outputs visible, and so the input of the next hop, Advance moves the
// clock. Any error of the engine fails the test.
type Driver struct {
	tb       testing.TB
	topology *pipeline.Topology
	options  Options
	broker   *Broker
	now      time.Time
	tasks    []*drivenTask
	tables   []*drivenTable
	read     map[pipeline.TopicPartition]int64
	failures []Failure
}

// Failure is a record that its processor could not use.
type Failure struct {
	Source pipeline.TopicPartition
	Offset int64
	Reason string
}

// drivenTask is a task, what it has emitted since its last commit, and its committed offset.
type drivenTask struct {
	role      *pipeline.Role
	source    pipeline.TopicPartition
	of        int32
	task      *pipeline.Task
	pending   pending
	committed pipeline.OffsetCommit
}

type drivenTable struct {
	live *pipeline.LiveTable
	next []int64
}

// pending collects what a task emits.
type pending struct{ records []pipeline.OutRecord }

func (p *pending) Append(r *pipeline.OutRecord) error {
	c := *r
	c.Key, c.Value, c.Headers = clone(r.Key), clone(r.Value), nil
	for _, h := range r.Headers {
		c.Headers = append(c.Headers, pipeline.Header{Key: h.Key, Value: clone(h.Value)})
	}
	p.records = append(p.records, c)
	return nil
}

// New builds every task of the topology, on empty topics.
func New(tb testing.TB, topology *pipeline.Topology, o Options) *Driver {
	tb.Helper()
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	}
	if o.Tick == 0 {
		o.Tick = 100 * time.Millisecond
	}
	d := &Driver{tb: tb, topology: topology, options: o, broker: NewBroker(), now: o.Start, read: make(map[pipeline.TopicPartition]int64)}
	if err := topology.Validate(); err != nil {
		tb.Fatalf("topology: %v", err)
	}
	for i := range topology.Roles {
		d.addRole(&topology.Roles[i])
	}
	for _, t := range d.tasks {
		d.restore(t)
	}
	return d
}

func (d *Driver) addRole(role *pipeline.Role) {
	for _, s := range role.Tables {
		if d.table(s.Topic) == nil {
			n := d.partitions(s.Topic)
			d.tables = append(d.tables, &drivenTable{pipeline.NewLiveTable(s), make([]int64, n)})
		}
	}
	for _, s := range role.Sources {
		n := d.partitions(s.Topic)
		if role.Changelog != "" {
			d.broker.CreateTopic(role.Changelog, n)
		}
		for p := range n {
			source := pipeline.TopicPartition{Topic: s.Topic, Partition: p}
			d.tasks = append(d.tasks, &drivenTask{role: role, source: source, of: n, committed: pipeline.OffsetCommit{TopicPartition: source}})
		}
	}
	for _, topic := range role.Broadcasts {
		d.partitions(topic)
	}
}

// partitions is how many a topic has; it is created on first use.
func (d *Driver) partitions(topic string) int32 {
	if t := d.broker.topics[topic]; t != nil {
		return int32(len(t.partitions))
	}
	n := cmp.Or(d.options.Partitions[topic], 1)
	d.broker.CreateTopic(topic, n)
	return n
}

func (d *Driver) table(topic string) *pipeline.LiveTable {
	for _, t := range d.tables {
		if t.live.Topic == topic {
			return t.live
		}
	}
	return nil
}

// Now is the driver's clock.
func (d *Driver) Now() time.Time { return d.now }

// Failures lists the records that processors could not use.
func (d *Driver) Failures() []Failure { return d.failures }

// Task returns the task of a source partition.
func (d *Driver) Task(topic string, partition int32) *pipeline.Task {
	d.tb.Helper()
	return d.driven(topic, partition).task
}

func (d *Driver) driven(topic string, partition int32) *drivenTask {
	d.tb.Helper()
	i := slices.IndexFunc(d.tasks, func(t *drivenTask) bool {
		return t.source == pipeline.TopicPartition{Topic: topic, Partition: partition}
	})
	if i < 0 {
		d.tb.Fatalf("no task reads %s/%d", topic, partition)
	}
	return d.tasks[i]
}

// Produce puts a record into the partition of topic that its key belongs to, with the clock's time.
func (d *Driver) Produce(topic string, key, value []byte, headers ...pipeline.Header) {
	d.ProduceTo(topic, pipeline.Partition(key, d.partitions(topic)), key, value, headers...)
}

// ProduceTo puts a record into a partition of topic.
func (d *Driver) ProduceTo(topic string, partition int32, key, value []byte, headers ...pipeline.Header) {
	d.partitions(topic)
	d.write(&pipeline.OutRecord{Topic: topic, Partition: partition, Timestamp: d.now.UnixMilli(), Key: key, Value: value, Headers: headers})
}

func (d *Driver) write(r *pipeline.OutRecord) {
	d.partitions(r.Topic)
	tp := pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}
	d.broker.append(tp, d.broker.partition(tp), r, nil)
}

// Process lets every task take all that is in its topics. Nothing is committed.
func (d *Driver) Process() {
	d.tb.Helper()
	d.applyTables()
	for _, t := range d.tasks {
		d.broadcast(t)
	}
	for d.processSome() {
	}
}

func (d *Driver) processSome() bool {
	some := false
	for _, i := range d.order() {
		t := d.tasks[i]
		log := d.broker.partition(t.source).entries
		n := len(log)
		if d.options.Rand != nil {
			n = 1 + d.options.Rand.IntN(5)
		}
		for ; n > 0 && t.task.Position() < int64(len(log)); n-- {
			d.step(t, &pipeline.Input{Kind: pipeline.InputRecord, Record: d.at(t.source, t.task.Position())})
			some = true
		}
	}
	return some
}

func (d *Driver) order() []int {
	if d.options.Rand != nil {
		return d.options.Rand.Perm(len(d.tasks))
	}
	order := make([]int, len(d.tasks))
	for i := range order {
		order[i] = i
	}
	return order
}

// at returns a copy of the record at an offset, so that a handler that keeps or writes its bytes
// does not reach the log.
func (d *Driver) at(tp pipeline.TopicPartition, offset int64) *pipeline.Record {
	c := &chunk{}
	r := new(pipeline.Record)
	c.load(r, &d.broker.partition(tp).entries[offset].record)
	return r
}

func (d *Driver) step(t *drivenTask, in *pipeline.Input) {
	d.tb.Helper()
	in.Now = pipeline.Time(d.now.UnixMilli())
	if err := t.task.Step(in); err != nil {
		d.tb.Fatalf("step: %v", err)
	}
}

func (d *Driver) applyTables() {
	d.tb.Helper()
	for _, t := range d.tables {
		for p := range t.next {
			tp := pipeline.TopicPartition{Topic: t.live.Topic, Partition: int32(p)}
			for t.next[p] < int64(len(d.broker.partition(tp).entries)) {
				if err := t.live.Apply(d.at(tp, t.next[p])); err != nil {
					d.tb.Fatalf("%v", err)
				}
				t.next[p]++
				t.live.Advance(1)
			}
		}
	}
}

// broadcast gives a task all that is in its broadcast topics; the task passes over what it has had.
func (d *Driver) broadcast(t *drivenTask) {
	d.tb.Helper()
	for _, topic := range t.role.Broadcasts {
		for p := range d.partitions(topic) {
			tp := pipeline.TopicPartition{Topic: topic, Partition: p}
			for o := range d.broker.partition(tp).entries {
				d.step(t, &pipeline.Input{Kind: pipeline.InputBroadcast, Record: d.at(tp, int64(o))})
			}
		}
	}
}

// Commit processes and commits until nothing is left to do on any hop.
func (d *Driver) Commit() {
	d.tb.Helper()
	for range 1000 {
		d.Process()
		if !d.commitAll() {
			return
		}
	}
	d.tb.Fatalf("not quiet after 1000 commits: the topology feeds itself")
}

func (d *Driver) commitAll() bool {
	some := false
	for _, i := range d.order() {
		if t := d.tasks[i]; t.task.Touched() || t.task.Announces() {
			d.commit(t)
			some = true
		}
	}
	return some
}

// commit makes what a task has done visible: outputs, changelog, its watermark downstream, offset.
func (d *Driver) commit(t *drivenTask) {
	d.tb.Helper()
	d.step(t, &pipeline.Input{Kind: pipeline.InputCommit})
	if m, ok := t.task.Mark(t.of); ok {
		marks := pipeline.AppendControl(nil, []pipeline.SourceMark{m})
		to := t.role.WatermarksTo
		if err := pipeline.AppendControlRecords(&t.pending, to, d.partitions(to), pipeline.Time(d.now.UnixMilli()), marks); err != nil {
			d.tb.Fatalf("%v", err)
		}
	}
	for i := range t.pending.records {
		d.write(&t.pending.records[i])
	}
	t.pending.records = nil
	t.committed = t.task.Offset()
	t.task.Sealed()
}

// Advance moves the clock on by steps of a tick, each of them ticked to every task and committed.
func (d *Driver) Advance(by time.Duration) {
	d.tb.Helper()
	for end := d.now.Add(by); d.now.Before(end); {
		d.now = d.now.Add(min(d.options.Tick, end.Sub(d.now)))
		d.Process()
		for _, i := range d.order() {
			d.step(d.tasks[i], &pipeline.Input{Kind: pipeline.InputTick, CaughtUp: pipeline.Time(d.now.UnixMilli())})
		}
		d.Commit()
	}
}

// EndInput forces the watermark of every source to the newest event time seen plus margin, and
// commits all that follows.
func (d *Driver) EndInput(margin time.Duration) {
	d.tb.Helper()
	d.Commit()
	newest := pipeline.MinTime
	for _, t := range d.tasks {
		newest = max(newest, t.task.Newest())
	}
	if newest == pipeline.MinTime {
		return
	}
	for _, t := range d.tasks {
		d.step(t, &pipeline.Input{Kind: pipeline.InputEnd, Forced: newest + pipeline.Time(margin.Milliseconds())})
	}
	d.Commit()
}

// Kill throws away a task with all that it has not committed, and restores it from its changelog and
// committed offset.
func (d *Driver) Kill(topic string, partition int32) {
	d.tb.Helper()
	d.restore(d.driven(topic, partition))
}

// KillAll does that to every task, as the death of the process does.
func (d *Driver) KillAll() {
	d.tb.Helper()
	for i, t := range d.tables {
		for j := range d.topology.Roles {
			for _, s := range d.topology.Roles[j].Tables {
				if s.Topic == t.live.Topic {
					d.tables[i] = &drivenTable{pipeline.NewLiveTable(s), make([]int64, len(t.next))}
				}
			}
		}
	}
	for _, t := range d.tasks {
		d.restore(t)
	}
}

func (d *Driver) restore(t *drivenTask) {
	d.tb.Helper()
	d.applyTables()
	t.pending.records = nil
	task, err := pipeline.NewTask(d.topology, t.role, t.source, d.environment(), &t.pending)
	if err != nil {
		d.tb.Fatalf("%v", err)
	}
	t.task = task
	if t.role.Changelog != "" {
		tp := pipeline.TopicPartition{Topic: t.role.Changelog, Partition: t.source.Partition}
		for o := range d.broker.partition(tp).entries {
			if err := task.Restore(d.at(tp, int64(o))); err != nil {
				d.tb.Fatalf("restore: %v", err)
			}
		}
	}
	if err := task.Resume(t.committed); err != nil {
		d.tb.Fatalf("restore: %v", err)
	}
	d.broadcast(t)
}

func (d *Driver) environment() pipeline.Environment {
	return pipeline.Environment{
		Partitions: func(topic string) (int32, error) { return d.partitions(topic), nil },
		TopicID:    d.options.TopicID,
		Table:      d.table,
		Failed: func(source pipeline.TopicPartition, offset int64, reason string) {
			d.failures = append(d.failures, Failure{source, offset, reason})
		},
	}
}

// Read returns the application records that were committed to topic since it was last read,
// partition by partition.
func (d *Driver) Read(topic string) []pipeline.Record {
	var out []pipeline.Record
	for p := range d.partitions(topic) {
		tp := pipeline.TopicPartition{Topic: topic, Partition: p}
		entries := d.broker.partition(tp).entries
		for i := d.read[tp]; i < int64(len(entries)); i++ {
			if r := entries[i].record; !isControl(&r) {
				out = append(out, r)
			}
		}
		d.read[tp] = int64(len(entries))
	}
	return out
}

// ReadAll returns every application record of topic, read before or not.
func (d *Driver) ReadAll(topic string) []pipeline.Record {
	var out []pipeline.Record
	d.partitions(topic)
	for _, r := range d.broker.Read(topic) {
		if !isControl(&r) {
			out = append(out, r)
		}
	}
	return out
}

func isControl(r *pipeline.Record) bool {
	return len(r.Headers) > 0 && r.Headers[0].Key == pipeline.WatermarkHeader
}

// String tells where the tasks are, for messages of failed tests.
func (d *Driver) String() string {
	s := d.now.UTC().Format(time.RFC3339Nano)
	for _, t := range d.tasks {
		s += fmt.Sprintf("\n%v at %d, epoch %d", t.task.ID(), t.task.Position(), t.task.Epoch())
	}
	return s
}
