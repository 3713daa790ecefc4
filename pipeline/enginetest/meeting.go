package enginetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// Operator is what is tried: a join, a pattern, or whatever else sets timers.
type Operator interface {
	pipeline.Processor
	pipeline.TimerHandler
}

// Meeting is a topology whose two source topics are a channel each, 300 and 800 ms out of order. A role
// sends their records on by key to topic mid, where the operator works; it keeps state and writes to
// topics out and refused. A record is a line of text, "key time ...".
type Meeting struct {
	*pipelinetest.Driver
	// met has what each record met when it was last processed: after a kill it is processed again.
	met map[place]Arrival
}

// Arrival is a record as the operator met it. What it should have come to can be worked out from the
// record and these watermarks alone, however partitions interleaved.
type Arrival struct {
	// Line is the record's text.
	Line string
	// First and Second are the watermarks of the two topics, All that of both.
	First, Second, All pipeline.Time
}

// place is where a record is in topic mid.
type place struct {
	partition int32
	offset    int64
}

// Meet makes it. build makes the operator of one task, anew after each kill.
func Meet(tb testing.TB, topics [2]string, options pipelinetest.Options, build func(s *pipeline.Setup) (Operator, error)) *Meeting {
	tb.Helper()
	m := &Meeting{met: make(map[place]Arrival)}
	topology := &pipeline.Topology{
		Name: "meeting",
		Channels: []pipeline.Channel{
			{Name: topics[0], OutOfOrderness: 300, IdleAfter: 20_000}, {Name: topics[1], OutOfOrderness: 800, IdleAfter: 30_000},
		},
		Roles: []pipeline.Role{
			{
				Name: "send", Sources: []pipeline.Source{{Topic: topics[0], Channel: 0}, {Topic: topics[1], Channel: 1}}, WatermarksTo: "mid",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) { return sender{s.Output("mid")}, nil },
			},
			{
				Name: "meet", Sources: []pipeline.Source{{Topic: "mid", Carried: true}}, Changelog: "changelog",
				New: func(s *pipeline.Setup) (pipeline.Processor, error) {
					o, err := build(s)
					return noting{o, m}, err
				},
			},
		},
	}
	options.Partitions = map[string]int32{topics[0]: 1, topics[1]: 1, "mid": 2}
	m.Driver = pipelinetest.New(tb, topology, options)
	return m
}

// sender sends records on by key and observes their time.
type sender struct{ mid pipeline.Output }

// Process implements pipeline.Processor.
func (s sender) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	var key string
	var at pipeline.Time
	if _, err := fmt.Sscan(string(r.Value), &key, &at); err != nil {
		return fmt.Errorf("%q: %w", r.Value, err)
	}
	ctx.ObserveEventTime(at)
	ctx.Emit(s.mid, []byte(key), r.Value)
	return nil
}

// noting notes what each record met when it was processed last.
type noting struct {
	Operator
	meeting *Meeting
}

// Process notes the watermarks before the operator sees the record, and passes it on.
func (n noting) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	a := Arrival{Line: string(r.Value)}
	a.First, _ = ctx.Watermark(1)
	a.Second, _ = ctx.Watermark(2)
	a.All, _ = ctx.Watermark(0)
	n.meeting.met[place{r.Partition, r.Offset}] = a
	return n.Operator.Process(ctx, r)
}

// Give writes a record to a source topic.
func (m *Meeting) Give(topic, line string) { m.ProduceTo(topic, 0, nil, []byte(line)) }

// Arrivals are those of one key, in order.
func (m *Meeting) Arrivals(key string) []Arrival {
	var list []Arrival
	for _, r := range m.ReadAll("mid") {
		if string(r.Key) == key {
			list = append(list, m.met[place{r.Partition, r.Offset}])
		}
	}
	return list
}

// Lines are the values of a topic that begin with a key, in order.
func (m *Meeting) Lines(topic, key string) []string {
	var list []string
	for _, r := range m.ReadAll(topic) {
		if line := string(r.Value); strings.HasPrefix(line, key+" ") {
			list = append(list, line)
		}
	}
	return list
}

// Left is how many keys and timers are left in the operator's tasks.
func (m *Meeting) Left() (keys, timers int) {
	for p := range int32(2) {
		keys, timers = keys+m.Task("mid", p).Keys(), timers+m.Task("mid", p).Timers()
	}
	return keys, timers
}

// Shake gives the records one by one, with commits, ticks and kills anywhere between, and ends the
// input with a margin. Draw gives a number from 0 up to below n: with numbers from a printed seed a
// failure can be had again.
func (m *Meeting) Shake(draw func(n int) int, records int, give func(i int), margin time.Duration) {
	for i := range records {
		give(i)
		switch draw(14) {
		case 0, 1:
			m.Commit()
		case 2:
			m.Process()
			m.Kill("mid", int32(draw(2)))
		case 3:
			m.Commit()
			m.KillAll()
		case 4:
			m.Advance(time.Duration(draw(3)) * 100 * time.Millisecond)
		case 5:
			m.Process()
		}
	}
	m.Commit()
	m.EndInput(margin)
}

// SameLines compares two lists and tells of the first difference.
func SameLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s: %d lines, want %d: line %d: got %q, want %q", what, len(got), len(want), i, g, w)
			return
		}
	}
}
