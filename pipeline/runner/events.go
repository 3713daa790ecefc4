package runner

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Events is what the engine tells of itself; the engine logs nothing and keeps no metrics. Every func
// may be nil, is called by several goroutines at once, and must return soon: a worker waits for it, and
// with the worker every record. Nothing that it is given holds record contents, which may be PHI:
// records are located by topic, partition and offset, reasons are constants of the program.
type Events struct {
	// Generation: the group has assigned these source partitions to this process. No worker has begun
	// with them.
	Generation func(id int32, assigned []pipeline.TopicPartition)
	// TaskAssigned: a worker has the task from now on. kept: it goes on with its state; otherwise it is
	// restored first. It comes again after each Restart.
	TaskAssigned func(id pipeline.TaskID, worker int, kept bool)
	// TaskRevoked: the task is not assigned any more. What it did last has been committed, or is void.
	TaskRevoked func(id pipeline.TaskID)
	// TaskReady: the task is in the state of its last commit and begins to process. It comes after
	// each TaskAssigned that is not followed by a Restart or by TaskStopped.
	TaskReady func(id pipeline.TaskID)
	// TaskStopped: the task takes nothing until it is assigned again, and the other tasks go on. Its replay came out
	// otherwise than what was sent, or its source has lost what it was to take next; err says which, and what to do.
	TaskStopped func(id pipeline.TaskID, err error)
	// PositionKept: the group knows no position of the task's source, and the task goes on at the offset at which its
	// changelog says that it stood.
	PositionKept func(id pipeline.TaskID, offset int64)
	// Lost: the task's source had lost what it was to take next, and the task goes on behind it.
	Lost func(id pipeline.TaskID, l pipeline.Loss)
	// Restore reports progress in offsets of a changelog partition; done equals total at its end.
	Restore func(id pipeline.TaskID, done, total int64)
	// RestoreFailed: what a worker restores is tried again.
	RestoreFailed func(worker int, err error)
	// Restored: the task is in the state of its last commit.
	Restored func(id pipeline.TaskID, r Restored)
	// Standby: how many offsets of the changelog a standby is behind, -1 when it is dropped.
	Standby func(id pipeline.TaskID, behind int64)
	// StandbyFailed: a standby is given up, or all are until the next generation. No task depends on it.
	StandbyFailed func(err error)
	// Replayed: the task has repeated the commits that followed its last checkpoint.
	Replayed func(id pipeline.TaskID, r pipeline.Replayed)
	// Commit: a commit has succeeded. One that fails is followed by Restart.
	Commit func(c CommitInfo)
	// Restart: the worker throws away what was not committed, and restores its tasks.
	Restart func(worker int, err error)
	// Fenced: the broker refused a commit, since another process has taken over; reason is one of
	// pipeline's constants. It is ordinary in a rebalance, and ends the runner when it comes too often.
	Fenced func(worker int, reason string)
	// Parked: the partition waits for what its next records need from outside (pipeline.Role.Prepare);
	// the others go on. It comes after each attempt that failed, and with a nil err when the partition
	// goes on or is somebody else's.
	Parked func(source pipeline.TopicPartition, attempt int, err error)
	// Waiting: the process cannot go on before the cluster answers, or allows, what it is asked: to join the group, to
	// read tables. It comes after each attempt that failed, and with a nil err once one has succeeded.
	Waiting func(attempt int, err error)
	// OutputRefused: a record that a task wrote is larger than its topic takes, and is left out.
	OutputRefused func(tp pipeline.TopicPartition, size int)
	// Failure: a record that its processor could not use.
	Failure func(source pipeline.TopicPartition, offset int64, reason string)
	// Watermark is a task's own watermark of a channel, about once a second; basis says what it rests
	// on.
	Watermark func(id pipeline.TaskID, channel string, value pipeline.Time, basis pipeline.Basis)
	// Lag is how many offsets a source is behind the end that was last seen, about once a second.
	Lag func(source pipeline.TopicPartition, lag int64)
	// Table: records of a table's topic have been applied. position is the sum of the offsets reached
	// over its partitions, invalid how many records the table could not use.
	Table func(topic string, position, invalid int64)
	// Phase is what a worker spent its time on since the last report, about once a second.
	Phase func(worker int, p Phases)
	// Freshness: how long ago the broker took in the last record that was processed, zero where
	// nothing is left to process.
	Freshness func(source pipeline.TopicPartition, age time.Duration)
	// Count: an operator counted something (Context.Count).
	Count func(id pipeline.TaskID, name, reason string)
	// EndMarginShort: EndInput has been called, and owner keeps results back for longer than
	// Config.EndMargin. Its last windows stay open: nothing that they hold is emitted. It comes once for
	// each task that is concerned, before the watermarks are forced.
	EndMarginShort func(id pipeline.TaskID, owner string, span, margin time.Duration)
	// Trace hears of every source record before it is processed, with the trace context that its
	// header TraceHeader carries, nil for none. What it returns goes with the outputs that are emitted
	// meanwhile, and must hold until end, which is called when the record is processed, unless it is
	// nil. Nil bytes mean that the record is not traced. A record that is processed again after a
	// failure is traced again.
	Trace func(id pipeline.TaskID, offset int64, parent []byte) (child []byte, end func())
}

// Restored says what it took to restore a task.
type Restored struct {
	// Records is how many records of the changelog were read by the attempt that succeeded and those
	// before it. A standby has read others.
	Records int64
	// Keys is how many keys the task's stores hold.
	Keys int
	// Took is the time for all tasks that were restored together, since they share one reader.
	Took time.Duration
}

// CommitInfo describes one commit that has succeeded.
type CommitInfo struct {
	// Worker is the index of the worker, Tasks how many of its tasks the commit wrote for.
	Worker int
	Tasks  int
	// Bytes is the size of its records as the producer counts them (Producer.Pending).
	Bytes int
	// Urgent: it was made before its interval, because somebody waited or output was full.
	Urgent bool
	// Checkpoints is how many of its tasks wrote a checkpoint, and not only an order record.
	Checkpoints int
	// Took is the time from seal to the broker's answer, in which the worker went on.
	Took time.Duration
}

// Phases is how a worker spent the wall time since the last report: waiting for records, in its tasks,
// held up by a commit that takes long, and collecting what to commit. They sum to that time.
type Phases struct {
	Idle, Process, Stalled, Commit time.Duration
	// Records is how many records it processed meanwhile, broadcasts included.
	Records int64
}

// The methods below call what is set. They keep the nil checks out of the engine's code, and cost a
// compare where nobody listens.
//
// generation tells of an assignment.
func (e *Events) generation(id int32, assigned []pipeline.TopicPartition) {
	if e.Generation != nil {
		e.Generation(id, assigned)
	}
}

func (e *Events) taskAssigned(id pipeline.TaskID, worker int, kept bool) {
	if e.TaskAssigned != nil {
		e.TaskAssigned(id, worker, kept)
	}
}

func (e *Events) taskRevoked(id pipeline.TaskID) {
	if e.TaskRevoked != nil {
		e.TaskRevoked(id)
	}
}

func (e *Events) taskStopped(id pipeline.TaskID, err error) {
	if e.TaskStopped != nil {
		e.TaskStopped(id, err)
	}
}

func (e *Events) positionKept(id pipeline.TaskID, offset int64) {
	if e.PositionKept != nil {
		e.PositionKept(id, offset)
	}
}

// lost tells of a loss by what becomes of the task.
func (e *Events) lost(id pipeline.TaskID, l pipeline.Loss) {
	switch {
	case !l.Resumed:
		e.taskStopped(id, l.Err)
	case e.Lost != nil:
		e.Lost(id, l)
	}
}

func (e *Events) outputRefused(tp pipeline.TopicPartition, size int) {
	if e.OutputRefused != nil {
		e.OutputRefused(tp, size)
	}
}

func (e *Events) waiting(attempt int, err error) {
	if e.Waiting != nil {
		e.Waiting(attempt, err)
	}
}

func (e *Events) parked(tp pipeline.TopicPartition, attempt int, err error) {
	if e.Parked != nil {
		e.Parked(tp, attempt, err)
	}
}

func (e *Events) ready(tasks []*workerTask) {
	if e.TaskReady == nil {
		return
	}
	for _, t := range tasks {
		if t.state == taskRunning {
			e.TaskReady(t.id)
		}
	}
}

func (e *Events) restore(id pipeline.TaskID, done, total int64) {
	if e.Restore != nil {
		e.Restore(id, done, total)
	}
}

func (e *Events) restoreFailed(worker int, err error) {
	if e.RestoreFailed != nil {
		e.RestoreFailed(worker, err)
	}
}

func (e *Events) restored(id pipeline.TaskID, r Restored) {
	if e.Restored != nil {
		e.Restored(id, r)
	}
}

func (e *Events) standby(id pipeline.TaskID, behind int64) {
	if e.Standby != nil {
		e.Standby(id, behind)
	}
}

func (e *Events) standbyFailed(err error) {
	if e.StandbyFailed != nil {
		e.StandbyFailed(err)
	}
}

func (e *Events) replayed(id pipeline.TaskID, r pipeline.Replayed) {
	if e.Replayed != nil {
		e.Replayed(id, r)
	}
}

func (e *Events) commit(c CommitInfo) {
	if e.Commit != nil {
		e.Commit(c)
	}
}

func (e *Events) restart(worker int, err error) {
	if e.Restart != nil {
		e.Restart(worker, err)
	}
}

func (e *Events) fenced(worker int, reason string) {
	if e.Fenced != nil {
		e.Fenced(worker, reason)
	}
}

func (e *Events) watermark(id pipeline.TaskID, channel string, value pipeline.Time, basis pipeline.Basis) {
	if e.Watermark != nil {
		e.Watermark(id, channel, value, basis)
	}
}

func (e *Events) endMarginShort(id pipeline.TaskID, owner string, span, margin time.Duration) {
	if e.EndMarginShort != nil {
		e.EndMarginShort(id, owner, span, margin)
	}
}

func (e *Events) lag(source pipeline.TopicPartition, lag int64) {
	if e.Lag != nil {
		e.Lag(source, lag)
	}
}

func (e *Events) table(t *pipeline.LiveTable) {
	if e.Table != nil {
		e.Table(t.Topic, t.Position(), t.Invalid())
	}
}

func (e *Events) freshness(source pipeline.TopicPartition, age time.Duration) {
	if e.Freshness != nil {
		e.Freshness(source, age)
	}
}

func (e *Events) phase(worker int, p Phases) {
	if e.Phase != nil {
		e.Phase(worker, p)
	}
}
