package state

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// rememberer writes the keys of records, and emits how many it knows.
type rememberer struct {
	m   *Map[string]
	out pipeline.Output
	rec map[int64]remembered
}

type remembered struct {
	at  pipeline.Time
	key string
}

func (p *rememberer) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	ctx.ObserveEventTime(p.rec[r.Offset].at)
	p.m.Put(p.rec[r.Offset].key, "x")
	ctx.Emit(p.out, nil, fmt.Appendf(nil, "%d", p.m.Len()))
	return nil
}

// OnCommit writes what is overdue already, with the watermark unmoved.
func (p *rememberer) OnCommit(ctx *pipeline.Context) error {
	ctx.ObserveEventTime(1)
	p.m.Put("at a commit", "x")
	return nil
}

// OnTick writes without an event time.
func (p *rememberer) OnTick(ctx *pipeline.Context) error {
	p.m.Put("at a tick", "x")
	ctx.Emit(p.out, nil, fmt.Appendf(nil, "%d", p.m.Len()))
	return nil
}

type appended struct{ log []pipeline.Record }

func (a *appended) Append(r *pipeline.OutRecord) error {
	if r.Topic == "log" {
		a.log = append(a.log, pipeline.Record{Topic: "log", Offset: int64(len(a.log)), Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
	}
	return nil
}

// TestReplayExpiresTheSameKeys kills a task after each of its commits, of which few are checkpoints: the
// replay compares the numbers of keys that were emitted.
func TestReplayExpiresTheSameKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	records, at := map[int64]remembered{}, pipeline.Time(1_000_000)
	for o := range int64(2000) {
		if at += pipeline.Time(r.IntN(30)); o%200 == 199 {
			at += 3000
		}
		records[o] = remembered{at - pipeline.Time(r.IntN(600)), fmt.Sprint(r.IntN(150))}
	}
	topology := &pipeline.Topology{Name: "t", Channels: []pipeline.Channel{{Name: "c", OutOfOrderness: 100}}, Roles: []pipeline.Role{{
		Name: "keeper", Sources: []pipeline.Source{{Topic: "in"}}, Changelog: "log",
		New: func(s *pipeline.Setup) (pipeline.Processor, error) {
			m := NewExpiringMap(s, "m", stringCodec{}, TTL{After: time.Second})
			return &rememberer{m, s.Output("out"), records}, nil
		}}}}
	log, offset, expired, replays := &appended{}, pipeline.OffsetCommit{TopicPartition: pipeline.TopicPartition{Topic: "in"}}, 0, 0
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	begin := func() *pipeline.Task {
		env := pipeline.Environment{Partitions: func(string) (int32, error) { return 1, nil }, Orders: true,
			Count: func(pipeline.TaskID, string, string) { expired++ }}
		task, err := pipeline.NewTask(topology, &topology.Roles[0], offset.TopicPartition, env, log)
		must(err)
		for i := range log.log {
			must(task.Restore(&log.log[i]))
		}
		must(task.Resume(offset))
		if from, to, ok := task.Unreplayed(); ok {
			for o := from; o < to; o++ {
				must(task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Record: &pipeline.Record{Topic: "in", Offset: o}}))
			}
			must(task.Step(&pipeline.Input{Kind: pipeline.InputReplayed, Now: 1}))
			replays++
		}
		return task
	}
	commit := func(task *pipeline.Task, order bool) {
		must(task.Step(&pipeline.Input{Kind: pipeline.InputCommit, Now: 1, Order: order}))
		offset = task.Offset()
		task.Sealed()
	}
	task := begin()
	for o := int64(0); o < 2000; {
		for range 1 + r.IntN(20) {
			if o < 2000 {
				must(task.Step(&pipeline.Input{Kind: pipeline.InputRecord, Now: 1, Record: &pipeline.Record{Topic: "in", Offset: o}}))
				o++
			}
		}
		if commit(task, r.IntN(5) > 0); r.IntN(6) == 0 {
			task = begin()
		}
		must(task.Step(&pipeline.Input{Kind: pipeline.InputTick, Now: pipeline.Time(o), CaughtUp: pipeline.MinTime}))
	}
	if expired < 500 || replays < 10 {
		t.Errorf("%d keys expired, %d replays: too few to tell anything", expired, replays)
	}
}
