package telemetry

import (
	"errors"
	"fmt"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

// readiness knows which tasks a processor has, and which of them are processing.
type readiness struct {
	mu     sync.Mutex
	joined bool
	// Partitions of the generation.
	assigned int
	// The worker that has it.
	tasks map[pipeline.TaskID]int
	ready map[pipeline.TaskID]bool
	// Those whose restore has stopped, and that somebody has to decide about.
	stopped map[pipeline.TaskID]bool
}

func newReadiness() *readiness {
	return &readiness{tasks: map[pipeline.TaskID]int{}, ready: map[pipeline.TaskID]bool{}, stopped: map[pipeline.TaskID]bool{}}
}

// check returns nil when the process has joined its group and all of its tasks are processing. A
// process without partitions, because there are more processes than partitions, is ready to take
// over.
func (r *readiness) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.joined:
		return errors.New("has not joined its group")
	case len(r.stopped) > 0:
		for id := range r.stopped {
			return fmt.Errorf("%d of %d tasks have stopped, %s of %s/%d among them: the log says why, and what to do",
				len(r.stopped), r.assigned, id.Role, id.Source.Topic, id.Source.Partition)
		}
	case len(r.ready) < r.assigned:
		return fmt.Errorf("%d of %d tasks are not restored yet", r.assigned-len(r.ready), r.assigned)
	}
	return nil
}

func (r *readiness) generation(partitions int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.joined, r.assigned = true, partitions
	// Each task reports again when it goes on.
	clear(r.ready)
	clear(r.stopped)
}

func (r *readiness) taskAssigned(id pipeline.TaskID, worker int, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks[id] = worker
	if !kept {
		delete(r.ready, id)
	}
	delete(r.stopped, id)
}

func (r *readiness) taskReady(id pipeline.TaskID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready[id] = true
}

func (r *readiness) taskStopped(id pipeline.TaskID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped[id] = true
}

// stops counts the tasks that have stopped.
func (r *readiness) stops() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.stopped)
}

func (r *readiness) revoked(id pipeline.TaskID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.tasks, id)
	delete(r.ready, id)
	delete(r.stopped, id)
}

// restarted notes that all tasks of the worker must be restored.
func (r *readiness) restarted(worker int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, w := range r.tasks {
		if w == worker {
			delete(r.ready, id)
			delete(r.stopped, id)
		}
	}
}

// byRole counts the tasks.
func (r *readiness) byRole() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for id := range r.tasks {
		out[id.Role]++
	}
	return out
}
