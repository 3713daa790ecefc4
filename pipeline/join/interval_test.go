package join

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// The left stream is topic one, the right one topic two.

func newIntervalRig(tb testing.TB, c IntervalConfig, options pipelinetest.Options) *rig {
	c.Name, c.Left, c.Right, c.TimerKind = "near", channelOne, channelTwo, 7
	return newRig(tb, options, func(s *pipeline.Setup, out, refused pipeline.Output, j *joining) error {
		join, err := NewInterval(s, c, func(ctx *pipeline.Context, p *Pair) error {
			line := fmt.Appendf(nil, "%s %s/%s@%d", p.Left.Key, p.Left.ID, p.Left.Payload, p.Left.At)
			if p.Right != nil {
				line = fmt.Appendf(line, " %s/%s@%d", p.Right.ID, p.Right.Payload, p.Right.At)
			}
			ctx.Emit(out, p.Left.Key, line)
			return nil
		}, func(ctx *pipeline.Context, r *Record, why Refused) error {
			ctx.Emit(refused, r.Key, fmt.Appendf(nil, "%s %s/%s@%d %v", r.Key, r.ID, r.Payload, r.At, why))
			return nil
		})
		j.take = func(ctx *pipeline.Context, g given) error {
			r := g.record()
			if g.topic == "one" {
				return join.AddLeft(ctx, &r)
			}
			return join.AddRight(ctx, &r)
		}
		j.timer = join.OnTimer
		return err
	})
}

// intervalOracle pairs every left record that is taken with every right one.
func intervalOracle(list []arrival, c IntervalConfig) (pairs, refused []string) {
	name := func(a arrival) string { r := a.record(); return fmt.Sprintf("%s/%s@%d", r.ID, a.payload, a.at) }
	var taken []arrival
	for _, a := range list {
		own := a.one
		if a.topic == "two" {
			own = a.two
		}
		if own > pipeline.MinTime+c.Lateness && a.at < own-c.Lateness {
			refused = append(refused, fmt.Sprint(a.key, " ", name(a), " ", TooLate))
			continue
		}
		twice := false
		for _, b := range taken {
			twice = twice || a.id != "-" && a.topic == b.topic && a.id == b.id && a.at == b.at
		}
		if twice {
			refused = append(refused, fmt.Sprint(a.key, " ", name(a), " ", Duplicate))
			continue
		}
		taken = append(taken, a)
	}
	for _, l := range taken {
		alone := c.Kind == Left && l.topic == "one"
		for _, r := range taken {
			if l.topic == "one" && r.topic == "two" && r.at >= l.at+c.Lower && r.at <= l.at+c.Upper {
				pairs, alone = append(pairs, fmt.Sprint(l.key, " ", name(l), " ", name(r))), false
			}
		}
		if alone {
			pairs = append(pairs, fmt.Sprint(l.key, " ", name(l)))
		}
	}
	return pairs, refused
}

func TestIntervalJoinEqualsTheOracleUnderDisorderAndKills(t *testing.T) {
	seeds := uint64(1000)
	if testing.Short() {
		seeds = 200
	}
	reasons := map[string]int{}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 22))
		c := IntervalConfig{Kind: Kind(1 + random.IntN(2)), Lower: pipeline.Time(random.IntN(81)-40) * 50, Lateness: pipeline.Time(random.IntN(3) * 500)}
		c.Upper = c.Lower + pipeline.Time(random.IntN(60)*50)
		r := newIntervalRig(t, c, pipelinetest.Options{Rand: random})
		r.shake(random, disorder(random, 60, func(r *rand.Rand, _ string) string { return fmt.Sprint("v", r.IntN(4)) }))
		for _, key := range []string{"k0", "k1", "k2"} {
			pairs, refused := intervalOracle(r.arrivals(key), c)
			enginetest.SameLines(t, fmt.Sprintf("seed %d %s: pairs of %+v", seed, key, c), sorted(r.Lines("out", key)), sorted(pairs))
			enginetest.SameLines(t, fmt.Sprintf("seed %d %s: refused", seed, key), r.Lines("refused", key), refused)
			for _, line := range refused {
				reasons[line[len(line)-4:]]++
			}
		}
		if keys, timers := r.Left(); keys+timers > 0 {
			t.Errorf("seed %d: %d keys and %d timers are left", seed, keys, timers)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	if len(reasons) != 2 {
		t.Errorf("refused %v: the test tests nothing", reasons)
	}
}

// TestRightWatermarkPassesThenLeftIsGivenAloneAndOnlyOnce: also across a kill between the two timers.
func TestRightWatermarkPassesThenLeftIsGivenAloneAndOnlyOnce(t *testing.T) {
	r := newIntervalRig(t, IntervalConfig{Kind: Left, Upper: 1000}, pipelinetest.Options{})
	r.give(given{"one", "k", 10_000, "a", "p"})
	r.give(given{"two", "k", 11_800, "z", "p"}) // its watermark is 11 000: a partner may come
	r.Commit()
	enginetest.SameLines(t, "not yet", r.Lines("out", "k"), nil)
	r.give(given{"two", "k", 11_801, "z", "p"})
	r.Commit()
	enginetest.SameLines(t, "alone", r.Lines("out", "k"), []string{"k a/p@10000"})
	r.KillAll()
	r.give(given{"one", "k", 10_000, "a", "p"})
	r.give(given{"two", "k", 11_000, "y", "p"})
	r.Commit()
	enginetest.SameLines(t, "refused", r.Lines("refused", "k"), []string{"k a/p@10000 duplicate", "k y/p@11000 too_late"})
	r.give(given{"one", "k", 90_000, "-", "p"})
	r.give(given{"two", "k", 90_500, "-", "p"})
	r.Commit()
	r.EndInput(0)
	enginetest.SameLines(t, "to the end", r.Lines("out", "k"), []string{"k a/p@10000", "k /p@90000 /p@90500"})
}

func TestSideOfAKeyIsFullThenMoreAreRefused(t *testing.T) {
	r := newIntervalRig(t, IntervalConfig{Kind: Left, Upper: 1000, MaxKept: 2}, pipelinetest.Options{})
	for _, id := range []string{"a", "b", "c"} {
		r.give(given{"one", "k", 1000, id, "p"})
	}
	r.Commit()
	r.KillAll()
	r.give(given{"two", "k", 1500, "x", "p"})
	r.Commit()
	enginetest.SameLines(t, "pairs", r.Lines("out", "k"), []string{"k a/p@1000 x/p@1500", "k b/p@1000 x/p@1500"})
	enginetest.SameLines(t, "refused", r.Lines("refused", "k"), []string{"k c/p@1000 full"})
}

func TestIntervalConfigNamesItsProblems(t *testing.T) {
	good := IntervalConfig{Name: "x", Kind: Left, Lower: -5, Upper: 5, MaxKept: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for i, change := range []func(*IntervalConfig){
		func(c *IntervalConfig) { c.Name = "" }, func(c *IntervalConfig) { c.Kind = 0 }, func(c *IntervalConfig) { c.Lower = 6 },
		func(c *IntervalConfig) { c.Upper = maxInterval + 1 }, func(c *IntervalConfig) { c.Lateness = -1 },
		func(c *IntervalConfig) { c.MaxKept = -1 }, func(c *IntervalConfig) { c.TimerKind = 255 },
	} {
		c := good
		if change(&c); c.Validate() == nil {
			t.Errorf("change %d is accepted: %+v", i, c)
		}
	}
}
