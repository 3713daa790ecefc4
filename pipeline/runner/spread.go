package runner

import (
	"cmp"
	"slices"

	"github.com/attune-health/attune/pipeline"
)

// spread gives the assigned partitions to the workers. A task stays with the worker that has it, with
// its state; a new one goes where there are fewest of its topic, of its role, and at all, in this
// order: partitions of one topic are much alike in load, while topics are not. What is no longer
// assigned is dropped. It runs between two generations, when no worker does.
func (r *Runner) spread(assigned []pipeline.TopicPartition) {
	owner := make(map[pipeline.TopicPartition]*worker)
	for _, w := range r.workers {
		w.keep(assigned, &r.cfg.Events)
		for _, t := range w.tasks {
			t.partitions = r.counts.of(t.id.Source.Topic)
			owner[t.id.Source] = w
		}
	}
	// In the order of partitions, not in that of the group's answer: equal assignments of equal workers
	// are then spread alike.
	sorted := slices.Clone(assigned)
	slices.SortFunc(sorted, compareTP)
	for _, tp := range sorted {
		role := r.cfg.Topology.RoleOf(tp.Topic)
		// A topic that is no role's may be left in a group's assignment by a member of another version.
		if owner[tp] != nil || role == nil {
			continue
		}
		w := r.merger()
		// What is not merged goes where there is least to do.
		if sourceOf(role, tp.Topic).Times == nil {
			extra := r.mergeLoad(role, tp.Topic, assigned)
			w = slices.MinFunc(r.workers, func(a, b *worker) int { return compareLoad(a, b, role, tp.Topic, extra) })
		}
		w.add(role, tp, r.counts.of(tp.Topic))
	}
	r.backlog.share(r.workers)
	r.pace.begin(r.cfg.Now(), r.merger().count((*workerTask).merged) == r.mergedPartitions())
}

// mergedPartitions counts those of all merged sources, whoever has them.
func (r *Runner) mergedPartitions() (n int) {
	for i := range r.cfg.Topology.Roles {
		for _, s := range r.cfg.Topology.Roles[i].Sources {
			if s.Times != nil {
				n += int(r.counts.of(s.Topic))
			}
		}
	}
	return n
}

// merger is the worker that has all merged lanes: what it sends on is in their order. Between two workers the
// order would be that of their commits.
func (r *Runner) merger() *worker {
	for _, w := range r.workers {
		if w.count((*workerTask).merged) > 0 {
			return w
		}
	}
	return r.workers[0]
}

// merged reports whether the task's source is read in the order of time with others.
func (t *workerTask) merged() bool { return t.source.Times != nil }

// sourceOf is the source of a role that reads a topic, or nil.
func sourceOf(role *pipeline.Role, topic string) *pipeline.Source {
	for i := range role.Sources {
		if role.Sources[i].Topic == topic {
			return &role.Sources[i]
		}
	}
	return nil
}

// compareTP orders partitions by topic and number. Wherever partitions come out of a map they are
// sorted by it first, so that two runs of a seed do the same.
func compareTP(a, b pipeline.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// mergeCost is how many tasks that work on what the merge sends on cost as much as the merge does for the work
// of a task: a record costs a fraction of what it costs there.
const mergeCost = 4

// mergeLoad is what merging all sources is worth, in tasks of a topic that is worked on behind it, and so how many of
// them less its worker gets.
func (r *Runner) mergeLoad(role *pipeline.Role, topic string, assigned []pipeline.TopicPartition) int {
	if !sourceOf(role, topic).Carried || r.mergedPartitions() == 0 {
		return 0
	}
	n := 0
	for _, tp := range assigned {
		if tp.Topic == topic {
			n++
		}
	}
	return n / mergeCost
}

// compareLoad orders workers by how much they have that competes with a task of role and topic; extra is
// what the one that merges has besides. The index decides between equals, so that the outcome does not
// depend on chance.
func compareLoad(a, b *worker, role *pipeline.Role, topic string, extra int) int {
	ofTopic := func(t *workerTask) bool { return t.id.Source.Topic == topic }
	ofRole := func(t *workerTask) bool { return t.role == role }
	load := func(w *worker) int {
		if w == w.run.merger() {
			return w.count(ofTopic) + extra
		}
		return w.count(ofTopic)
	}
	return cmp.Or(
		cmp.Compare(load(a), load(b)),
		cmp.Compare(a.count(ofRole), b.count(ofRole)),
		cmp.Compare(len(a.tasks), len(b.tasks)),
		cmp.Compare(a.index, b.index))
}

// count is how many of the worker's tasks pred holds for.
func (w *worker) count(pred func(*workerTask) bool) int {
	n := 0
	for _, t := range w.tasks {
		if pred(t) {
			n++
		}
	}
	return n
}

// keep drops the tasks that are not assigned any more, with all that they hold in memory: their next
// owner may commit at once, and what we have would be stale. Only what was read of a changelog by a
// task that never ran goes to the standbys, since it is a part of the changelog whoever goes on.
// Without tasks the worker forgets its broadcast positions, or the next tasks would be thought to have
// had what they have not.
func (w *worker) keep(assigned []pipeline.TopicPartition, events *Events) {
	w.tasks = slices.DeleteFunc(w.tasks, func(t *workerTask) bool {
		if slices.Contains(assigned, t.id.Source) {
			return false
		}
		delete(w.byTP, t.id.Source)
		events.taskRevoked(t.id)
		// stood is nil where the task has run: what it holds is ahead of the changelog.
		w.run.standby.give(t.id.Source, t.stood)
		return true
	})
	if len(w.tasks) == 0 {
		clear(w.follow)
	}
}

// add gives the worker a new task, to be restored by the next session. It takes over what a standby has
// read of its changelog. Tasks are sorted, so that commits and restores of one set of tasks have one
// order.
func (w *worker) add(role *pipeline.Role, tp pipeline.TopicPartition, partitions int32) {
	t := &workerTask{id: pipeline.TaskID{Role: role.Name, Source: tp}, role: role, partitions: partitions, stood: w.run.standby.take(tp)}
	t.source = sourceOf(role, tp.Topic)
	w.tasks = append(w.tasks, t)
	w.byTP[tp] = t
	slices.SortFunc(w.tasks, func(a, b *workerTask) int {
		return cmp.Or(cmp.Compare(a.role.Name, b.role.Name), compareTP(a.id.Source, b.id.Source))
	})
}
