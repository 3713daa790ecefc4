package runner

import (
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	// sliceRecords bounds how long a worker does not look up.
	sliceRecords = 128
	// aheadRecords is how many records are decoded before they are processed: enough for a core to wait
	// for all of what they need at once.
	aheadRecords = 16
)

// slice processes the next records of a feed's first chunk, and keeps account of what they bring.
func (w *worker) slice(f *feed, now time.Time) error {
	t, before := w.byTP[f.chunks[0].Info().TopicPartition], w.meter.records
	err := w.records(f, t, now)
	n := int(w.meter.records - before)
	switch {
	case t == nil || n == 0:
	case t.source.Carried:
		end := w.run.cfg.Now()
		w.backlog.cameBack(n, end.Sub(now), end)
	case t.role.WatermarksTo != "":
		w.backlog.took(n, now)
	}
	return err
}

// records processes the next records of a feed's first chunk; t is nil where they are broadcast.
// What they need from outside is got before, while tables may go on.
func (w *worker) records(f *feed, t *workerTask, now time.Time) error {
	c := f.chunks[0]
	info := c.Info()
	w.input = pipeline.Input{Kind: pipeline.InputRecord, Now: pipeline.Time(now.UnixMilli())}
	for left := sliceRecords; left > 0; {
		n, more := f.decode(c, min(left, aheadRecords))
		if t != nil {
			if err := t.role.PrepareFor(f.records[:n]); err != nil {
				return fatalError{fmt.Errorf("prepare records of %v: %w", info.TopicPartition, err)}
			}
		}
		if err := w.processed(f, t, n, more, info); err != nil || !more {
			return err
		}
		left -= n
	}
	return nil
}

// processed processes the n records that are decoded, and ends the chunk where it has no more. Tables
// stand still meanwhile.
func (w *worker) processed(f *feed, t *workerTask, n int, more bool, info pipeline.ChunkInfo) error {
	w.run.tables.lock.RLock()
	defer w.run.tables.lock.RUnlock()
	if err := w.process(t, f.records[:n], info.TopicPartition); err != nil || more {
		return err
	}
	return w.endChunk(f, t, info)
}

// process gives records to their task, or to those that listen to their topic. An error is fatal: a
// task answers with none for a record that it cannot use (I15), so that whatever comes out would come
// out again after a restore.
func (w *worker) process(t *workerTask, records []pipeline.Record, tp pipeline.TopicPartition) error {
	w.meter.records += int64(len(records))
	if t != nil {
		t.task.Ahead(records)
	}
	for i := range records {
		w.input.Record = &records[i]
		if t == nil {
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
	}
	return nil
}

func (w *worker) endChunk(f *feed, t *workerTask, info pipeline.ChunkInfo) error {
	err := f.chunks[0].Err()
	f.drop()
	if err != nil {
		return err
	}
	if t != nil {
		t.task.SkipTo(info.NextOffset)
		w.touched = w.touched || t.task.Touched()
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
