package runner

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// standby is a task that does not run: it holds what the changelog has up to, without, next. It may go
// on reading, or be resumed, which ends it. So a restore, a standby for another process and a restore
// that was broken off by a rebalance are one thing, and each can take over from the others.
type standby struct {
	// task is in phaseRestoring: it takes changelog records, and nothing else.
	task *pipeline.Task
	// next is the offset of the changelog to read next; -1: nothing was opened, and where to begin is
	// not known.
	next int64
	// at is the processing time when it had last come to the end, or began to read. How old it may be
	// is bounded by longestStood.
	at pipeline.Time
}

// longestStood is how long a standby may be on its way to the end. Brokers keep the tombstones of a
// compacted topic for delete.retention.ms, a day by default: what is deleted between is told until
// then. A standby that is away for longer could miss a tombstone and bring a deleted key back to life.
// Half a day leaves room for clocks that differ.
const longestStood = pipeline.Time(12 * time.Hour / time.Millisecond)

// isPartOf says whether what the standby holds is the beginning of the changelog for certain. It is not
// where the changelog begins behind what was read, so that something between may be missing; where it
// ends before, which is another topic of the same name; or where too much time has passed. In doubt it
// is read anew: that costs time, while a wrong guess costs the state.
func (s *standby) isPartOf(log pipeline.ChangelogSpan) bool {
	return s.next >= log.Start && s.next <= log.End && log.Now-longestStood < s.at
}

// stand makes an empty standby where there is none. Its error is fatal, unless it is the cluster that
// could not say how many partitions an output topic has.
func (r *Runner) stand(s **standby, role *pipeline.Role, source pipeline.TopicPartition) error {
	if *s != nil {
		return nil
	}
	task, err := pipeline.NewTask(r.cfg.Topology, role, source, r.environment(), new(heldOutputs))
	if pipeline.KindOf(err) == pipeline.KindTransient {
		return err
	}
	if err != nil {
		return fatalError{err}
	}
	*s = &standby{task: task, next: -1}
	return nil
}

// open returns where the changelog of a standby is to be read from. One that is in doubt is made anew,
// and begins with the copy on this machine, if that is in no doubt, or at the start of the changelog.
func (r *Runner) open(s **standby, log pipeline.ChangelogSpan) (from int64, err error) {
	old := *s
	if old.isPartOf(log) {
		if old.next == log.End {
			old.at = log.Now
		}
		return old.next, nil
	}
	if old.next >= 0 {
		*s = nil
		if err := r.stand(s, old.task.Role(), old.task.ID().Source); err != nil {
			return 0, err
		}
	}
	if from, err = (*s).task.OpenCopy(log); err != nil {
		return 0, fatalError{err}
	}
	(*s).next, (*s).at = from, log.Now
	return from, nil
}

// heldOutputs keeps what a task emits before it runs, which is on broadcasts that its last commit had
// not seen: the worker's producer is not the restorer's to use. It copies, since the buffers belong to
// the caller. Such outputs are few: a broadcast that came during a restore.
type heldOutputs struct{ records []pipeline.OutRecord }

// Append implements Appender. It never fails.
func (h *heldOutputs) Append(r *pipeline.OutRecord) error {
	c := *r
	c.Key, c.Value, c.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
	for i := range c.Headers {
		c.Headers[i].Value = bytes.Clone(c.Headers[i].Value)
	}
	h.records = append(h.records, c)
	return nil
}

// writeTo lets a restored task write to out, first what it has emitted so far. The worker's goroutine
// calls it: out is the worker's producer. After an error some of it has been passed on, and the worker
// is void.
func writeTo(t *pipeline.Task, out pipeline.Appender) error {
	held, _ := t.WriteTo(out).(*heldOutputs)
	if held == nil {
		return nil
	}
	for i := range held.records {
		if err := out.Append(&held.records[i]); err != nil {
			return fmt.Errorf("task %v: append to %s: %w", t.ID(), held.records[i].Topic, err)
		}
	}
	return nil
}
