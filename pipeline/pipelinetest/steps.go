package pipelinetest

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

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
			d.take(t, t.task.Position())
			some = true
		}
	}
	return some
}

// take gives a task the record at an offset of its source, after it has been prepared for it.
func (d *Driver) take(t *drivenTask, offset int64) {
	d.tb.Helper()
	r := d.at(t.source, offset)
	if t.role.Prepare != nil {
		if err := t.role.PrepareFor(d.tb.Context(), []pipeline.Record{*r}); err != nil {
			d.tb.Fatalf("prepare: %v", err)
		}
	}
	d.step(t, &pipeline.Input{Kind: pipeline.InputRecord, Record: r})
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

// at returns a copy of the record at an offset, so that a handler that keeps or overwrites its
// bytes does not reach the log.
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

// broadcast gives a task everything in its broadcast topics; the task skips what it has had.
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

// Commit processes and commits until no role has anything left to do.
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

// commit makes a task's work visible: outputs, changelog, its watermark downstream, offset.
func (d *Driver) commit(t *drivenTask) {
	d.tb.Helper()
	t.commits++
	d.step(t, &pipeline.Input{Kind: pipeline.InputCommit, Order: t.commits%max(1, d.options.CheckpointEvery) != 0})
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
	if err := t.task.Committed(d.end(t)); err != nil {
		d.tb.Fatalf("commit: %v", err)
	}
}

// end is the end of the task's changelog, as the position of its copy.
func (d *Driver) end(t *drivenTask) pipeline.CopyPosition {
	if d.options.Copy == nil || t.role.Changelog == "" {
		return pipeline.CopyPosition{}
	}
	tp := pipeline.TopicPartition{Topic: t.role.Changelog, Partition: t.source.Partition}
	return pipeline.CopyPosition{Offset: int64(len(d.broker.partition(tp).entries)), At: pipeline.Time(d.now.UnixMilli())}
}

// Advance moves the clock in steps of a tick. Each tick goes to every task and is committed.
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

// EndInput moves the watermark of every source to the newest event time seen plus margin, and
// commits everything that follows. A margin below the longest window plus its lateness leaves
// windows open without any sign: their panes are missing.
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

// Kill drops a task with all that it has not committed, and restores it from its changelog and
// committed offset.
func (d *Driver) Kill(topic string, partition int32) {
	d.tb.Helper()
	d.restore(d.driven(topic, partition))
}

// KillAll does the same to every task, as the death of the process does.
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
		end := int64(len(d.broker.partition(tp).entries))
		from, err := task.OpenCopy(pipeline.ChangelogSpan{End: end, Now: pipeline.Time(d.now.UnixMilli())})
		if err != nil {
			d.tb.Fatalf("restore: %v", err)
		}
		for o := from; o < end; o++ {
			if err := task.Restore(d.at(tp, o)); err != nil {
				d.tb.Fatalf("restore: %v", err)
			}
		}
		if err := task.Committed(d.end(t)); err != nil {
			d.tb.Fatalf("restore: %v", err)
		}
	}
	if err := task.Resume(t.committed); err != nil {
		d.tb.Fatalf("restore: %v", err)
	}
	d.broadcast(t)
	d.replay(t)
}

// replay gives a task again what it took after its last checkpoint.
func (d *Driver) replay(t *drivenTask) {
	d.tb.Helper()
	from, to, ok := t.task.Unreplayed()
	if !ok {
		return
	}
	for o := from; o < to; o++ {
		d.take(t, o)
	}
	d.step(t, &pipeline.Input{Kind: pipeline.InputReplayed})
}

func (d *Driver) environment() pipeline.Environment {
	return pipeline.Environment{
		Partitions: func(topic string) (int32, error) { return d.partitions(topic), nil },
		TopicID:    d.options.TopicID,
		Copy:       d.options.Copy,
		Orders:     d.options.CheckpointEvery > 1,
		Table:      d.table,
		Failed: func(source pipeline.TopicPartition, offset int64, reason string) {
			d.failures = append(d.failures, Failure{source, offset, reason})
		},
	}
}
