package runner

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// standby is a task that does not run: it holds what the changelog has up to, without, next. It may go
// on reading, or be resumed, which ends it.
type standby struct {
	task *pipeline.Task
	next int64         // -1: not opened
	at   pipeline.Time // when it had last come to the end, or began to read
}

// longestStood is how long a standby may be on its way to the end. Brokers keep the tombstones of a
// compacted topic for delete.retention.ms, a day by default: what is deleted between is told until then.
const longestStood = pipeline.Time(12 * time.Hour / time.Millisecond)

// isPartOf says whether what the standby holds is the beginning of the changelog for certain.
func (s *standby) isPartOf(log pipeline.ChangelogSpan) bool {
	return s.next >= log.Start && s.next <= log.End && log.Now-longestStood < s.at
}

// stand makes an empty standby where there is none.
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

// open returns where the changelog of a standby is to be read from. One that is in doubt is made anew.
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
// not seen: the worker's producer is not the restorer's to use.
type heldOutputs struct{ records []pipeline.OutRecord }

// Append implements Appender.
func (h *heldOutputs) Append(r *pipeline.OutRecord) error {
	c := *r
	c.Key, c.Value, c.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
	for i := range c.Headers {
		c.Headers[i].Value = bytes.Clone(c.Headers[i].Value)
	}
	h.records = append(h.records, c)
	return nil
}

// writeTo lets a restored task write to out, first what it has emitted so far.
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
