package enginetest

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/state"
)

// TwoHops is the topology that the engine's own tests run. It has two hops: Split reads fast and slow, each a channel of its own,
// and sends every record on to mid by its key. Count reads mid, keeps a sum per key and a count per
// key and window of a second, sends one record to out for each record, one to windows when a window
// closes, and records behind the watermark to late.
//
// A source record is "key time n"; the value in mid is the same.
func TwoHops() *pipeline.Topology {
	return &pipeline.Topology{
		Name: "two-hops",
		Channels: []pipeline.Channel{
			{Name: "fast", OutOfOrderness: 100, IdleAfter: 2000},
			{Name: "slow", OutOfOrderness: 500, IdleAfter: 3000},
		},
		Roles: []pipeline.Role{
			{
				Name:         "split",
				Sources:      []pipeline.Source{{Topic: "fast", Channel: 0, Priority: 1}, {Topic: "slow", Channel: 1}},
				WatermarksTo: "mid",
				New:          newSplit,
			},
			{
				Name:      "count",
				Sources:   []pipeline.Source{{Topic: "mid", Carried: true}},
				Changelog: "count-changelog",
				New:       newCount,
			},
		},
	}
}

// Partitions is how many partitions each topic of TwoHops has.
var Partitions = map[string]int32{"fast": 2, "slow": 2, "mid": 2, "count-changelog": 2, "out": 2, "windows": 2, "late": 2, "rejected": 1}

// split sends records on by key and observes their time. Key "panic" makes it panic, key "urgent" asks
// for a commit.
type split struct{ mid, rejected pipeline.Output }

func newSplit(s *pipeline.Setup) (pipeline.Processor, error) {
	return &split{s.Output("mid"), s.Output("rejected")}, nil
}

// Process implements pipeline.Processor.
func (p *split) Process(c *pipeline.Context, r *pipeline.Record) error {
	key, at, n, err := Parse(r.Value)
	if err != nil {
		return pipeline.Invalid("unreadable", err)
	}
	if key == "panic" {
		var list []int
		_ = list[n]
	}
	c.ObserveEventTime(at)
	c.Emit(p.mid, []byte(key), r.Value)
	if key == "urgent" {
		c.Urgent()
	}
	return nil
}

// OnFailure writes what could not be used to rejected, with the reason, so that tests see that nothing
// is dropped.
func (p *split) OnFailure(c *pipeline.Context, r *pipeline.Record, reason error) error {
	c.Emit(p.rejected, r.Key, r.Value, pipeline.Header{Key: "reason", Value: []byte(reason.Error())})
	return nil
}

// Parse reads a record of TwoHops.
func Parse(value []byte) (key string, at pipeline.Time, n int, err error) {
	f := strings.Fields(string(value))
	if len(f) != 3 {
		return "", 0, 0, fmt.Errorf("%d fields", len(f))
	}
	t, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return "", 0, 0, err
	}
	n, err = strconv.Atoi(f[2])
	return f[0], pipeline.Time(t), n, err
}

// count is the second hop. Its three stores differ in kind, so that a restore that forgets one of them
// shows in the outputs.
type count struct {
	out, windows, late pipeline.Output
	sums               *state.Map[int64]
	panes              *state.Map[int64]
	total              *state.Value[int64]
}

// newCount declares what Count writes and keeps.
func newCount(s *pipeline.Setup) (pipeline.Processor, error) {
	s.Span("windows", 1000)
	return &count{
		out: s.Output("out"), windows: s.Output("windows"), late: s.Output("late"),
		sums:  state.NewMap(s, "sums", Int64Codec{}),
		panes: state.NewMap(s, "panes", Int64Codec{}),
		total: state.NewValue(s, "total", Int64Codec{}),
	}, nil
}

// bothChannels are those that its windows wait for.
const bothChannels = pipeline.Channels(3)

// Process adds a record to the sums. It judges lateness by the watermark before the record, as windows
// do.
func (p *count) Process(c *pipeline.Context, r *pipeline.Record) error {
	key, at, n, err := Parse(r.Value)
	if err != nil {
		return pipeline.Invalid("unreadable", err)
	}
	sum := p.sums.GetOrCreate(key)
	*sum += int64(n)
	*p.total.Get() += int64(n)
	p.total.MarkDirty()
	c.Emit(p.out, r.Key, fmt.Appendf(nil, "%s sum=%d", r.Value, *sum))
	if w, _ := c.Watermark(bothChannels); at < w {
		c.Emit(p.late, r.Key, fmt.Appendf(nil, "%s watermark=%d", r.Value, w))
		return nil
	}
	end := at - at%1000 + 1000
	pane := fmt.Sprintf("%s@%d", key, end)
	*p.panes.GetOrCreate(pane) += int64(n)
	c.SetTimer(pipeline.Timer{At: end, Channels: bothChannels, Kind: 1, Key: pane})
	return nil
}

// OnTimer closes a window. One without a pane is a timer that fired twice, or a state that was lost.
func (p *count) OnTimer(c *pipeline.Context, t pipeline.Timer) error {
	_, basis := c.Watermark(t.Channels)
	n := p.panes.Get(t.Key)
	if n == nil {
		return fmt.Errorf("no pane of timer")
	}
	key, _, _ := strings.Cut(t.Key, "@")
	c.Emit(p.windows, []byte(key), fmt.Appendf(nil, "%s n=%d basis=%d", t.Key, *n, basis))
	p.panes.Delete(t.Key)
	return nil
}

// Int64Codec keeps a number as a varint.
type Int64Codec struct{}

// AppendValue implements state.Codec.
func (Int64Codec) AppendValue(dst []byte, v *int64) []byte { return binary.AppendVarint(dst, *v) }

// DecodeValue implements state.Codec.
func (Int64Codec) DecodeValue(src []byte, v *int64) error {
	n, size := binary.Varint(src)
	if size <= 0 {
		return fmt.Errorf("no varint")
	}
	*v = n
	return nil
}
