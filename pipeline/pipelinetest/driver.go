package pipelinetest

import (
	"cmp"
	"crypto/sha256"
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
	// Of topics; 1 where a topic is not named.
	Partitions map[string]int32
	// Of the clock [2026-01-05 08:00 UTC].
	Start time.Time
	// Between ticks of Advance [100 ms].
	Tick    time.Duration
	TopicID func(topic string) [16]byte
	// Copy gives tasks their copies of changelogs, as (*state.Pebble).Copy does; nil keeps state in
	// memory. Without TopicID each changelog gets an id made of its name, since a copy does not
	// trust a topic without an id.
	Copy func(id pipeline.TaskID) pipeline.Copy
	// CheckpointEvery makes one commit of a task in so many a checkpoint. The others are replayed
	// when the task is killed [1].
	CheckpointEvery int
	// Rand, if not nil, draws the order of tasks and how many records each takes at a time. Where
	// nothing is late, commits must not depend on it.
	Rand *rand.Rand
}

// Driver runs a topology synchronously. Produce puts records into topics, Process lets the tasks
// take them, Commit makes their outputs visible to the next role, Advance moves the clock. Any
// error of the engine fails the test.
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

// drivenTask is a task, its outputs since its last commit, and its committed offset.
type drivenTask struct {
	role      *pipeline.Role
	source    pipeline.TopicPartition
	of        int32
	task      *pipeline.Task
	pending   pending
	commits   int
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
	if o.Copy != nil && o.TopicID == nil {
		o.TopicID = func(topic string) [16]byte { return namedID(topic) }
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

func namedID(topic string) [16]byte {
	sum := sha256.Sum256([]byte(topic))
	return [16]byte(sum[:16])
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

// partitions is how many partitions a topic has. It creates the topic on first use.
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

// Produce puts a record into a topic, at the clock's time; the key decides the partition.
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

// Read returns the application records that were committed to topic since the last Read, partition
// by partition.
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

// ReadAll returns every application record of topic, whether read before or not.
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

// String says how far the tasks are, for messages of failed tests.
func (d *Driver) String() string {
	s := d.now.UTC().Format(time.RFC3339Nano)
	for _, t := range d.tasks {
		s += fmt.Sprintf("\n%v at %d, epoch %d", t.task.ID(), t.task.Position(), t.task.Epoch())
	}
	return s
}
