package enginetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// Operator is what is tried: a join, a pattern, or whatever else sets timers. The interfaces are those that
// the engine itself asks for, so that nothing stands between it and the operator but the notes.
type Operator interface {
	pipeline.Processor
	pipeline.TimerHandler
}

// Meeting is a topology whose two source topics are a channel each, 300 and 800 ms out of order. A role
// sends their records on by key to topic mid, where the operator works; it keeps state and writes to topics
// out and refused. A record is a line of text, "key time ...".
//
//	first  (1 partition) ─┐                                       ┌─► out
//	                      ├─► send ─► mid (2 partitions) ─► meet ─┤
//	second (1 partition) ─┘                                       └─► refused
//
// The bounds differ, so that a watermark of one topic, of the other and of both are three different times:
// an operator that asks for the wrong one is found out.
type Meeting struct {
	*pipelinetest.Driver
	// met has what each record met when it was last processed. After a kill it is processed again, against
	// watermarks that may have moved on; what was committed is what it met last.
	met map[place]Arrival
}

// Arrival is a record as the operator met it. What it should have come to can be worked out from the
// record and these watermarks alone, however partitions interleaved.
type Arrival struct {
	// Line is the record's text.
	Line string
	// First and Second are the watermarks of the two topics, All that of both, before the record.
	First, Second, All pipeline.Time
}

// place is where a record is in topic mid.
type place struct {
	// partition and offset are unique in mid, where a line may be there twice.
	partition int32
	offset    int64
}

// Meet makes it. build makes the operator of one task, anew after each kill, and must return one that has
// nothing but what its Setup gives: what else it holds would survive the kill.
func Meet(tb testing.TB, topics [2]string, options pipelinetest.Options, build func(s *pipeline.Setup) (Operator, error)) *Meeting {
	tb.Helper()
	m := &Meeting{met: make(map[place]Arrival)}
	topology := &pipeline.Topology{
		Name: "meeting",
		Channels: []pipeline.Channel{
			// Shake advances the clock by less than these, so that no source counts as idle unless a test
			// wants it.
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

// Process implements pipeline.Processor. A line that it cannot read is a mistake of the test, and ends it.
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

// noting notes what each record met when it was processed last. It is between the engine and the operator,
// whose timers it passes on by embedding.
type noting struct {
	Operator
	meeting *Meeting
}

// Process notes the watermarks before the operator sees the record, and passes it on. An operator judges
// lateness by the same ones.
func (n noting) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	a := Arrival{Line: string(r.Value)}
	// Channel sets are bits: 1 is the first topic, 2 the second, 0 stands for all.
	a.First, _ = ctx.Watermark(1)
	a.Second, _ = ctx.Watermark(2)
	a.All, _ = ctx.Watermark(0)
	n.meeting.met[place{r.Partition, r.Offset}] = a
	return n.Operator.Process(ctx, r)
}

// Give writes a record to a source topic. Nothing is processed before the driver is told to.
func (m *Meeting) Give(topic, line string) { m.ProduceTo(topic, 0, nil, []byte(line)) }

// Arrivals are those of one key, in the order in which they lie in mid, which is the order in which the
// operator met them. An oracle works out from them what should have come.
func (m *Meeting) Arrivals(key string) []Arrival {
	var list []Arrival
	for _, r := range m.ReadAll("mid") {
		if string(r.Key) == key {
			list = append(list, m.met[place{r.Partition, r.Offset}])
		}
	}
	return list
}

// Lines are the values of a topic that begin with a key, in order. The blank keeps keys apart of which one
// begins with the other.
func (m *Meeting) Lines(topic, key string) []string {
	var list []string
	for _, r := range m.ReadAll(topic) {
		if line := string(r.Value); strings.HasPrefix(line, key+" ") {
			list = append(list, line)
		}
	}
	return list
}

// Left is how many keys and timers are left in the operator's tasks. Both should be 0 once the input has
// ended: what stays would stay for ever, and a state that only grows shows here first.
func (m *Meeting) Left() (keys, timers int) {
	for p := range int32(2) {
		// Both partitions of mid have a task.
		keys, timers = keys+m.Task("mid", p).Keys(), timers+m.Task("mid", p).Timers()
	}
	return keys, timers
}

// Shake gives the records one by one, with commits, ticks and kills anywhere between, and ends the input
// with a margin. draw gives a number from 0 up to below n: numbers from a printed seed repeat a failure.
// The margin must be longer than the operator keeps anything.
func (m *Meeting) Shake(draw func(n int) int, records int, give func(i int), margin time.Duration) {
	for i := range records {
		give(i)
		switch draw(14) {
		// Most draws do nothing, so that several records fall between two disturbances.
		case 0, 1:
			m.Commit()
		case 2:
			// What was processed and not committed is lost with the task, and has to come out again.
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

// SameLines compares two lists, order included, and tells of the first difference only: what follows is
// mostly a consequence.
func SameLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	// The shorter list is filled up with "nothing", so that a missing line is a difference like any other.
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
