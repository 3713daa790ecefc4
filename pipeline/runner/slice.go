package runner

import (
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// sliceRecords bounds how long a worker does not look up: a call that arrives meanwhile waits for the
// slice, and so do ticks and answers of commits.
const sliceRecords = 128

// slice processes the next records of a lane's first chunk, and keeps account of what they bring.
func (w *worker) slice(l *lane, now time.Time) error {
	before := w.meter.records
	err := w.records(l, now)
	w.account(l, int(w.meter.records-before), now)
	return err
}

// account counts n records of a lane, which have been processed since began. Both ends of the way that makes a
// backlog are counted, so that it is known how much is between them.
func (w *worker) account(l *lane, n int, began time.Time) {
	switch t := l.task; {
	// A broadcast is nobody's work.
	case t == nil || n == 0:
	case t.source.Carried:
		end := w.run.cfg.Now()
		w.run.backlog.cameBack(n, end.Sub(began), end)
	case t.role.WatermarksTo != "":
		w.run.backlog.took(n, began)
	}
}

// records processes the next records of a lane's first chunk.
func (w *worker) records(l *lane, now time.Time) error {
	// Not beyond the chunk: the lane whose chunk arrived next has its turn, or one busy partition would starve others.
	chunk := l.chunks[0]
	for left := sliceRecords; left > 0 && l.ready() && l.chunks[0] == chunk; {
		n := min(l.n-l.next, left)
		if err := w.some(l, n, now); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// mergeSlice processes the next records of all merged lanes, in the order in which they became known.
func (w *worker) mergeSlice(now time.Time) error {
	m := &w.merge
	limit := w.readUntil(now)
	for left := sliceRecords; left > 0; {
		// nil, too, where the earliest must wait: for a lane of this worker that is empty, or for another process.
		l := m.first(limit)
		if l == nil {
			break
		}
		n := m.run(limit, left)
		known, first := l.known[l.next+n-1], l.known[l.next]+l.by
		if err := w.some(l, n, now); err != nil {
			return err
		}
		if l.last = max(l.last, known); !l.leads {
			m.newest = max(m.newest, known)
		}
		w.account(l, n, now)
		if l.leads {
			m.lead.read(first, m.newest)
			limit = w.readUntil(now)
		}
		// The limit is costly, and moves when a lane runs dry: others wait for that lane now.
		if left -= n; l.at < 0 {
			limit = w.readUntil(now)
		}
	}
	return nil
}

// readUntil is the time by which a record of a merged lane may have become known if it is to be processed now.
func (w *worker) readUntil(now time.Time) pipeline.Time {
	if len(w.merge.heads) == 0 {
		return pipeline.MinTime
	}
	// The first for this worker's own lanes, the second for what other processes have.
	return min(w.merge.limit(w, now), w.run.pace.limit(now, w.merge.heads[0].head()))
}

// liveSlice processes the next records of a lane that somebody waits for, one by one: the next may be an old one,
// which has its turn in the order of time.
func (w *worker) liveSlice(l *lane, now time.Time) error {
	at := pipeline.Time(now.UnixMilli())
	for left := sliceRecords; left > 0 && l.ready() && w.run.cfg.Topology.Live(l.event[l.next], at); left-- {
		known := l.head()
		if err := w.some(l, 1, now); err != nil {
			return err
		}
		l.last = max(l.last, known)
		w.account(l, 1, now)
	}
	return nil
}

// some processes the next n records of a lane, and makes those after them ready. Tables stand still
// meanwhile.
func (w *worker) some(l *lane, n int, now time.Time) error {
	w.input = pipeline.Input{Kind: pipeline.InputRecord, Now: pipeline.Time(now.UnixMilli())}
	// One lock for all n: for each record it would cost as much as some of them do.
	w.run.tables.lock.RLock()
	err := w.process(l.task, l.records[l.next:l.next+n], l.tp)
	w.run.tables.lock.RUnlock()
	l.next += n
	if err != nil {
		return err
	}
	return w.fill(l)
}

// fill makes the next records of a lane ready, if there are any. Chunks without records for us, of
// markers or aborted records, are passed over here.
func (w *worker) fill(l *lane) error {
	for l.next == l.n && len(l.chunks) > 0 {
		if l.ended {
			if err := w.endChunk(l); err != nil {
				return err
			}
			continue
		}
		l.decode()
		if l.leads {
			l.by = w.merge.lead.by
		}
		if l.merged() {
			l.read(w.latest())
		}
		l.missing()
	}
	w.place(l)
	return nil
}

// place gives a merged lane its place among the others.
func (w *worker) place(l *lane) {
	if !l.merged() {
		return
	}
	// It has just run dry, or begins to wait for something from outside. Only this moment counts: a lane that stays
	// dry must not be waited for anew.
	if !l.ready() && (l.at >= 0 || l.preparing) {
		l.since = w.run.cfg.Now()
	}
	w.merge.update(l)
}

// latest is when a record may have become known at the latest.
func (w *worker) latest() pipeline.Time {
	// The times of a recorded log are its own, and may be of any year.
	if w.run.cfg.Topology.Clock == pipeline.ClockLog {
		return pipeline.MaxTime
	}
	return w.run.now()
}

// process gives records to their task, or to those that listen to their topic. An error is fatal: a
// task answers with none for a record that it cannot use (I15), so that whatever comes out would come
// out again after a restore.
func (w *worker) process(t *workerTask, records []pipeline.Record, tp pipeline.TopicPartition) error {
	w.meter.records += int64(len(records))
	// What the records need is fetched from memory together, before the first of them is stepped.
	if t != nil {
		t.task.Ahead(records)
	}
	for i := range records {
		w.input.Record = &records[i]
		if t == nil {
			// What could not be read was told of already.
			if records[i].Unreadable {
				continue
			}
			if err := w.broadcast(tp); err != nil {
				return err
			}
			continue
		}
		if err := t.task.Step(&w.input); err != nil {
			return fatalError{err}
		}
		w.urgent = w.urgent || t.task.Urgent()
		w.touched = true
		if t.source.Carried {
			w.hear(&records[i])
		}
	}
	return nil
}

// hear takes what a control record says of its writer's progress, if that is new.
func (w *worker) hear(r *pipeline.Record) {
	if p, ok := pipeline.ProgressOf(r); ok {
		w.run.pace.hear(p, time.UnixMilli(r.Timestamp))
	}
}

// endChunk drops the first chunk of a lane, whose records have been processed.
func (w *worker) endChunk(l *lane) error {
	err, info := l.chunks[0].Err(), l.chunks[0].Info()
	l.drop()
	if err != nil {
		return err
	}
	if l.task != nil {
		l.task.task.SkipTo(info.NextOffset)
		w.touched = w.touched || l.task.task.Touched()
	} else if _, ok := w.follow[info.TopicPartition]; ok {
		w.follow[info.TopicPartition] = info.NextOffset
	}
	return nil
}

// broadcast gives the record in w.input to every task whose role listens to its topic. A task that has
// had it passes over it: the feed reads from where the task that is furthest behind has come to.
func (w *worker) broadcast(tp pipeline.TopicPartition) error {
	w.input.Kind = pipeline.InputBroadcast
	for _, t := range w.running {
		if !slices.Contains(t.role.Broadcasts, tp.Topic) {
			continue
		}
		if err := t.task.Step(&w.input); err != nil {
			return fatalError{err}
		}
	}
	w.markTouched()
	return nil
}

// tick passes processing time on to every task, and tells it up to when its source was known to hold
// nothing more: only that word lets an idle clock move (I1). Tables stand still meanwhile, as in a
// slice. About once a second the worker reports.
func (w *worker) tick(now time.Time) error {
	w.nextTick = now.Add(w.run.cfg.TickInterval)
	w.run.tables.lock.RLock()
	defer w.run.tables.lock.RUnlock()
	for _, t := range w.running {
		w.input = pipeline.Input{Kind: pipeline.InputTick, Now: pipeline.Time(now.UnixMilli()), CaughtUp: w.run.ends.caughtUp(t.id.Source, t.task.Position())}
		if err := t.task.Step(&w.input); err != nil {
			return fatalError{err}
		}
	}
	w.markTouched()
	w.touched = w.touched || w.checkpointsDue(now)
	if w.tickCount++; w.tickCount%10 == 0 {
		w.report(now)
	}
	return nil
}

// markTouched finds out whether anything is to be committed, and soon. It asks the tasks again where
// more than one of them may have changed; a slice of one task notes that by itself.
func (w *worker) markTouched() {
	for _, t := range w.running {
		w.touched = w.touched || t.task.Touched() || t.task.Announces()
		w.urgent = w.urgent || t.task.Urgent()
	}
}

// report tells how far the tasks are, about once a second. It is the worker that tells, since nobody
// else may look at its tasks.
func (w *worker) report(now time.Time) {
	events := &w.run.cfg.Events
	for _, t := range w.running {
		if lag, ok := w.run.ends.lag(t.id.Source, t.task.Position()); ok {
			events.lag(t.id.Source, lag)
			w.reportFreshness(t, lag, now)
		}
		for i, c := range w.run.cfg.Topology.Channels {
			if mark, basis := t.task.Watermark(i); mark != pipeline.MinTime {
				events.watermark(t.id, c.Name, mark, basis)
			}
		}
	}
	w.meter.enter(phaseProcess, now)
	events.phase(w.index, w.meter.take())
}

// reportFreshness tells how far behind the broker's clock a task's source is. Without a record since
// the task began nothing is known. It is a time and not a number of records, which says how long
// somebody waits.
func (w *worker) reportFreshness(t *workerTask, lag int64, now time.Time) {
	stamped := t.task.Stamped()
	switch {
	case lag == 0:
		w.run.cfg.Events.freshness(t.id.Source, 0)
	case stamped > 0:
		w.run.cfg.Events.freshness(t.id.Source, max(0, now.Sub(time.UnixMilli(stamped))))
	}
}
