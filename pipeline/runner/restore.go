package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// restorer makes tasks of a worker ready to go on, beside the worker, which works on its others
// meanwhile. The tasks are the restorer's alone until it hands them over. The order leaves no gap: the
// producer has been initialised, which aborts or fences what was open under its id; then the committed
// offsets, which wait out open transactions of others; then the ends of the changelogs, which hold by
// now all that belongs to those offsets; then the changelogs up to there, and the source again from
// the last checkpoint to the committed offset.
//
// There is one for each worker, with one fetcher, so that restores need no more memory at once than
// that, however many tasks there are.
type restorer struct {
	// worker is whose tasks these are. The restorer reads its configuration only; what else the worker
	// has is touched in its own goroutine.
	worker *worker
	// batches are the tasks to restore, in their order. From start until they are handed over nobody else
	// looks at them.
	batches [][]*workerTask
	// handed brings each batch to the worker's loop. It has no buffer: a batch that the worker does not
	// take, because its generation has ended, is not half handed over.
	handed chan handover
	// stop ends the restore, and done is closed when its goroutine has ended; both are nil where none
	// runs.
	stop context.CancelFunc
	done chan struct{}
}

// handover is a batch of tasks that are ready, or why they never will be.
type handover struct {
	tasks []*workerTask
	// follow is where broadcasts go on from: the offset up to which these tasks have been given each of
	// their partitions.
	follow map[pipeline.TopicPartition]int64
	// err is fatal: what a retry could mend has been tried again inside.
	err error
}

// start begins to restore tasks, in a goroutine that ends with ctx, with halt, or when all are handed
// over. The restorer must be halted.
func (r *restorer) start(ctx context.Context, w *worker, fresh []*workerTask) {
	if len(fresh) == 0 {
		return
	}
	ctx, stop := context.WithCancel(pipeline.WithCaller(ctx, fmt.Sprintf("restorer %d", w.index)))
	*r = restorer{worker: w, batches: batches(fresh, slices.ContainsFunc(w.running, (*workerTask).merged)), handed: make(chan handover), stop: stop, done: make(chan struct{})}
	go r.run(ctx)
}

// halt ends the restore and waits until its goroutine has. What was read of the changelogs stays with
// the tasks, so that the next generation reads on from there. It may be called where nothing runs.
func (r *restorer) halt() {
	if r.stop == nil {
		return
	}
	r.stop()
	<-r.done
	*r = restorer{}
}

// run restores batch after batch. The first error is the last word: the worker ends by it.
func (r *restorer) run(ctx context.Context) {
	defer close(r.done)
	for _, batch := range r.batches {
		follow, err := r.untilRestored(ctx, batch)
		if ctx.Err() != nil {
			return
		}
		select {
		case r.handed <- handover{batch, follow, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// batches are the tasks of which something has been read before, and the others. The former go first,
// and by themselves: they have only a tail to read, and would otherwise wait until the longest
// changelog has been read from its beginning. Where nothing is held at all there is one batch, and one
// reader for all of it.
//
// Those whose sources are merged are never apart: what is read before the others are there is out of
// order. They come first where the merge is at work, and else with those that they would keep waiting.
func batches(tasks []*workerTask, merging bool) [][]*workerTask {
	var merged, soon, others []*workerTask
	for _, t := range tasks {
		switch {
		case t.merged() && !t.source.Leads:
			merged = append(merged, t)
		case t.stood != nil:
			soon = append(soon, t)
		default:
			others = append(others, t)
		}
	}
	all := [][]*workerTask{merged, soon, others}
	if !merging {
		all = [][]*workerTask{soon, append(others, merged...)}
	}
	return slices.DeleteFunc(all, func(b []*workerTask) bool { return len(b) == 0 })
}

// untilRestored tries until it succeeds, fails for good, or ctx ends. It does not give up on a cluster
// that does not answer: the worker's other tasks go on meanwhile, and nobody else could restore these
// sooner.
func (r *restorer) untilRestored(ctx context.Context, batch []*workerTask) (map[pipeline.TopicPartition]int64, error) {
	cfg := &r.worker.run.cfg
	for wait := cfg.RestartBackoff; ; wait = min(2*wait, longestBackoff) {
		follow, err := r.restore(ctx, batch)
		if err == nil || fatal(err) || ctx.Err() != nil {
			return follow, err
		}
		cfg.Events.restoreFailed(r.worker.index, err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// restore brings the tasks of a batch to their last commits, in the order that restorer explains; each
// step is worth nothing without the ones before it. After an error the tasks are as if nothing had been
// done, but for what was read of their changelogs, and the whole may be tried again: offsets are looked
// up anew, since another may have committed meanwhile.
func (r *restorer) restore(ctx context.Context, batch []*workerTask) (follow map[pipeline.TopicPartition]int64, err error) {
	began := r.worker.run.cfg.Now()
	// Tasks of an earlier attempt may have been given broadcasts already, which would come twice.
	for _, t := range batch {
		t.task, t.stopped = nil, nil
	}
	if err := r.lookUp(ctx, batch); err != nil {
		return nil, err
	}
	if err := r.readChangelogs(ctx, batch); err != nil {
		return nil, err
	}
	// Those whose changelogs cannot be read are handed over as they are, and the others go on.
	batch = slices.DeleteFunc(slices.Clone(batch), func(t *workerTask) bool { return t.stopped != nil })
	r.standing(batch)
	// From here on no task is a standby any more: what was read can no longer be continued, also where another of the batch
	// is tried again.
	for _, t := range batch {
		t.task, t.stood = t.stood.task, nil
	}
	for _, t := range batch {
		if err := t.task.Resume(t.last); err != nil {
			return nil, r.unlessStale(ctx, t, err)
		}
	}
	// Tables and broadcasts come before the replay: its records meet processors that know what they knew
	// then, or at least as much.
	if err := r.awaitTables(ctx, batch); err != nil {
		return nil, err
	}
	if follow, err = r.readBroadcasts(ctx, batch); err != nil {
		return nil, err
	}
	if err := r.replay(ctx, batch); err != nil {
		return nil, err
	}
	// Whatever comes now is new: the tasks stand at their last commits.
	took := r.worker.run.cfg.Now().Sub(began)
	for _, t := range batch {
		if t.stopped != nil {
			continue
		}
		r.worker.run.cfg.Events.restored(t.id, Restored{Records: t.read, Keys: t.task.Keys(), Took: took})
	}
	return follow, nil
}

// standing lets tasks whose position the group does not know go on from where their changelogs say that they stood: a
// group is deleted, and its offsets expire, while the state is kept. Read from the start of the source, everything would
// count once more.
func (r *restorer) standing(batch []*workerTask) {
	for _, t := range batch {
		if t.committed || t.stood == nil {
			continue
		}
		if c, ok := t.stood.task.Standing(); ok {
			t.last = c
			r.worker.run.cfg.Events.positionKept(t.id, c.Offset)
		}
	}
}

// unlessStale makes an error of Resume a transient one where the task has been committed by another
// since its committed offset was read. That offset and the changelog do not belong together then: our
// generation is over, though we have not heard of it yet. Told apart from that, the same error means
// that the changelog lacks what was committed, which no retry mends.
func (r *restorer) unlessStale(ctx context.Context, t *workerTask, err error) error {
	run := r.worker.run
	// The answer may be newer than the one that Resume was given; that is the point of asking.
	committed, again := run.cfg.Cluster.Committed(ctx, run.cfg.Group, []pipeline.TopicPartition{t.id.Source})
	if again != nil {
		return fmt.Errorf("committed offsets: %w", again)
	}
	if c, found := committed[t.id.Source]; found && c != t.last {
		return pipeline.Transient("committed-meanwhile", fmt.Errorf("task %v: another has committed offset %d", t.id, c.Offset))
	}
	return fatalError{err}
}

// lookUp learns the committed offsets, and where those sources begin that have none. Such a source is
// read from its start: a group that is new takes in what is there, and does not only wait for what
// comes.
func (r *restorer) lookUp(ctx context.Context, batch []*workerTask) error {
	run := r.worker.run
	committed, err := run.committed(ctx, batch)
	if err != nil {
		return err
	}
	var missing []pipeline.TopicPartition
	for _, t := range batch {
		if t.last, t.committed = committed[t.id.Source]; !t.committed {
			missing = append(missing, t.id.Source)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	// Asked only where it is needed: the start moves with retention, and means nothing to a task that
	// has committed.
	starts, err := run.cfg.Cluster.StartOffsets(ctx, missing)
	if err != nil {
		return fmt.Errorf("start offsets of sources: %w", err)
	}
	for _, t := range batch {
		if !t.committed {
			t.last = pipeline.OffsetCommit{TopicPartition: t.id.Source, Offset: starts[t.id.Source]}
		}
	}
	return nil
}

// committed looks up what the group has committed for the sources of tasks. It waits until transactions
// that hold offsets of theirs are decided (I4): an offset from before the predecessor's last commit
// would let its records be processed twice.
func (r *Runner) committed(ctx context.Context, tasks []*workerTask) (map[pipeline.TopicPartition]pipeline.OffsetCommit, error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	sources := make([]pipeline.TopicPartition, len(tasks))
	for i, t := range tasks {
		sources[i] = t.id.Source
	}
	committed, err := r.cfg.Cluster.Committed(ctx, r.cfg.Group, sources)
	if err != nil {
		return nil, fmt.Errorf("committed offsets: %w", err)
	}
	return committed, nil
}

// readChangelogs builds the tasks and reads their changelogs to the ends, from where somebody has come
// to already: a standby, a copy on this machine, or an attempt before. Records go into the stores as
// they come and are not kept, so that a changelog may be many times the size of its state (I10). After
// an error the tasks keep what was read. A task whose changelog has a batch that cannot be read stops.
func (r *restorer) readChangelogs(ctx context.Context, batch []*workerTask) error {
	run := r.worker.run
	tasks := make(map[pipeline.TopicPartition]*workerTask)
	// Tasks write their copies in the order of the batch, not of a map: copies share a database, which
	// flushes by a count of bytes, so that the order decides what of whom is on disk after a crash.
	var logs []pipeline.TopicPartition
	for _, t := range batch {
		if err := run.stand(&t.stood, t.role, t.id.Source); err != nil {
			return err
		}
		if t.role.Changelog != "" {
			tasks[t.stood.task.Changelog()] = t
			logs = append(logs, t.stood.task.Changelog())
		}
	}
	// Nobody goes on behind a batch that cannot be read: what comes after belongs to what it holds.
	fetch := run.cfg.reader()
	fetch.Resume = false
	// One time for all: it says from when on a copy is known to have been complete.
	now := run.now()
	l := tail{
		cluster: run.cfg.Cluster, fetch: fetch,
		begin: func(tp pipeline.TopicPartition, start, end int64) (int64, error) {
			return run.open(&tasks[tp].stood, pipeline.ChangelogSpan{Start: start, End: end, Now: now})
		},
		record: func(tp pipeline.TopicPartition, rec *pipeline.Record) error {
			t := tasks[tp]
			t.read++
			return t.stood.task.Restore(rec)
		},
		unreadable: func(l pipeline.Loss) {
			tasks[l.TopicPartition].stopped = unreadableState(tasks[l.TopicPartition].id, l)
		},
		progress: func(tp pipeline.TopicPartition, done, total int64) { run.cfg.Events.restore(tasks[tp].id, done, total) },
	}
	err := l.read(ctx, logs)
	// After an error, too: what was read need not be read again by the next attempt.
	for tp, next := range l.next {
		tasks[tp].stood.next = next
	}
	if err != nil {
		return err
	}
	// The changelog was read committed and to its end, so that the copy may keep all of it.
	for _, tp := range logs {
		t := tasks[tp]
		if t.stopped != nil {
			continue
		}
		t.stood.at = now
		if err := t.stood.task.Committed(pipeline.CopyPosition{Offset: l.next[tp], At: now}); err != nil {
			return fatalError{err}
		}
	}
	return nil
}

// unreadableState says that a changelog cannot be read, and what can be done. What a loss says of itself is for
// sources, of which a part may be left out.
func unreadableState(id pipeline.TaskID, l pipeline.Loss) error {
	return fmt.Errorf("the state of task %v cannot be restored: the record batch at %s/%d, offset %d, cannot be read: %w; where another replica of the partition has it whole, make that one the leader; else build the state anew (attune reprocess)",
		id, l.Topic, l.Partition, l.From, cmp.Or(errors.Unwrap(l.Err), l.Err))
}

// awaitTables waits until the process's tables hold all that their topics held when the tasks began.
// Without that the first records after a start would find tables half filled.
func (r *restorer) awaitTables(ctx context.Context, fresh []*workerTask) error {
	run := r.worker.run
	// Only the tables of these tasks' roles count. Another table that lags must not hold them up.
	topics := make(map[string]bool)
	for _, t := range fresh {
		for _, s := range t.role.Tables {
			topics[s.Topic] = true
		}
	}
	var tps []pipeline.TopicPartition
	for _, tp := range run.tables.tps {
		if topics[tp.Topic] {
			tps = append(tps, tp)
		}
	}
	if len(tps) == 0 {
		return nil
	}
	ends, err := run.cfg.Cluster.EndOffsets(ctx, tps)
	if err != nil {
		return fmt.Errorf("end offsets of tables: %w", err)
	}
	// The tables are followed by the process all the time, so that this is short but for the first start.
	return run.tables.wait(ctx, ends)
}

// readBroadcasts gives new tasks the broadcast topics from their start to their present end, before
// their first record. From there the urgent feed follows them for all tasks of the worker; what a task
// has had already it passes over. It is done at each restore, since what processors make of broadcasts
// is not in the changelog. The outputs of what the last commit had seen are discarded by the task,
// those of what it had not seen are held until the worker takes it over.
// Where a batch cannot be read tasks begin with what comes before it, or go on behind it where losses are passed over: the
// feed, which comes to the same batch or has the rest, tells of it.
func (r *restorer) readBroadcasts(ctx context.Context, fresh []*workerTask) (map[pipeline.TopicPartition]int64, error) {
	run := r.worker.run
	byTopic := make(map[string][]*workerTask)
	var tps []pipeline.TopicPartition
	for _, t := range fresh {
		for _, topic := range t.role.Broadcasts {
			// Two roles of one broadcast share the read: each record goes to all their tasks.
			if byTopic[topic] == nil {
				tps = append(tps, partitionsOf(topic, run.counts.of(topic))...)
			}
			byTopic[topic] = append(byTopic[topic], t)
		}
	}
	now := run.now()
	all := tail{
		cluster: run.cfg.Cluster, fetch: run.cfg.reader(),
		unreadable: func(l pipeline.Loss) {
			if l.Resumed {
				run.cfg.lost(l)
			}
		},
		record: func(tp pipeline.TopicPartition, rec *pipeline.Record) error {
			if rec.Unreadable {
				return nil
			}
			// A processor may look into a table, which must not change meanwhile.
			run.tables.lock.RLock()
			defer run.tables.lock.RUnlock()
			for _, t := range byTopic[tp.Topic] {
				if err := t.task.Step(&pipeline.Input{Kind: pipeline.InputBroadcast, Now: now, Record: rec}); err != nil {
					return fatalError{err}
				}
			}
			return nil
		},
	}
	if err := all.read(ctx, tps); err != nil {
		return nil, err
	}
	return all.next, nil
}

// replay gives the tasks once more what they took after their last checkpoints. Until then a task is in
// the state of the checkpoint, and its outputs since then are already with their readers: it must come
// to the same again before it may take anything new. One that does not stops, and the others go on.
func (r *restorer) replay(ctx context.Context, fresh []*workerTask) error {
	run := r.worker.run
	// A task whose commits had no records, only ticks or broadcasts, has an empty span: it is not read,
	// but is told all the same that its replay is over.
	spans, tasks := make(map[pipeline.TopicPartition]span), make(map[pipeline.TopicPartition]*workerTask)
	for _, t := range fresh {
		if from, to, ok := t.task.Unreplayed(); ok {
			tasks[t.id.Source] = t
			if from < to {
				spans[t.id.Source] = span{from, to}
			}
		}
	}
	if err := r.checkThere(ctx, spans); err != nil {
		return err
	}
	var input pipeline.Input
	fetch := run.cfg.reader()
	// What could not be read has been told of, and comes again as it was. What is gone is another matter.
	fetch.Lost = func(l pipeline.Loss) bool { return l.Resumed && l.Unreadable }
	t := tail{
		cluster: run.cfg.Cluster, fetch: fetch,
		record: func(tp pipeline.TopicPartition, rec *pipeline.Record) error {
			// A fetch brings whole batches. What lies behind the committed offset is not part of the
			// replay.
			if rec.Offset >= spans[tp].to || tasks[tp].stopped != nil {
				return nil
			}
			// What Process needs from outside was got before the failure, by a process that is gone.
			if get := tasks[tp].role.Missing([]pipeline.Record{*rec}); get != nil {
				if err := run.cfg.Events.untilGot(ctx, tp, get); err != nil {
					return err
				}
			}
			input = pipeline.Input{Kind: pipeline.InputRecord, Record: rec}
			return tasks[tp].replayed(tasks[tp].task.Step(&input))
		},
		progress: func(tp pipeline.TopicPartition, done, total int64) { run.cfg.Events.restore(tasks[tp].id, done, total) },
	}
	if err := t.readSpans(ctx, spans); err != nil {
		return err
	}
	// The source is read to the committed offset. What is left of the order records, ticks and broadcasts
	// after the last record, is done by InputReplayed.
	for _, t := range fresh {
		if tasks[t.id.Source] == nil {
			continue
		}
		if t.stopped == nil {
			if err := t.replayed(t.task.Step(&pipeline.Input{Kind: pipeline.InputReplayed, Now: run.now()})); err != nil {
				return err
			}
		}
		if t.stopped != nil {
			continue
		}
		run.cfg.Events.replayed(t.id, t.task.Replayed())
	}
	return nil
}

// replayed notes what came of a step of a replay. That it differs from what was stops the task; any other error
// ends the runner.
func (t *workerTask) replayed(err error) error {
	if pipeline.ReasonOf(err) == pipeline.ReasonReplayDiffers {
		t.stopped = err
		return nil
	}
	return fatally(err)
}

// checkThere checks that the sources still hold what is to be replayed, and cuts off what is gone at
// their start. That a task finds out by itself, by the records that it misses; what is gone at their
// end would be waited for without end, and means that the broker has lost what it acknowledged. spans
// is changed in place.
func (r *restorer) checkThere(ctx context.Context, spans map[pipeline.TopicPartition]span) error {
	run := r.worker.run
	if len(spans) == 0 {
		return nil
	}
	tps := slices.SortedFunc(maps.Keys(spans), compareTP)
	starts, err := run.cfg.Cluster.StartOffsets(ctx, tps)
	if err != nil {
		return fmt.Errorf("start offsets of sources: %w", err)
	}
	ends, err := run.cfg.Cluster.EndOffsets(ctx, tps)
	if err != nil {
		return fmt.Errorf("end offsets of sources: %w", err)
	}
	for _, tp := range tps {
		s := spans[tp]
		if ends[tp] < s.to {
			return fatalError{pipeline.Corruptf("%s/%d ends at offset %d, but %d was committed: the broker has lost records", tp.Topic, tp.Partition, ends[tp], s.to)}
		}
		// Retention may have taken the whole span. The task then misses its records, and says so
		// itself.
		if s.from = max(s.from, starts[tp]); s.from >= s.to {
			delete(spans, tp)
		} else {
			spans[tp] = s
		}
	}
	return nil
}

// fatally marks an error as one that ends the runner; nil stays nil.
func fatally(err error) error {
	if err == nil {
		return nil
	}
	return fatalError{err}
}

// partitionsOf lists all n partitions of a topic.
func partitionsOf(topic string, n int32) []pipeline.TopicPartition {
	tps := make([]pipeline.TopicPartition, n)
	for i := range tps {
		tps[i] = pipeline.TopicPartition{Topic: topic, Partition: int32(i)}
	}
	return tps
}

// retried calls f until it succeeds, fails for good, or ctx ends; the pauses double up to
// longestBackoff. At the end of ctx it returns no error, since nothing has gone wrong: callers look at
// ctx before they use what it returns.
func retried[T any](ctx context.Context, cfg *Config, f func() (T, error)) (T, error) {
	wait := cfg.RestartBackoff
	for attempt := 1; ; attempt++ {
		v, err := f()
		// Only what is said to be transient is worth another try: anything else would fail in the same way,
		// and nobody would hear of it.
		if err == nil || ctx.Err() != nil || pipeline.KindOf(err) != pipeline.KindTransient {
			if ctx.Err() != nil {
				err = nil
			}
			if attempt > 1 {
				cfg.Events.waiting(0, nil)
			}
			return v, err
		}
		cfg.Events.waiting(attempt, err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		wait = min(2*wait, longestBackoff)
	}
}
