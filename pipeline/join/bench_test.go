package join

import (
	"encoding/binary"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
)

// benched is a processor that observes the time of each record, one a millisecond, and gives it to a
// join.
type benched struct {
	take  func(ctx *pipeline.Context, r *Record, n uint64) error
	timer func(ctx *pipeline.Context, t pipeline.Timer) error
	r     Record
}

func (b *benched) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	n := binary.BigEndian.Uint64(r.Value)
	b.r = Record{Key: r.Key, At: pipeline.Time(n), ID: r.Value[:8], Payload: r.Value}
	ctx.ObserveEventTime(b.r.At)
	return b.take(ctx, &b.r, n)
}

func (b *benched) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error { return b.timer(ctx, t) }

// treadmill has a processor with a join.
func treadmill(tb testing.TB, build func(s *pipeline.Setup, b *benched) error) *enginetest.Treadmill {
	tb.Helper()
	return enginetest.NewTreadmill(tb, func(s *pipeline.Setup) (pipeline.Processor, error) {
		b := &benched{}
		return b, build(s, b)
	})
}

func temporalBench(policy Policy) func(s *pipeline.Setup, b *benched) error {
	return func(s *pipeline.Setup, b *benched) error {
		out := s.Output("out")
		join, err := NewTemporal(s, TemporalConfig{Name: "x", Answer: policy, Retention: 5000, TimerKind: 1},
			func(ctx *pipeline.Context, a *Answer) error { ctx.Emit(out, a.Key, a.Value); return nil },
			func(*pipeline.Context, *Record, Refused) error { return nil })
		var v Version
		b.timer = join.OnTimer
		b.take = func(ctx *pipeline.Context, r *Record, n uint64) error {
			if n/1000%4 == 0 { // every fourth record of a key is a version
				v = Version{Key: r.Key, From: r.At, Value: r.Payload}
				return join.Put(ctx, &v)
			}
			return join.Probe(ctx, r)
		}
		return err
	}
}

func intervalBench(s *pipeline.Setup, b *benched) error {
	out := s.Output("out")
	join, err := NewInterval(s, IntervalConfig{Name: "x", Kind: Left, Upper: 2000, TimerKind: 1},
		func(ctx *pipeline.Context, p *Pair) error { ctx.Emit(out, p.Left.Key, p.Left.Payload); return nil },
		func(*pipeline.Context, *Record, Refused) error { return nil })
	b.timer = join.OnTimer
	b.take = func(ctx *pipeline.Context, r *Record, n uint64) error {
		if n/1000%2 == 0 {
			return join.AddLeft(ctx, r)
		}
		return join.AddRight(ctx, r)
	}
	return err
}

func benches() map[string]func(*pipeline.Setup, *benched) error {
	return map[string]func(*pipeline.Setup, *benched) error{"wait": temporalBench(Wait), "now": temporalBench(Now), "interval": intervalBench}
}

func TestJoinsAllocateNothingInSteadyState(t *testing.T) {
	for name, build := range benches() {
		t.Run(name, func(t *testing.T) { treadmill(t, build).AllocatesNothing(t) })
	}
}

func BenchmarkJoins(b *testing.B) {
	for name, build := range benches() {
		b.Run(name, func(b *testing.B) { treadmill(b, build).Bench(b) })
	}
}
