package simulation

import (
	"time"

	"github.com/attune-health/attune/pipeline"
)

// job is what the processes of a run compute, from what, and what must come of it.
type job interface {
	topology() (*pipeline.Topology, error)
	partitions() map[string]int32 // of all topics
	sources() []string            // topics that the group shares out
	troubled() []string           // topics whose leaders move and whose records are delayed, some more often than others
	begin()                       // what is there before any process
	write()                       // something comes from outside
	close()                       // event time ends
	dump()                        // every task is to write down its state
	verify() []string             // when all processes have ended

	// produced checks, at least once, that what a committed offset says is done is in the logs.
	produced(o pipeline.OffsetCommit)
}

// beginInput lets something come from outside at random moments for as long as there is trouble.
func (w *world) beginInput() {
	if w.healed {
		return
	}
	w.job.write()
	every := w.settings.Chaos / time.Duration(w.settings.Records)
	w.after(w.between(every/10, 2*every), w.beginInput)
}

// engineJob is the small topology of topology_test.go, with state, timers and windows of every kind.
type engineJob struct {
	*input
	came            map[string]bool                   // at least once: what has come of something
	looked, checked map[pipeline.TopicPartition]int   // so far
	behind          map[pipeline.TopicPartition]int64 // how many records of a source were there at first
}

func newEngineJob(w *world) *engineJob {
	return &engineJob{input: &input{world: w}, came: make(map[string]bool),
		looked: make(map[pipeline.TopicPartition]int), checked: make(map[pipeline.TopicPartition]int)}
}

func (j *engineJob) topology() (*pipeline.Topology, error) {
	return newTopology(&j.world.settings), nil
}
func (j *engineJob) sources() []string { return engineSources }
func (j *engineJob) partitions() map[string]int32 {
	return enginePartitions(j.world.settings.MidPartitions)
}
func (j *engineJob) troubled() []string {
	return []string{"web", "ehr", "mid", "mid", "out", "patient-changelog", "models", "links"}
}

func (j *engineJob) dump() {
	for p := range j.world.settings.MidPartitions {
		j.dumpOf(p)
	}
}

func (w *world) newJob() job {
	if w.settings.Product {
		return newProductJob(w)
	}
	return newEngineJob(w)
}
