package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// transaction is the commit of a worker: its outputs, the changelog records of its tasks, the control
// records with their watermarks, and their source offsets become durable together, or none of them
// does (I4, I13 of docs/invariants.md). A worker has one transaction object, which serves one commit
// after another. Each goes through these phases:
//
//	commitDue ─► begin ─► collect ─► announce ─► note ─► send ┄┄┄┄┄┄► answer
//	            └──────────── seal, in one go ──────────────┘  beside
//	                                                         the loop
//
// From begin to send the worker does nothing else, so nobody sees a transaction that is half collected.
// While the broker works on it the worker goes on with records: what they lead to belongs to the next
// transaction, and is void if this one fails. Only one is under way at a time: a second could overtake
// the first, and a position would be durable before the outputs that it speaks of.
//
// The worker's goroutine owns every field. The goroutine that send starts has its own copy of what it
// needs, and answers through done.
type transaction struct {
	// state says whether the transaction is with the broker; states.go draws it.
	state commitState
	// kind is why this commit is made. It decides whether watermarks and checkpoints go with it.
	kind commitKind
	// sealed is when begin was called. Tasks see it as processing time, and CommitInfo.Took counts from it.
	sealed time.Time
	// done brings the answer of the broker, exactly once for each send. It has room for one, so that the
	// goroutine of send ends even where nobody listens any more. It is nil before the first send, which
	// blocks a select for ever, as it should.
	done chan error
	// cancel ends the wait for the broker early, when a rebalance leaves no more time. An answer comes
	// all the same.
	cancel context.CancelFunc
	// taken are the tasks that this transaction writes for, in the order of worker.running. The order
	// decides the order of changelog records, and has to be the same in each run of a seed.
	taken []*workerTask
	// checkpoints is how many of taken wrote a checkpoint, rather than an order record.
	checkpoints int
	// offsets has one entry for each of taken, whether or not it has read anything. The broker checks
	// them against the generation, and refuses a process that has lost one of these partitions: an entry
	// that is left out is a task that two processes can write for.
	offsets []pipeline.OffsetCommit
	// marks are the watermarks of one role's sources, and control their encoded form. Both are scratch of
	// announce, kept so that a commit does not allocate.
	marks   []pipeline.SourceMark
	control []byte
	// info is what Events.Commit will be told, once the answer has come.
	info CommitInfo
	// commits counts answers that were good. Quiet compares two readings of it.
	commits int64
}

// commitKind is why a commit is made.
type commitKind uint8

const (
	// urgentCommit: somebody waits for an output, or there is no room for more. It carries neither
	// watermarks nor checkpoints, which can wait and would make it larger.
	urgentCommit commitKind = iota
	// ordinaryCommit: the commit interval is over. Watermarks go with it, and checkpoints that are due.
	ordinaryCommit
	// lastCommit: the generation ends. Each task with anything unsaved writes a checkpoint, so that
	// whoever has it next does not need to replay.
	lastCommit
)

// commitDue reports whether a commit is due, and of which kind. The urgent interval begins where the
// commit before has ended: brokers still write markers then, and make a transaction that follows at once
// wait for longer than that (20 ms in Apache Kafka 4). A full output buffer does not wait for the
// interval: the worker could not go on without a commit.
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

// seal takes everything that the tasks did since the last seal into the transaction and begins to commit
// it. No commit may be under way. Where no task has anything to commit, nothing is sent.
//
// An error comes before anything was sent, so that the broker still has the last commit and nothing of
// this one. It is fatal: a task that cannot write its changelog could not in the next attempt either.
func (w *worker) seal(now time.Time, kind commitKind) error {
	tx := &w.commits
	tx.begin(now, kind)
	if err := tx.write(w); err != nil {
		return err
	}
	tx.note(w)
	if len(tx.taken) > 0 {
		tx.send(w)
	}
	return nil
}

// begin forgets the commit before. It cannot fail.
func (tx *transaction) begin(now time.Time, kind commitKind) {
	tx.kind, tx.sealed = kind, now
	tx.taken, tx.offsets, tx.checkpoints = tx.taken[:0], tx.offsets[:0], 0
}

// write lets the tasks append what is theirs, and then the watermarks, which must not overtake the data
// that they speak of: within a partition, records of a transaction are read in the order of Append.
// Process-wide tables stand still meanwhile, since commit handlers may look things up in them, and a mark
// names the table position that its data was made with.
func (tx *transaction) write(w *worker) error {
	w.run.tables.lock.RLock()
	defer w.run.tables.lock.RUnlock()
	if err := tx.collect(w); err != nil {
		return err
	}
	return tx.announce(w)
}

// collect steps each task that has something to commit: it emits what is coalesced per commit, then
// writes a checkpoint where one is due, and an order record elsewhere. A task with only a watermark to
// announce is taken as well, but not by an urgent commit, which carries no watermarks.
//
// If a step fails, the tasks before it have taken their changes for written, and the producer holds the
// records. Neither is undone: the error ends the runner, its producer is closed with all of that
// unsent, and the next owner restores each task from the last commit.
func (tx *transaction) collect(w *worker) error {
	for _, t := range w.running {
		due := w.checkpointDue(t, tx.sealed, tx.kind)
		if !due && !t.task.Touched() && !(tx.kind != urgentCommit && t.task.Announces()) {
			continue
		}
		w.input = pipeline.Input{Kind: pipeline.InputCommit, Now: tx.now(), Order: !due}
		if err := t.task.Step(&w.input); err != nil {
			return fatalError{err}
		}
		// Also where no checkpoint was due: a task that keeps no order records answers with one.
		if t.role.Changelog != "" && !t.task.Unsaved() {
			tx.checkpoints++
			t.checkpointAt = w.nextCheckpoint(t, tx.sealed)
		}
		tx.taken = append(tx.taken, t)
	}
	return nil
}

// announce writes one control record for each role that carries watermarks, with all that is new of the
// sources of that role, to every partition of the topic that carries them. An urgent commit announces
// nothing: what it leaves out stays new, and goes with the next ordinary one.
//
// If an append fails, the marks before it count as announced although nobody will read them. As in
// collect the error ends the runner; a restored task announces its watermark anew.
func (tx *transaction) announce(w *worker) error {
	if tx.kind == urgentCommit {
		return nil
	}
	for i := range w.run.cfg.Topology.Roles {
		if err := tx.announceRole(w, &w.run.cfg.Topology.Roles[i]); err != nil {
			return fatalError{err}
		}
	}
	return nil
}

// announceRole writes the control record of one role. Where its sources are read in the order of time it
// tells the worker's progress, too, even where no watermark is new: other processes wait for it.
func (tx *transaction) announceRole(w *worker, role *pipeline.Role) error {
	tx.gather(role)
	progress := w.reached(role, tx.sealed)
	merged := progress.From != 0
	if len(tx.taken) == 0 || len(tx.marks) == 0 && (!merged || progress == w.progress) {
		return nil
	}
	tx.control = pipeline.AppendControl(tx.control[:0], tx.marks)
	topic, partitions := role.WatermarksTo, w.run.counts.of(role.WatermarksTo)
	if !merged {
		return pipeline.AppendControlRecords(w.producer, topic, partitions, tx.now(), tx.control)
	}
	w.progress = progress
	return pipeline.AppendProgress(w.producer, topic, partitions, tx.now(), tx.control, progress)
}

// reached is the worker's progress in the sources of a role, of nobody where they are not merged.
func (w *worker) reached(role *pipeline.Role, now time.Time) pipeline.Progress {
	for _, l := range w.merge.lanes {
		if role.WatermarksTo != "" && (l.task.role == role || l.leads) {
			w.merge.pace.read(w.merge.newest, now)
			return pipeline.Progress{From: nameOf(&w.run.cfg, w.index), Known: w.merge.reached(w, now), Led: w.merge.led(w, now)}
		}
	}
	return pipeline.Progress{}
}

// gather puts what is new of the role's sources into marks. It asks only tasks that were taken: a mark
// is new once, and has to go with the commit whose offsets fence its task.
func (tx *transaction) gather(role *pipeline.Role) {
	tx.marks = tx.marks[:0]
	for _, t := range tx.taken {
		if t.role != role {
			continue
		}
		if m, ok := t.task.Mark(t.partitions); ok {
			tx.marks = append(tx.marks, m)
		}
	}
}

// note writes down how far the transaction goes: the offset of each task that it writes for, and how far
// a local copy of its changelog will reach. From here on the tasks count as having nothing to commit;
// what they do next belongs to the next transaction. It cannot fail.
func (tx *transaction) note(w *worker) {
	w.touched = false
	w.merge.lead.seal()
	if tx.kind != urgentCommit {
		w.lastOrdinary = tx.sealed
	}
	tx.info = CommitInfo{Worker: w.index, Tasks: len(tx.taken), Bytes: w.producer.Pending(), Urgent: tx.kind == urgentCommit, Checkpoints: tx.checkpoints}
	for _, t := range tx.taken {
		t.next = t.task.Offset()
		t.task.Sealed()
		if w.run.cfg.Copy != nil {
			t.copied = w.run.ends.position(t.task.Changelog())
		}
		tx.offsets = append(tx.offsets, t.next)
	}
	// A task that an urgent commit passed over may still have a watermark to announce.
	w.urgent = false
	w.markTouched()
}

// send takes the records from the producer and commits in a goroutine of its own, which ends with the
// answer. The end of the generation does not cancel it, so its context is not the session's: the
// transaction belongs to that generation, and settle or halt wait for it before the group goes on (I4).
//
// What fails here comes as the answer. Without one within CommitTimeout the outcome is unknown, which
// counts as a failure too. A pause that the broker asks for is no part of the commit: given up, it would be due again after
// all had been restored and done once more.
func (tx *transaction) send(w *worker) {
	sealed, gen := w.producer.Seal(tx.offsets), w.gen
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	tx.state, tx.cancel, tx.done = commitSent, cancel, done
	limit := w.run.cfg.CommitTimeout
	go func() { done <- commitWithin(ctx, limit, sealed, gen) }()
}

// commitWithin commits as soon as the broker is ready for that.
func commitWithin(ctx context.Context, limit time.Duration, sealed pipeline.Transaction, gen pipeline.Generation) error {
	if r, ok := sealed.(pipeline.RestingTransaction); ok && !sealed.Empty() {
		if err := r.Rest(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return sealed.Commit(ctx, gen)
}

// answer takes the outcome of the commit that is under way, in the worker's goroutine. A good one moves
// the last known commit of each task forward and lets its copy of the changelog keep what was sealed.
//
// After a bad one nothing is known: the broker may have committed before the connection broke. The
// caller voids the worker, since the tasks are ahead by what may not be there (I14): the producer is
// initialised anew, which decides what was open, and the tasks are restored from whatever the broker
// then has as their last commit. A copy that cannot keep what stands is fatal: it would be read, with a
// gap, by the next restore.
func (tx *transaction) answer(w *worker, err error) error {
	tx.state = commitNone
	tx.cancel()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, t := range tx.taken {
		t.last, t.committed = t.next, true
		if err := t.task.Committed(t.copied); err != nil {
			return fatalError{err}
		}
	}
	tx.commits++
	w.restarts.succeeded()
	w.lastCommit = w.run.cfg.Now()
	tx.info.Took = w.lastCommit.Sub(tx.sealed)
	w.room.committed(tx.info.Bytes, tx.info.Took)
	w.run.cfg.Events.commit(tx.info)
	return nil
}

// now is the processing time of the commit.
func (tx *transaction) now() pipeline.Time { return pipeline.Time(tx.sealed.UnixMilli()) }

// committed takes the outcome of the commit under way.
func (w *worker) committed(err error) error { return w.commits.answer(w, err) }

// finish commits everything, with checkpoints, so that whoever goes on has nothing to replay, and
// leaves nothing under way. The commit that is already with the broker is waited for first: it and the
// last one are not to be with the broker at once.
//
// The context is ignored: by now that of the session has ended. The last commit has DrainTimeout. If
// it fails, the tasks are void, and the next owner reads the records since the last commit again (I13).
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

// settle waits for the commit under way, for as long as a rebalance allows. After that the commit is
// cancelled, which makes its answer a failure: a member that holds up the rebalance for longer is thrown
// out of the group, and its commit would be refused anyway.
func (w *worker) settle() error {
	if w.commits.state == commitNone {
		return nil
	}
	limit := time.AfterFunc(w.run.cfg.DrainTimeout, w.commits.cancel)
	defer limit.Stop()
	return w.committed(<-w.commits.done)
}
