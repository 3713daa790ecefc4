package runner

import (
	"time"
)

// checkpointDue reports whether a commit is to write the task's checkpoint. One that is due is put off,
// but for a last commit, while the commit is large already: a checkpoint can wait, and a larger commit
// would make calls wait. A last commit saves whatever there is, so that the next owner has nothing to
// replay.
func (w *worker) checkpointDue(t *workerTask, now time.Time, kind commitKind) bool {
	switch kind {
	case lastCommit:
		return t.task.Unsaved() || t.task.Touched()
	case urgentCommit:
		return false
	}
	return t.checkpointLate(now) && w.producer.Pending() < w.run.cfg.MaxPending
}

// checkpointLate reports whether the task's turn has come and it has anything to save.
func (t *workerTask) checkpointLate(now time.Time) bool {
	return t.task.Unsaved() && !now.Before(t.checkpointAt)
}

// checkpointsDue reports whether a task waits for a checkpoint, even if it has had no input since its
// last commit: its order records would otherwise grow old, and a replay needs their inputs, which
// retention takes away (I9).
func (w *worker) checkpointsDue(now time.Time) bool {
	for _, t := range w.running {
		if t.checkpointLate(now) {
			return true
		}
	}
	return false
}

// unsaved reports whether a task would have something to replay if the worker ended now.
func (w *worker) unsaved() bool {
	for _, t := range w.running {
		if t.task.Unsaved() {
			return true
		}
	}
	return false
}

// nextCheckpoint is the task's next turn. The tasks of a source take turns over the interval, by their
// partition, so that no commit has them all: one that writes the state of every task at once is slow,
// and everything behind it waits. Turns are by the clock and not by the last one, so that tasks that
// move to another worker do not gather at one moment.
func (w *worker) nextCheckpoint(t *workerTask, now time.Time) time.Time {
	interval := w.run.cfg.CheckpointInterval
	if interval <= 0 {
		return now
	}
	turn := interval / time.Duration(t.partitions) * time.Duration(t.id.Source.Partition)
	passed := time.Duration((now.UnixNano() - int64(turn)) % int64(interval))
	return now.Add(interval - passed)
}
