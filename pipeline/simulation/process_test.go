package simulation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/pipeline/state"
)

// endMargin is what a forced watermark adds to the newest event time.
const endMargin = 5 * time.Second

// process is one run of the engine, under a name that another may have had before.
type process struct {
	name     string
	client   *client
	runner   *runner.Runner
	cancel   context.CancelFunc
	done     chan struct{}
	err      error
	stopping bool // asked to end
	ghost    bool // another has its name
	seen     bool // its end was noticed
	state    *state.Pebble
	disk     *disk // nil where state is in memory
	// stopped is why a task of it has stopped: none may, since all processes are of one build.
	stopped atomic.Pointer[error]
}

// start begins a process.
func (w *world) start(name string) *process {
	s := &w.settings
	c := w.newClient(name)
	checkpoint := s.Checkpoint
	if w.chance(8) {
		checkpoint = 0 // as after a change of the configuration
	}
	p := &process{name: name, client: c, done: make(chan struct{})}
	topology, err := w.job.topology()
	if err != nil {
		w.fail("topology: %v", err)
		return p
	}
	if err := w.openState(p); err != nil {
		w.fail("state of %s: %v", name, err)
		return p
	}
	r, err := runner.New(w.withState(p, runner.Config{
		Topology: topology, Cluster: c, Group: "g", Instance: name, Workers: s.Workers, Delivery: s.delivery(),
		CommitInterval: s.Commit, CheckpointInterval: checkpoint, UrgentInterval: s.Urgent, TickInterval: s.Tick, LagInterval: s.Lag,
		CommitTimeout: s.CommitTimeout, DrainTimeout: s.Drain, RestartBackoff: s.Backoff, MaxPending: s.MaxPending, EndMargin: endMargin, Standbys: s.Standbys,
		Events: runner.Events{TaskStopped: func(_ pipeline.TaskID, err error) { p.stopped.Store(&err) }},
	}))
	if err != nil {
		w.fail("start %s: %v", name, err)
		return p
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.runner, p.cancel = r, cancel
	w.procs = append(w.procs, p)
	w.note("start %s as %d", name, c.id)
	go func() {
		defer close(p.done)
		p.err = r.Run(ctx)
		if p.state != nil {
			p.err = errors.Join(p.err, p.state.Close())
		}
		w.signal()
	}()
	return p
}

func (p *process) alive() bool { return !p.seen && !p.client.dead }

// living finds the process that has a name now, or nil.
func (w *world) living(name string) *process {
	for _, p := range w.procs {
		if p.name == name && p.alive() && !p.ghost {
			return p
		}
	}
	return nil
}

// kill ends a process as a crash does. Its goroutines run out, to no effect.
func (w *world) kill(p *process) {
	w.met["kill"]++
	w.note("kill %s", p.name)
	w.crash(p)
	p.client.kill()
	p.cancel()
	w.cluster.group.expire(p.client)
}

// stop asks a process to end.
func (w *world) stop(p *process) {
	w.met["stop"]++
	w.note("stop %s", p.name)
	p.stopping = true
	p.cancel()
}

// fencesCount is for how long the engine remembers that it was fenced.
const fencesCount = 30 * time.Second

// watchProcesses notices processes that have ended by themselves. One may do so because it believes
// that another has its name: then it was fenced three times, by transactions that took too long, the last
// perhaps by a request that came late, after the trouble.
func (w *world) watchProcesses() {
	for _, p := range w.procs {
		if p.seen {
			continue
		}
		if err := p.stopped.Load(); err != nil && !p.client.dead {
			w.fail("process %s: %v", p.name, *err)
		}
		select {
		case <-p.done:
		default:
			continue
		}
		p.seen = true
		if p.client.dead {
			continue
		}
		w.note("%s has ended: %s", p.name, p.why())
		w.cluster.group.expire(p.client)
		switch {
		case p.err == nil && p.stopping:
			w.met["clean end"]++
		case p.err != nil && strings.Contains(p.err.Error(), "another instance is named") && (!w.healed || time.Since(w.healedAt) < fencesCount):
			w.met["ended by its name"]++
			if w.healed {
				w.restartLater(p.name)
			}
		case p.disk != nil && p.disk.spoilt && pipeline.KindOf(p.err) == pipeline.KindCorrupt:
			w.met["ended by its disk"]++
			p.disk.spoilt = false // the next one finds what is broken, and begins anew
			w.restartLater(p.name)
		default:
			w.fail("process %s ended: %v", p.name, p.err)
		}
	}
}

// why is what a process says of its end. What Pebble found on a disk is not told: its words have the numbers
// of its files, and where it came upon it first.
func (p *process) why() string {
	if p.disk != nil && pipeline.KindOf(p.err) == pipeline.KindCorrupt {
		return "its state cannot be read"
	}
	return fmt.Sprint(p.err)
}

// restartLater starts a process of a name a moment from now, once none has it.
func (w *world) restartLater(name string) {
	w.restarts++
	w.after(w.between(time.Millisecond, 1500*time.Millisecond), func() {
		w.restarts--
		switch p := w.living(name); {
		case p == nil:
			w.start(name)
		case p.stopping:
			w.restartLater(name)
		}
	})
}
