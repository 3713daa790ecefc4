package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// jobTopics are the topics of one run of the touchpoint job.
type jobTopics struct{ Input, Actions, Aggregates, Changelog string }

// topology is the touchpoint job on attune's engine. Where actions are urgent, they do not wait for the
// commit interval.
func (t *jobTopics) topology(urgent bool) *pipeline.Topology {
	return &pipeline.Topology{
		Name:     "touchpoints",
		Channels: []pipeline.Channel{{Name: "touchpoints", OutOfOrderness: grace}},
		Roles: []pipeline.Role{{
			Name:      "touchpoints",
			Sources:   []pipeline.Source{{Topic: t.Input}},
			Changelog: t.Changelog,
			New:       func(s *pipeline.Setup) (pipeline.Processor, error) { return t.newJob(s, urgent), nil },
		}},
	}
}

// job is the operator of one partition.
type job struct {
	personas   *personas
	windows    windows
	actions    pipeline.Output
	aggregates pipeline.Output
	urgent     bool
	partition  uint32
	action     [actionSize]byte
	glimpse    uint64 // what was seen ahead, so that looking is not left out
}

func (t *jobTopics) newJob(s *pipeline.Setup, urgent bool) *job {
	j := &job{personas: newPersonas(), actions: s.Output(t.Actions), aggregates: s.Output(t.Aggregates), urgent: urgent, partition: uint32(s.Task().Source.Partition)}
	s.Register(j.personas)
	s.Register(&j.windows)
	return j
}

// Ahead implements pipeline.AheadHandler: it looks at the patients' personas.
func (j *job) Ahead(records []pipeline.Record) {
	for i := range records {
		if key := records[i].Key; len(key) == 8 {
			j.glimpse += j.personas.glimpse(binary.BigEndian.Uint64(key))
		}
	}
}

var errMalformed = errors.New("not a touchpoint")

// Process implements pipeline.Processor.
func (j *job) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	t, ok := parseTouchpoint(r.Value)
	if !ok || len(r.Key) != 8 {
		return pipeline.Invalid("malformed", errMalformed)
	}
	ctx.ObserveEventTime(pipeline.Time(t.at))
	p := j.personas.of(binary.BigEndian.Uint64(r.Key))
	if p.update(&t) {
		p.action(&j.action, &t)
		ctx.Emit(j.actions, r.Key, j.action[:])
		if j.urgent {
			ctx.Urgent()
		}
	}
	j.count(ctx, &t)
	return nil
}

// count adds the touchpoint to its window, unless that is final.
func (j *job) count(ctx *pipeline.Context, t *touchpoint) {
	start := t.at - t.at%windowLength
	w := j.windows.find(start)
	if w == nil {
		if ctx.SourceWatermark() >= pipeline.Time(start+windowLength) {
			return
		}
		w = j.windows.add(start)
		ctx.SetTimer(pipeline.Timer{At: pipeline.Time(start + windowLength), Key: fmt.Sprint(start)})
	}
	w.count(t)
}

// OnTimer implements pipeline.TimerHandler: a window is final.
func (j *job) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	w := j.windows.find(int64(t.At) - windowLength)
	if w == nil {
		return fmt.Errorf("no window that ends at %d", t.At)
	}
	for cell, n := range w.counts {
		if n > 0 {
			j.aggregate(ctx, w, cell, n)
		}
	}
	j.windows.remove(w)
	return nil
}

// An aggregate: the key is the window's start, 8 bytes, channel and reason; the value the count, 8
// bytes, the partition, 4, and the key; big endian.
const (
	aggregateKey  = 10
	aggregateSize = 12 + aggregateKey
)

func (j *job) aggregate(ctx *pipeline.Context, w *window, cell int, n uint64) {
	var v [aggregateSize]byte
	binary.BigEndian.PutUint64(v[:], n)
	binary.BigEndian.PutUint32(v[8:], j.partition)
	binary.BigEndian.PutUint64(v[12:], uint64(w.start))
	v[20], v[21] = byte(cell/reasons), byte(cell%reasons)
	ctx.Emit(j.aggregates, v[12:], v[:])
}
