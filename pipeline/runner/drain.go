package runner

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// runnerState lets other goroutines ask the workers, while a generation is worked on.
type runnerState struct {
	mu  sync.Mutex
	ctx context.Context // of the generation, nil between two
}

func (s *runnerState) begin(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = ctx
}

func (s *runnerState) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = nil
}

func (s *runnerState) generation() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx
}

// ask runs f in the goroutine of each worker in turn. False: no generation is being worked on, or it
// ended meanwhile.
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
	ready     bool // every task is restored
	idle      bool // ready, nothing uncommitted, nothing fetched but not processed
	commits   int64
	positions map[pipeline.TopicPartition]int64
	newest    pipeline.Time // event time of any source
	slowest   pipeline.Time // watermark of any source
}

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
// across all hops. It makes sense when nothing is being produced from outside. With several
// processes in the group it waits for the others' committed offsets too, though not for their
// timers.
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

// quiet compares the workers' positions with the ends of all partitions that the topology reads.
// Only commits can add to them, so that nothing was committed between the first look and the last
// means that the ends are still those.
func (r *Runner) quiet(ctx context.Context) (bool, error) {
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

// Lag returns how far the group is behind the end of each source partition and this process behind
// that of each broadcast and table, all in offsets. Offsets that hold no record count as processed
// once they have been passed.
func (r *Runner) Lag(ctx context.Context) (map[pipeline.TopicPartition]int64, error) {
	s, _ := r.standing(ctx)
	return r.lags(ctx, s.positions)
}

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

// reached is the position of every partition: this process's own, the group's committed ones, or the
// start of the partition.
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

// EndInput forces the watermark of every source of this process to the newest event time that any
// of them has seen, plus Config.EndMargin: windows close and timers fire, with BasisForced. It
// returns when the forced watermarks are committed, not when what follows from them is done. Records
// that come later with earlier event times are late. It needs every source partition: while another
// process of the group has some, it waits.
func (r *Runner) EndInput(ctx context.Context) error {
	forced := pipeline.MinTime
	for {
		if s, ok := r.standing(ctx); ok && s.ready && r.hasAllSources(s.positions) {
			if forced == pipeline.MinTime && s.newest == pipeline.MinTime {
				return nil
			}
			if forced == pipeline.MinTime {
				forced = s.newest + pipeline.Time(r.cfg.EndMargin.Milliseconds())
			}
			if s.idle && s.slowest >= forced {
				return nil
			}
			r.ask(ctx, func(w *worker) { w.force(forced) })
		}
		timer := time.NewTimer(r.cfg.TickInterval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

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

// force ends the input of the worker's sources, as far as their tasks are ready.
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
