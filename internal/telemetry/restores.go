package telemetry

import (
	"log/slog"
	"sync"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
)

// restores follows the tasks that are being restored. About once a second it logs how far they are,
// and at the end how long it took.
type restores struct {
	now func() time.Time
	log *slog.Logger

	mu    sync.Mutex
	tasks map[pipeline.TaskID]*restoring
	// When the first of them began.
	began   time.Time
	said    time.Time
	ready   int
	keys    int
	records int64
}

// restoring is one task. Until it begins, nobody knows how much there is to read.
type restoring struct {
	began       time.Time
	done, total int64
}

func newRestores(now func() time.Time, log *slog.Logger) *restores {
	return &restores{now: now, log: log, tasks: map[pipeline.TaskID]*restoring{}}
}

func (r *restores) assigned(id pipeline.TaskID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tasks) == 0 {
		r.began, r.said = r.now(), r.now()
		r.ready, r.keys, r.records = 0, 0, 0
	}
	r.tasks[id] = new(restoring)
}

// progress notes how far a task is, and returns how long the rest will take at the pace so far.
func (r *restores) progress(id pipeline.TaskID, done, total int64) (left time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tasks[id]
	if t == nil {
		return 0
	}
	now := r.now()
	if t.began.IsZero() || total != t.total { // what it replays comes after what it reads
		t.began = r.began
		if t.total > 0 {
			t.began = now
		}
	}
	t.done, t.total = done, total
	if now.Sub(r.said) >= time.Second {
		r.said = now
		r.say(now)
	}
	return t.left(now)
}

func (t *restoring) left(now time.Time) time.Duration {
	if t.done <= 0 {
		return 0
	}
	return time.Duration(float64(now.Sub(t.began)) / float64(t.done) * float64(t.total-t.done))
}

// say logs how far all tasks are. They are restored concurrently, so the slowest counts.
func (r *restores) say(now time.Time) {
	var done, total int64
	var left time.Duration
	for _, t := range r.tasks {
		done, total, left = done+t.done, total+t.total, max(left, t.left(now))
	}
	r.log.Info("restoring", "tasks", len(r.tasks), "ready", r.ready, "done", done, "total", total, "remaining", left.Round(100*time.Millisecond))
}

func (r *restores) restored(_ pipeline.TaskID, done runner.Restored) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys += done.Keys
	r.records += done.Records
}

// over notes that a task runs, or no longer belongs to this process.
func (r *restores) over(id pipeline.TaskID, runs bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tasks[id] == nil {
		return
	}
	delete(r.tasks, id)
	if runs {
		r.ready++
	}
	if len(r.tasks) == 0 && r.keys > 0 {
		r.log.Info("restored", "tasks", r.ready, "keys", r.keys, "records", r.records, "took", r.now().Sub(r.began).Round(time.Millisecond))
	}
}
