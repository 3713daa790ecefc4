package patient

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// mortal is a task of a job that dies now and then, and is brought back by a replay.
type mortal struct {
	j         *job
	role      *pipeline.Role
	topic     string
	task      *pipeline.Task
	source    []pipeline.Record
	models    []pipeline.Record
	changelog []pipeline.Record
	committed pipeline.OffsetCommit
	now       pipeline.Time
	commits   int
	replayed  int
	// dies: after one record in so many.
	dies int
}

func newMortal(j *job, topic string) *mortal {
	m := &mortal{j: j, role: j.tasks[topic].Role(), topic: topic, now: testStart, dies: 250}
	m.committed.Topic = topic
	m.j.env.Orders = true
	m.live()
	return m
}

// Append implements pipeline.Appender.
func (m *mortal) Append(o *pipeline.OutRecord) error {
	if o.Topic == m.role.Changelog {
		m.changelog = append(m.changelog, pipeline.Record{Topic: o.Topic, Key: bytes.Clone(o.Key), Value: bytes.Clone(o.Value)})
		return nil
	}
	return m.j.Append(o)
}

// live makes the task from what it has committed.
func (m *mortal) live() {
	m.j.tb.Helper()
	task, err := pipeline.NewTask(m.j.topology, m.role, pipeline.TopicPartition{Topic: m.topic}, m.j.env, m)
	if err != nil {
		m.j.tb.Fatal(err)
	}
	m.task = task
	for i := range m.changelog {
		if err := task.Restore(&m.changelog[i]); err != nil {
			m.j.tb.Fatal(err)
		}
	}
	if err := task.Resume(m.committed); err != nil {
		m.j.tb.Fatal(err)
	}
	for i := range m.models {
		m.step(pipeline.InputBroadcast, &m.models[i])
	}
	if from, to, ok := task.Unreplayed(); ok {
		for _, r := range m.source[from:to] {
			m.step(pipeline.InputRecord, &r)
		}
		m.step(pipeline.InputReplayed, nil)
		m.replayed += task.Replayed().Commits
	}
}

// step gives the task an input, and spoils the record afterwards, as a fetch buffer would be.
func (m *mortal) step(kind pipeline.InputKind, r *pipeline.Record) {
	m.j.tb.Helper()
	in := pipeline.Input{Kind: kind, Now: m.now, CaughtUp: pipeline.MinTime, Order: kind == pipeline.InputCommit && m.commits%7 != 0}
	if r != nil {
		c := *r
		c.Key, c.Value = bytes.Clone(r.Key), bytes.Clone(r.Value)
		in.Record = &c
		defer poison(&c)
	}
	if err := m.task.Step(&in); err != nil {
		m.j.tb.Fatalf("after %d commits: %v", m.commits, err)
	}
}

// take lets the task take what waits for it, a little at a time, with ticks and commits between.
func (m *mortal) take(draw *rand.Rand) {
	l := m.j.logs[m.topic]
	for i := 0; i < len(l.records); i++ {
		r := l.record(i)
		r.Topic, r.Offset = m.topic, int64(len(m.source))
		r.Key, r.Value = bytes.Clone(r.Key), bytes.Clone(r.Value)
		m.source = append(m.source, r)
		m.step(pipeline.InputRecord, &r)
		m.now += pipeline.Time(draw.IntN(60))
		if draw.IntN(10) == 0 {
			m.step(pipeline.InputTick, nil)
		}
		if draw.IntN(25) == 0 {
			m.commit()
		}
		if draw.IntN(m.dies) == 0 {
			m.commit()
			m.live()
		}
	}
	l.empty()
	m.commit()
}

func (m *mortal) commit() {
	m.commits++
	m.step(pipeline.InputCommit, nil)
	m.committed = m.task.Offset()
	m.task.Sealed()
}

// hear gives the task the models that were published.
func (m *mortal) hear() {
	l := m.j.logs[m.j.config.Emit.Topics.Models]
	for i := range l.records {
		r := l.record(i)
		r.Topic, r.Offset = m.j.config.Emit.Topics.Models, int64(len(m.models))
		r.Key, r.Value = bytes.Clone(r.Key), bytes.Clone(r.Value)
		m.models = append(m.models, r)
		if slices.Contains(m.role.Broadcasts, r.Topic) {
			m.step(pipeline.InputBroadcast, &r)
		}
	}
}

// TestPatientAndTrainerDieThenTheirReplaysEmitTheSame: the engine compares what a replay emits with
// what had been sent, and fails the step where they differ.
func TestPatientAndTrainerDieThenTheirReplaysEmitTheSame(t *testing.T) {
	seeds, rounds := uint64(3), 90
	if testing.Short() {
		seeds, rounds = 1, 45
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			draw := rand.New(rand.NewPCG(seed, 9))
			j := newJob(t, 60)
			patient, trainer := newMortal(j, j.config.Emit.Topics.Identified), newMortal(j, j.config.Emit.Topics.TrainingExamples)
			trainer.dies = 40 // examples are few
			for range rounds {
				j.feed(100)
				patient.take(draw)
				trainer.take(draw)
				patient.hear()
				j.logs[j.config.Emit.Topics.Models].empty()
			}
			if patient.replayed < rounds/2 || trainer.replayed < 1 || len(patient.models) == 0 {
				t.Errorf("%d commits of PATIENT replayed, %d of the trainer, %d models: the test does not test much", patient.replayed, trainer.replayed, len(patient.models))
			}
		})
	}
}
