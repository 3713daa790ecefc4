package runner

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// runnerState lets other goroutines ask the workers while a generation is worked on. mu guards ctx, and
// nothing else: what the workers own is read in their own goroutines only, by way of ask.
type runnerState struct {
	mu sync.Mutex
	// ctx is the context of the generation, nil between two. Whoever asks the workers gives up with it:
	// their goroutines answer no command after its end.
	ctx context.Context
}

// begin lets ask reach the workers of a generation, whose context is ctx.
func (s *runnerState) begin(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = ctx
}

// end makes ask fail until the next generation begins.
func (s *runnerState) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = nil
}

// generation is the context of the generation that is worked on, nil between two.
func (s *runnerState) generation() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx
}

// ask runs f in the goroutine of each worker in turn, so that f may look at what the worker owns
// without a lock. The answers are of slightly different moments. False: no generation is being worked
// on, or it ended meanwhile, and some workers may not have been asked.
func (r *Runner) ask(ctx context.Context, f func(w *worker)) bool {
	gen := r.state.generation()
	if gen == nil {
		return false
	}
	for _, w := range r.workers {
		answered := make(chan struct{})
		select {
		case w.commands <- func() { f(w); close(answered) }:
			<-answered
		case <-gen.Done():
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// standing is what the workers say of themselves, together.
type standing struct {
	// ready: every task is restored.
	ready bool
	// idle: ready, nothing uncommitted, nothing fetched and not yet processed.
	idle bool
	// commits is how many commits have succeeded since the process began. Two equal readings say that
	// nothing was written between them.
	commits int64
	// positions is the next offset of each source partition whose task is restored here, and of each
	// broadcast partition.
	positions map[pipeline.TopicPartition]int64
	// newest is the newest event time that any source has seen, in Unix milliseconds; MinTime for none.
	newest pipeline.Time
	// slowest is the lowest watermark of any source that drives a channel; MaxTime where there is none.
	slowest pipeline.Time
}

// standing asks all workers. False: no generation is being worked on, and what it returns is a part at
// best.
func (r *Runner) standing(ctx context.Context) (standing, bool) {
	s := standing{ready: true, idle: true, positions: make(map[pipeline.TopicPartition]int64), newest: pipeline.MinTime, slowest: pipeline.MaxTime}
	ok := r.ask(ctx, func(w *worker) {
		s.idle = s.idle && !w.touched && w.commits.state == commitNone && !w.hasChunks()
		s.commits += w.commits.commits
		maps.Copy(s.positions, w.follow)
		for _, t := range w.tasks {
			if t.state != taskRunning {
				s.ready, s.idle = false, false
				continue
			}
			s.positions[t.id.Source] = t.task.Position()
			if t.task.HasEventTime() {
				s.newest = max(s.newest, t.task.Newest())
				s.slowest = min(s.slowest, t.task.SourceWatermark())
			}
		}
	})
	return s, ok
}

// Quiet blocks until everything that is in the topology's topics has been processed and committed,
// across all hops. It makes sense when nothing is being produced from outside: otherwise there is no
// such moment. With several processes in the group it waits for the others' committed offsets too,
// though not for their timers. It returns the error of ctx where that ends first, and others only where
// the cluster refuses for good; it polls at half the commit interval.
func (r *Runner) Quiet(ctx context.Context) error {
	ticker := time.NewTicker(max(r.cfg.CommitInterval/2, time.Millisecond))
	defer ticker.Stop()
	for {
		done, err := r.quiet(ctx)
		if err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// quiet compares the workers' positions with the ends of all partitions that the topology reads. It
// looks at the workers twice. Between the looks a commit could write to a partition whose end was
// already read, and its records would be missed; only commits write, so an equal count of commits says
// that the ends are still those.
func (r *Runner) quiet(ctx context.Context) (bool, error) {
	// Not idle is not quiet: the cluster need not be asked.
	before, ok := r.standing(ctx)
	if !ok || !before.idle {
		return false, ctx.Err()
	}
	lags, err := r.lags(ctx, before.positions)
	if err != nil {
		if pipeline.KindOf(err) == pipeline.KindTransient {
			return false, nil
		}
		return false, err
	}
	for _, lag := range lags {
		if lag > 0 {
			return false, nil
		}
	}
	after, ok := r.standing(ctx)
	return ok && after.idle && after.commits == before.commits, ctx.Err()
}

// Lag returns how far the group is behind the end of each source partition and this process behind that
// of each broadcast and table, all in offsets. Offsets that hold no record, such as markers of
// transactions, count as processed once they have been passed. It may be called at any time while Run
// runs, by any goroutine.
func (r *Runner) Lag(ctx context.Context) (map[pipeline.TopicPartition]int64, error) {
	s, _ := r.standing(ctx)
	return r.lags(ctx, s.positions)
}

// lags compares positions of this process with the ends of what the topology reads. Committed offsets
// of others are looked up after the ends: the other way round, a commit between the two would show as
// lag that is already made up for.
func (r *Runner) lags(ctx context.Context, positions map[pipeline.TopicPartition]int64) (map[pipeline.TopicPartition]int64, error) {
	var sources, all []pipeline.TopicPartition
	for _, topic := range r.cfg.Topology.SourceTopics() {
		sources = append(sources, partitionsOf(topic, r.counts.of(topic))...)
	}
	all = append(append(all, sources...), r.tables.tps...)
	for tp := range positions {
		if r.cfg.Topology.RoleOf(tp.Topic) == nil {
			all = append(all, tp) // a broadcast
		}
	}
	ends, err := r.cfg.Cluster.EndOffsets(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("end offsets: %w", err)
	}
	at, err := r.reached(ctx, sources, positions)
	if err != nil {
		return nil, err
	}
	lags := make(map[pipeline.TopicPartition]int64, len(ends))
	for tp, end := range ends {
		lags[tp] = max(0, end-at[tp])
	}
	return lags, nil
}

// reached is the position of every partition: this process's own; for sources of other members the
// group's committed offset, or the start of the partition where nothing was committed; and for tables
// that of the goroutine that follows them. own is not changed.
func (r *Runner) reached(ctx context.Context, sources []pipeline.TopicPartition, own map[pipeline.TopicPartition]int64) (map[pipeline.TopicPartition]int64, error) {
	at := maps.Clone(own)
	if at == nil {
		at = make(map[pipeline.TopicPartition]int64)
	}
	var others []pipeline.TopicPartition
	for _, tp := range sources {
		if _, ok := at[tp]; !ok {
			others = append(others, tp)
		}
	}
	if len(others) > 0 {
		starts, err := r.cfg.Cluster.StartOffsets(ctx, others)
		if err != nil {
			return nil, fmt.Errorf("start offsets: %w", err)
		}
		maps.Copy(at, starts)
		committed, err := r.cfg.Cluster.Committed(ctx, r.cfg.Group, others)
		if err != nil {
			return nil, fmt.Errorf("committed offsets: %w", err)
		}
		for tp, c := range committed {
			at[tp] = c.Offset
		}
	}
	r.tables.mu.Lock()
	defer r.tables.mu.Unlock()
	maps.Copy(at, r.tables.next)
	return at, nil
}

// EndInput forces the watermark of every source of this process to the newest event time that any of
// them has seen, plus Config.EndMargin: windows close and timers fire, with BasisForced. It is for an
// input that has an end, such as a recorded log; without it the last windows wait for records that
// never come.
//
// EndMargin must be at least as long as the longest window plus its allowed lateness. A window that
// ends later stays open, and its value is never emitted. The runner does not refuse this, since an
// input may be continued later; Events.EndMarginShort tells of each task that it concerns, where the
// operator has declared by Setup.Span how long it keeps results back. Package window does; timers that
// an operator sets by itself are not known.
//
// It returns when the forced watermarks are committed, not when what follows from them is done: Quiet
// after it waits for that. Records that come later with earlier event times are late. It needs every
// source partition: while another process of the group has some, it waits, until ctx ends.
func (r *Runner) EndInput(ctx context.Context) error {
	forced := pipeline.MinTime
	for {
		if s, ok := r.standing(ctx); ok && s.ready && r.hasAllSources(s.positions) {
			if forced == pipeline.MinTime && s.newest == pipeline.MinTime {
				return nil
			}
			if forced == pipeline.MinTime {
				forced = s.newest + pipeline.Time(r.cfg.EndMargin.Milliseconds())
				r.ask(ctx, (*worker).checkMargin)
			}
			// Committed, since idle says that nothing is left to commit: whoever reads the watermarks has
			// them, or will.
			if s.idle && s.slowest >= forced {
				return nil
			}
			r.ask(ctx, func(w *worker) { w.force(forced) })
		}
		// Tasks that were not ready, or a generation that ended, are forced in the next round.
		timer := time.NewTimer(r.cfg.TickInterval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// checkMargin reports tasks that the end of the input will leave with something open. It runs once,
// before the first watermark is forced: afterwards the panes that are missing would be the only sign.
func (w *worker) checkMargin() {
	for _, t := range w.running {
		owner, longest := t.task.Span()
		if span := time.Duration(longest) * time.Millisecond; span > w.run.cfg.EndMargin {
			w.run.cfg.Events.endMarginShort(t.id, owner, span, w.run.cfg.EndMargin)
		}
	}
}

// hasAllSources reports whether each source partition of the topology has a position here. If one
// belonged to another process, its watermark would not be forced, and would hold back the windows of
// all.
func (r *Runner) hasAllSources(positions map[pipeline.TopicPartition]int64) bool {
	for _, topic := range r.cfg.Topology.SourceTopics() {
		for _, tp := range partitionsOf(topic, r.counts.of(topic)) {
			if _, ok := positions[tp]; !ok {
				return false
			}
		}
	}
	return true
}

// force ends the input of the worker's sources, as far as their tasks are ready. It may be called again
// with the same time: a source that is there already does nothing. An error is left to the loop, which
// ends by it.
func (w *worker) force(forced pipeline.Time) {
	now := pipeline.Time(w.run.cfg.Now().UnixMilli())
	for _, t := range w.running {
		w.input = pipeline.Input{Kind: pipeline.InputEnd, Now: now, Forced: forced}
		if err := t.task.Step(&w.input); err != nil {
			w.failed = fatalError{err}
			return
		}
	}
	w.markTouched()
}
