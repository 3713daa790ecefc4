package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// committer is the commit that a worker has under way. It overlaps the next round: what the tasks do
// meanwhile belongs to the next commit, and is void if this one fails.
type committer struct {
	state   commitState
	done    chan error
	cancel  context.CancelFunc
	started time.Time
	info    CommitInfo
	offsets []pipeline.OffsetCommit
	taken   []*workerTask
	marks   []pipeline.SourceMark
	control []byte
	commits int64 // successful ones

	checkpoints int // of the commit under way
}

// commitKind is why a commit is made.
type commitKind uint8

const (
	urgentCommit   commitKind = iota // somebody waits for an output, or there is no room for more
	ordinaryCommit                   // on the interval: with watermarks, and checkpoints that are due
	lastCommit                       // of a generation: with a checkpoint of everything
)

// commitDue reports whether a commit is due, and of which kind. The urgent interval
// begins where the commit before has ended: brokers still write markers then, and make a transaction
// that follows at once wait for longer than that (20 ms in Apache Kafka 4).
func (w *worker) commitDue(now time.Time) (due bool, kind commitKind) {
	cfg := &w.run.cfg
	if w.touched && !now.Before(w.lastOrdinary.Add(cfg.CommitInterval)) {
		kind = ordinaryCommit
	}
	switch {
	case w.commits.state == commitSent:
		return false, kind
	case w.producer.Pending() >= w.room.bytes():
		return true, kind
	case now.Before(w.lastCommit.Add(cfg.UrgentInterval)):
		return false, kind
	}
	return kind == ordinaryCommit || w.urgent, kind
}

// seal takes everything that the tasks did since the last seal into a transaction and begins to
// commit it. It has the offset of every task that it writes for, progress or not: they fence it.
// Watermarks do not go with urgent commits: they go behind the data.
func (w *worker) seal(now time.Time, kind commitKind) error {
	c := &w.commits
	if err := w.collect(now, kind); err != nil {
		return err
	}
	w.touched = false
	if kind != urgentCommit {
		w.lastOrdinary = now
	}
	c.info = CommitInfo{Worker: w.index, Tasks: len(c.taken), Bytes: w.producer.Pending(), Urgent: kind == urgentCommit, Checkpoints: c.checkpoints}
	c.offsets = c.offsets[:0]
	for _, t := range c.taken {
		t.next = t.task.Offset()
		t.task.Sealed()
		if w.run.cfg.Copy != nil {
			t.copied = w.run.ends.position(t.task.Changelog())
		}
		c.offsets = append(c.offsets, t.next)
	}
	w.urgent = false
	w.markTouched()
	if len(c.taken) > 0 {
		w.send(w.producer.Seal(c.offsets), now)
	}
	return nil
}

// collect lets the tasks write their checkpoints or order records, and writes the control records.
func (w *worker) collect(now time.Time, kind commitKind) error {
	w.run.tables.lock.RLock()
	defer w.run.tables.lock.RUnlock()
	c := &w.commits
	c.taken, c.checkpoints = c.taken[:0], 0
	for _, t := range w.running {
		due := w.checkpointDue(t, now, kind)
		if !due && !t.task.Touched() && !(kind != urgentCommit && t.task.Announces()) {
			continue
		}
		w.input = pipeline.Input{Kind: pipeline.InputCommit, Now: pipeline.Time(now.UnixMilli()), Order: !due}
		if err := t.task.Step(&w.input); err != nil {
			return fatalError{err}
		}
		if t.role.Changelog != "" && !t.task.Unsaved() {
			c.checkpoints++
			t.checkpointAt = w.nextCheckpoint(t, now)
		}
		c.taken = append(c.taken, t)
	}
	if kind == urgentCommit {
		return nil
	}
	for i := range w.run.cfg.Topology.Roles {
		if err := w.announce(&w.run.cfg.Topology.Roles[i], now); err != nil {
			return fatalError{err}
		}
	}
	return nil
}

// announce writes one control record, with all that is new of the role's sources, to every
// partition of the topic that carries their watermarks.
func (w *worker) announce(role *pipeline.Role, now time.Time) error {
	c := &w.commits
	c.marks = c.marks[:0]
	for _, t := range c.taken {
		if t.role != role {
			continue
		}
		if m, ok := t.task.Mark(t.partitions); ok {
			c.marks = append(c.marks, m)
		}
	}
	progress := w.reached(role, now)
	merged := progress.From != 0
	if len(c.taken) == 0 || len(c.marks) == 0 && (!merged || progress == w.progress) {
		return nil
	}
	c.control = pipeline.AppendControl(c.control[:0], c.marks)
	topic, partitions, at := role.WatermarksTo, w.run.counts.of(role.WatermarksTo), pipeline.Time(now.UnixMilli())
	if !merged {
		return pipeline.AppendControlRecords(w.producer, topic, partitions, at, c.control)
	}
	w.progress = progress
	return pipeline.AppendProgress(w.producer, topic, partitions, at, c.control, progress)
}

// reached is the worker's progress in the sources of a role, of nobody where they are not merged.
func (w *worker) reached(role *pipeline.Role, now time.Time) pipeline.Progress {
	for _, l := range w.merge.lanes {
		if l.task.role == role {
			w.merge.pace.read(w.merge.newest, now)
			return pipeline.Progress{From: nameOf(&w.run.cfg, w.index), Known: w.merge.reached(w, now)}
		}
	}
	return pipeline.Progress{}
}

// send commits in the background. The revocation of the generation does not cancel it: it belongs
// to that generation and is to end in it.
func (w *worker) send(tx pipeline.Transaction, now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), w.run.cfg.CommitTimeout)
	c := &w.commits
	c.state, c.started, c.cancel = commitSent, now, cancel
	c.done = make(chan error, 1)
	done, gen := c.done, w.gen
	go func() { done <- tx.Commit(ctx, gen) }()
}

// committed takes the outcome of the commit under way.
func (w *worker) committed(err error) error {
	c := &w.commits
	c.state = commitNone
	c.cancel()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, t := range c.taken {
		t.last, t.committed = t.next, true
		if err := t.task.Committed(t.copied); err != nil {
			return fatalError{err}
		}
	}
	c.commits++
	w.restarts.succeeded()
	w.lastCommit = w.run.cfg.Now()
	c.info.Took = w.lastCommit.Sub(c.started)
	w.room.committed(c.info.Bytes, c.info.Took)
	w.run.cfg.Events.commit(c.info)
	return nil
}

// finish commits everything, with checkpoints, so that whoever goes on has nothing to replay, and
// leaves nothing under way.
func (w *worker) finish(context.Context) error {
	w.haltFeeds()
	if err := w.settle(); err != nil {
		return err
	}
	if !w.touched && !w.unsaved() {
		return nil
	}
	if err := w.seal(w.run.cfg.Now(), lastCommit); err != nil {
		return err
	}
	return w.settle()
}

// settle waits for the commit under way, for as long as a rebalance allows.
func (w *worker) settle() error {
	if w.commits.state == commitNone {
		return nil
	}
	limit := time.AfterFunc(w.run.cfg.DrainTimeout, w.commits.cancel)
	defer limit.Stop()
	return w.committed(<-w.commits.done)
}

// fetchFailed ends a loop whose feed has failed: what is done is committed; the rest is the error's
// to say.
func (w *worker) fetchFailed(ctx context.Context) error {
	if err := w.finish(ctx); err != nil {
		return err
	}
	err := fmt.Errorf("fetch: %w", w.fetchErr)
	if pipeline.KindOf(err) == pipeline.KindTransient || errors.Is(err, context.DeadlineExceeded) {
		return w.restarts.pause(ctx, w, err)
	}
	return fatalError{err}
}

// fatalError ends the runner.
type fatalError struct{ err error }

func (e fatalError) Error() string { return e.err.Error() }
func (e fatalError) Unwrap() error { return e.err }

func fatal(err error) bool {
	var f fatalError
	return errors.As(err, &f) || pipeline.KindOf(err) >= pipeline.KindRefused
}
