package pattern

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
)

// benched observes the time of each record, one a millisecond, and gives it to a matcher: the names of
// a key go round.
type benched struct {
	matcher *Matcher
	out     pipeline.Output
	symbols [4]Symbol
	r       Record
}

func (b *benched) Process(ctx *pipeline.Context, r *pipeline.Record) error {
	n := binary.BigEndian.Uint64(r.Value)
	b.r = Record{Key: r.Key, At: pipeline.Time(n), ID: r.Value[:16], Symbol: b.symbols[n/1000%4]}
	ctx.ObserveEventTime(b.r.At)
	return b.matcher.Add(ctx, &b.r)
}

func (b *benched) OnTimer(ctx *pipeline.Context, t pipeline.Timer) error {
	return b.matcher.OnTimer(ctx, t)
}

// treadmill has a processor with a matcher.
func treadmill(tb testing.TB) *enginetest.Treadmill {
	tb.Helper()
	return enginetest.NewTreadmill(tb, func(s *pipeline.Setup) (pipeline.Processor, error) {
		b := &benched{out: s.Output("out")}
		var err error
		b.matcher, err = New(s, Config{Name: "x", Sequence: Begin("a").Not("b").Then("c").Within(5 * time.Second), After: Each, TimerKind: 1},
			func(ctx *pipeline.Context, m *Match) error { ctx.Emit(b.out, m.Key, m.Found[0].ID); return nil },
			func(*pipeline.Context, *Record, Refused) error { return nil })
		for i, name := range []string{"a", "c", "b", "a"} {
			b.symbols[i], _ = b.matcher.Symbol(name)
		}
		return b, err
	})
}

func TestMatcherAllocatesNothingInSteadyState(t *testing.T) { treadmill(t).AllocatesNothing(t) }

func BenchmarkMatcher(b *testing.B) { treadmill(b).Bench(b) }

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		if _, err := Parse("web.failed then not web.completed within 10m then call.started within 30m"); err != nil {
			b.Fatal(err)
		}
	}
}
