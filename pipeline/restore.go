package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// prepare makes every task of the worker ready to go on, in an order that leaves no gap: the
// producer first, which aborts or fences what was open under its id; then the committed offsets,
// which wait out open transactions of others; then the ends of the changelogs, which hold by now all
// that belongs to those offsets; then the changelogs up to there, and the source again from the last
// checkpoint to the committed offset. Tasks whose commit is still ours are kept as they are.
func (w *worker) prepare(ctx context.Context) error {
	cluster := w.run.cfg.Cluster
	if err := w.initProducer(ctx); err != nil {
		return err
	}
	sources := make([]TopicPartition, len(w.tasks))
	for i, t := range w.tasks {
		sources[i] = t.id.Source
	}
	committed, err := cluster.Committed(ctx, w.run.cfg.Group, sources)
	if err != nil {
		return fmt.Errorf("committed offsets: %w", err)
	}
	var fresh []*workerTask
	for _, t := range w.tasks {
		c, found := committed[t.id.Source]
		kept := t.valid && found == t.committed && (!found || c == t.last)
		if !kept {
			t.task, t.valid, t.last, t.committed = nil, false, c, found
			fresh = append(fresh, t)
		}
		w.run.cfg.Events.taskAssigned(t.id, w.index, kept)
	}
	if len(fresh) == 0 {
		return nil
	}
	return w.restore(ctx, fresh)
}

func (w *worker) initProducer(ctx context.Context) error {
	if w.producer == nil {
		w.producer = w.run.cfg.Cluster.NewProducer(w.run.producerConfig(w.index))
	}
	if w.ready {
		return nil
	}
	if err := w.producer.Init(ctx); err != nil {
		return fmt.Errorf("initialise producer: %w", err)
	}
	w.ready = true
	return nil
}

func (w *worker) restore(ctx context.Context, fresh []*workerTask) error {
	if err := w.startNew(ctx, fresh); err != nil {
		return err
	}
	if err := w.readChangelogs(ctx, fresh); err != nil {
		return err
	}
	for _, t := range fresh {
		if err := t.task.Resume(t.last); err != nil {
			return w.unlessStale(ctx, t, err)
		}
	}
	if err := w.awaitTables(ctx, fresh); err != nil {
		return err
	}
	if err := w.readBroadcasts(ctx, fresh); err != nil {
		return err
	}
	if err := w.replay(ctx, fresh); err != nil {
		return err
	}
	for _, t := range fresh {
		t.valid = true
	}
	return nil
}

// unlessStale makes an error of Resume a transient one where the task has been committed by another
// since its committed offset was read. That offset and the changelog do not belong together then, and
// our generation is over, though we have not heard of it yet.
func (w *worker) unlessStale(ctx context.Context, t *workerTask, err error) error {
	committed, again := w.run.cfg.Cluster.Committed(ctx, w.run.cfg.Group, []TopicPartition{t.id.Source})
	if again != nil {
		return fmt.Errorf("committed offsets: %w", again)
	}
	if c, found := committed[t.id.Source]; found && c != t.last {
		return Transient("committed-meanwhile", fmt.Errorf("task %v: another has committed offset %d", t.id, c.Offset))
	}
	return fatalError{err}
}

// startNew builds the tasks, empty, and finds where those begin that have never committed.
func (w *worker) startNew(ctx context.Context, fresh []*workerTask) error {
	var missing []TopicPartition
	for _, t := range fresh {
		task, err := NewTask(w.run.cfg.Topology, t.role, t.id.Source, w.run.environment(), w.producer)
		if KindOf(err) == KindTransient {
			return err
		}
		if err != nil {
			return fatalError{err}
		}
		t.task = task
		if !t.committed {
			missing = append(missing, t.id.Source)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	starts, err := w.run.cfg.Cluster.StartOffsets(ctx, missing)
	if err != nil {
		return fmt.Errorf("start offsets of sources: %w", err)
	}
	for _, t := range fresh {
		if !t.committed {
			t.last = OffsetCommit{TopicPartition: t.id.Source, Offset: starts[t.id.Source]}
		}
	}
	return nil
}

func (w *worker) readChangelogs(ctx context.Context, fresh []*workerTask) error {
	tasks := make(map[TopicPartition]*workerTask)
	for _, t := range fresh {
		if t.role.Changelog != "" {
			tasks[TopicPartition{t.role.Changelog, t.id.Source.Partition}] = t
		}
	}
	now := Time(w.run.cfg.Now().UnixMilli())
	t := tail{
		cluster: w.run.cfg.Cluster, fetch: w.run.cfg.Fetch,
		begin: func(tp TopicPartition, start, end int64) (int64, error) {
			from, err := tasks[tp].task.OpenCopy(ChangelogSpan{Start: start, End: end, Now: now})
			if err != nil {
				return 0, fatalError{err}
			}
			return from, nil
		},
		record: func(tp TopicPartition, r *Record) error { return tasks[tp].task.Restore(r) },
		progress: func(tp TopicPartition, done, total int64) {
			w.run.cfg.Events.restore(tasks[tp].id, done, total)
		},
	}
	if err := t.read(ctx, slices.Collect(maps.Keys(tasks))); err != nil {
		return err
	}
	for tp, task := range tasks {
		if err := task.task.Committed(CopyPosition{t.next[tp], now}); err != nil {
			return fatalError{err}
		}
	}
	return nil
}

// awaitTables waits until the process's tables hold all that their topics held when the tasks
// began.
func (w *worker) awaitTables(ctx context.Context, fresh []*workerTask) error {
	topics := make(map[string]bool)
	for _, t := range fresh {
		for _, s := range t.role.Tables {
			topics[s.Topic] = true
		}
	}
	var tps []TopicPartition
	for _, tp := range w.run.tables.tps {
		if topics[tp.Topic] {
			tps = append(tps, tp)
		}
	}
	if len(tps) == 0 {
		return nil
	}
	ends, err := w.run.cfg.Cluster.EndOffsets(ctx, tps)
	if err != nil {
		return fmt.Errorf("end offsets of tables: %w", err)
	}
	return w.run.tables.wait(ctx, ends)
}

// readBroadcasts gives new tasks the broadcast topics from their start to their present end. From
// there the urgent feed follows them for all tasks of the worker; what a task has had already it
// passes over.
func (w *worker) readBroadcasts(ctx context.Context, fresh []*workerTask) error {
	byTopic := make(map[string][]*workerTask)
	var tps []TopicPartition
	for _, t := range fresh {
		for _, topic := range t.role.Broadcasts {
			if byTopic[topic] == nil {
				tps = append(tps, partitionsOf(topic, w.run.counts.of(topic))...)
			}
			byTopic[topic] = append(byTopic[topic], t)
		}
	}
	now := Time(w.run.cfg.Now().UnixMilli())
	all := tail{
		cluster: w.run.cfg.Cluster, fetch: w.run.cfg.Fetch,
		record: func(tp TopicPartition, r *Record) error {
			for _, t := range byTopic[tp.Topic] {
				w.input = Input{Kind: InputBroadcast, Now: now, Record: r}
				if err := t.task.Step(&w.input); err != nil {
					return fatalError{err}
				}
			}
			return nil
		},
	}
	err := all.read(ctx, tps)
	for tp, next := range all.next {
		if _, ok := w.follow[tp]; !ok {
			w.follow[tp] = next
		}
	}
	return err
}

// replay gives the tasks once more what they took after their last checkpoints.
func (w *worker) replay(ctx context.Context, fresh []*workerTask) error {
	spans, tasks := make(map[TopicPartition]span), make(map[TopicPartition]*workerTask)
	for _, t := range fresh {
		if from, to, ok := t.task.Unreplayed(); ok {
			tasks[t.id.Source] = t
			if from < to {
				spans[t.id.Source] = span{from, to}
			}
		}
	}
	if err := w.checkThere(ctx, spans); err != nil {
		return err
	}
	t := tail{
		cluster: w.run.cfg.Cluster, fetch: w.run.cfg.Fetch,
		record: func(tp TopicPartition, r *Record) error {
			if r.Offset >= spans[tp].to {
				return nil
			}
			w.input = Input{Kind: InputRecord, Record: r}
			return fatally(tasks[tp].task.Step(&w.input))
		},
		progress: func(tp TopicPartition, done, total int64) { w.run.cfg.Events.restore(tasks[tp].id, done, total) },
	}
	if err := t.readSpans(ctx, spans); err != nil {
		return err
	}
	for _, t := range tasks {
		w.input = Input{Kind: InputReplayed, Now: Time(w.run.cfg.Now().UnixMilli())}
		if err := t.task.Step(&w.input); err != nil {
			return fatalError{err}
		}
		w.run.cfg.Events.replayed(t.id, t.task.Replayed())
	}
	return nil
}

// checkThere checks that the sources still hold what is to be replayed. What is gone at their start a
// task finds out by itself; what is gone at their end would be waited for.
func (w *worker) checkThere(ctx context.Context, spans map[TopicPartition]span) error {
	if len(spans) == 0 {
		return nil
	}
	tps := slices.Collect(maps.Keys(spans))
	starts, err := w.run.cfg.Cluster.StartOffsets(ctx, tps)
	if err != nil {
		return fmt.Errorf("start offsets of sources: %w", err)
	}
	ends, err := w.run.cfg.Cluster.EndOffsets(ctx, tps)
	if err != nil {
		return fmt.Errorf("end offsets of sources: %w", err)
	}
	for tp, s := range spans {
		if ends[tp] < s.to {
			return fatalError{Corruptf("%s/%d ends at offset %d, but %d was committed: the broker has lost records", tp.Topic, tp.Partition, ends[tp], s.to)}
		}
		if s.from = max(s.from, starts[tp]); s.from >= s.to {
			delete(spans, tp)
		} else {
			spans[tp] = s
		}
	}
	return nil
}

func fatally(err error) error {
	if err == nil {
		return nil
	}
	return fatalError{err}
}

func partitionsOf(topic string, n int32) []TopicPartition {
	tps := make([]TopicPartition, n)
	for i := range tps {
		tps[i] = TopicPartition{topic, int32(i)}
	}
	return tps
}

// retried calls f until it succeeds, fails for good, or ctx ends.
func retried[T any](ctx context.Context, cfg *RunnerConfig, f func() (T, error)) (T, error) {
	for wait := cfg.RestartBackoff; ; wait = min(2*wait, longestBackoff) {
		v, err := f()
		if err == nil || ctx.Err() != nil || KindOf(err) != KindTransient {
			if ctx.Err() != nil {
				err = nil
			}
			return v, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
