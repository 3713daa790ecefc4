package join

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// The table is topic one, with payload "delete" for a deletion; the probes are topic two.

func newTemporalRig(tb testing.TB, c TemporalConfig, options pipelinetest.Options) *rig {
	c.Name, c.Table, c.Probes, c.TimerKind = "table", channelOne, channelTwo, 4
	return newRig(tb, options, func(s *pipeline.Setup, out, refused pipeline.Output, j *joining) error {
		join, err := NewTemporal(s, c, func(ctx *pipeline.Context, a *Answer) error {
			ctx.Emit(out, a.Key, fmt.Appendf(nil, "%s %s/%s@%d r%d %s", a.Key, a.ID, a.Payload, a.At, a.Revision, saidOf(a.Found, a.From, string(a.Value))))
			return nil
		}, func(ctx *pipeline.Context, r *Record, why Refused) error {
			ctx.Emit(refused, r.Key, fmt.Appendf(nil, "%s %s/%s@%d %v", r.Key, r.ID, r.Payload, r.At, why))
			return nil
		})
		j.take = func(ctx *pipeline.Context, g given) error {
			r := g.record()
			if g.topic == "one" {
				return join.Put(ctx, &Version{Key: r.Key, From: r.At, Deleted: g.payload == "delete", Value: r.Payload})
			}
			return join.Probe(ctx, &r)
		}
		j.timer = join.OnTimer
		return err
	})
}

func saidOf(found bool, from pipeline.Time, value string) string {
	if !found {
		return fmt.Sprintf("nothing from %d", from)
	}
	return fmt.Sprintf("%s from %d", value, from)
}

// asOf is what the table said of a time after the first n arrivals: the newest version, and of equals
// the last that came.
func asOf(list []arrival, n int, at pipeline.Time) string {
	best := -1
	for i, a := range list[:n] {
		if a.topic == "one" && a.at <= at && (best < 0 || a.at >= list[best].at) {
			best = i
		}
	}
	if best < 0 {
		return saidOf(false, pipeline.MinTime, "")
	}
	return saidOf(list[best].payload != "delete", list[best].at, list[best].payload)
}

// temporalOracle asks anew, for each probe and after each arrival, what the table says of its time.
func temporalOracle(list []arrival, c TemporalConfig) (answers map[int][]string, refused []string) {
	c.setDefaults()
	answers = map[int][]string{}
	for j, p := range list {
		if p.topic != "two" {
			continue
		}
		r := p.record()
		name := fmt.Sprintf("%s %s/%s@%d", p.key, r.ID, p.payload, p.at)
		all := min(p.one, p.two)
		if all > pipeline.MinTime+c.Retention && p.at < all-c.Retention {
			refused = append(refused, fmt.Sprint(name, " ", TooLate))
			continue
		}
		kept := func(n int) bool { return list[n].one <= p.at+c.Correct }
		if p.id != "-" && kept(j) && copyIsKept(list[:j], p, c) {
			refused = append(refused, fmt.Sprint(name, " ", Duplicate))
			continue
		}
		n := j // arrivals known at the first answer
		for c.Answer == Wait && n < len(list) && list[n].one <= p.at {
			n++
		}
		said := asOf(list, n, p.at)
		answers[j] = append(answers[j], fmt.Sprint(name, " r1 ", said))
		for ; n < len(list) && kept(n); n++ {
			if now := asOf(list, n+1, p.at); now != said {
				said = now
				answers[j] = append(answers[j], fmt.Sprintf("%s r%d %s", name, len(answers[j])+1, said))
			}
		}
	}
	return answers, refused
}

// copyIsKept reports whether a probe of the same id and time came before, and was taken. While one is
// kept it cannot have been too late for longer than its copy.
func copyIsKept(before []arrival, p arrival, c TemporalConfig) bool {
	for _, q := range before {
		if q.topic == "two" && q.id == p.id && q.at == p.at && q.one <= q.at+c.Correct {
			return true
		}
	}
	return false
}

func tablePayload(random *rand.Rand, topic string) string {
	if topic == "one" && random.IntN(6) == 0 {
		return "delete"
	}
	return fmt.Sprint("v", random.IntN(4))
}

func TestTemporalJoinEqualsTheOracleUnderDisorderAndKills(t *testing.T) {
	seeds := uint64(1000)
	if testing.Short() {
		seeds = 200
	}
	corrected, late, twice := 0, 0, 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 21))
		c := TemporalConfig{Answer: Policy(1 + random.IntN(2)), Correct: pipeline.Time(random.IntN(3) * 1500), Retention: pipeline.Time(3000 + random.IntN(3000))}
		r := newTemporalRig(t, c, pipelinetest.Options{Rand: random})
		r.shake(random, disorder(random, 60, tablePayload))
		for _, key := range []string{"k0", "k1", "k2"} {
			list := r.arrivals(key)
			answers, refused := temporalOracle(list, c)
			want := []string{}
			for j := range list {
				want = append(want, answers[j]...)
				if len(answers[j]) > 1 {
					corrected++
				}
			}
			for _, line := range refused {
				if line[len(line)-4:] == "late" {
					late++
				} else {
					twice++
				}
			}
			got := r.Lines("out", key)
			enginetest.SameLines(t, fmt.Sprintf("seed %d %s: answers", seed, key), sorted(got), sorted(want))
			enginetest.SameLines(t, fmt.Sprintf("seed %d %s: refused", seed, key), r.Lines("refused", key), refused)
		}
		if _, timers := r.Left(); timers > 3 {
			t.Errorf("seed %d: %d timers are left", seed, timers)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	if corrected == 0 || late == 0 || twice == 0 {
		t.Errorf("%d corrections, %d late, %d duplicates: the test tests nothing", corrected, late, twice)
	}
}

func TestWatermarkPassesThenOnlyTheVersionsThatCanStillBeAskedForAreKept(t *testing.T) {
	r := newTemporalRig(t, TemporalConfig{Answer: Wait, Retention: 1000, ForgetDeleted: 5000}, pipelinetest.Options{})
	put := func(at pipeline.Time, value string) {
		r.give(given{"one", "k", at, "-", value})
		r.give(given{"two", "other", at, "-", "p"})
		r.Commit()
	}
	left := func() int { n, _ := r.Left(); return n }
	put(10_000, "a")
	put(10_500, "b")
	put(20_000, "c") // both watermarks are past 19 000
	r.KillAll()
	r.give(given{"two", "k", 19_000, "p1", "p"}) // behind by more than c's out-of-orderness, within the retention
	r.Commit()
	put(30_000, "delete")
	enginetest.SameLines(t, "answers", r.Lines("out", "k"), []string{"k p1/p@19000 r1 b from 10500"})
	r.give(given{"two", "k", 21_000, "p2", "p"})
	r.Commit()
	enginetest.SameLines(t, "refused", r.Lines("refused", "k"), []string{"k p2/p@21000 too_late"})
	before := left()
	put(40_000, "c") // of key k again, so that it is not forgotten
	if got := left(); got != before {
		t.Errorf("%d keys, want %d", got, before)
	}
	put(50_000, "delete")
	r.give(given{"one", "other", 70_000, "-", "x"})
	r.give(given{"two", "other", 70_000, "-", "p"})
	r.Commit()
	r.EndInput(time.Minute)
	if got := left(); got != 1 {
		t.Errorf("%d keys are left, want that of the other key's table only", got)
	}
}

// TestWatermarkIsAtTheProbeThenAVersionOfThatTimeCounts: a watermark promises nothing about its own
// time.
func TestWatermarkIsAtTheProbeThenAVersionOfThatTimeCounts(t *testing.T) {
	r := newTemporalRig(t, TemporalConfig{Answer: Wait}, pipelinetest.Options{})
	r.give(given{"two", "k", 1000, "a", "p"})
	r.give(given{"two", "k", 1001, "b", "p"})
	r.Commit()
	r.give(given{"one", "other", 1301, "-", "v"}) // the table's watermark is 1001
	r.Commit()
	r.KillAll()
	r.give(given{"one", "k", 1001, "-", "v"})
	r.Commit()
	r.EndInput(time.Minute)
	enginetest.SameLines(t, "answers", r.Lines("out", "k"), []string{"k a/p@1000 r1 nothing from -9223372036854775808", "k b/p@1001 r1 v from 1001"})
}

func TestKeyIsFullThenProbesAreRefusedOrNotCorrected(t *testing.T) {
	for _, s := range []struct {
		policy  Policy
		answers []string
		refused []string
	}{
		{Wait, []string{"k a/p@1000 r1 v from 900", "k b/p@1000 r1 v from 900"}, []string{"k c/p@1000 full"}},
		{Now, []string{"k a/p@1000 r1 nothing from -9223372036854775808", "k a/p@1000 r2 v from 900",
			"k b/p@1000 r1 nothing from -9223372036854775808", "k b/p@1000 r2 v from 900",
			"k c/p@1000 r1 nothing from -9223372036854775808"}, nil},
	} {
		r := newTemporalRig(t, TemporalConfig{Answer: s.policy, MaxKept: 2}, pipelinetest.Options{})
		for _, id := range []string{"a", "b", "c"} {
			r.give(given{"two", "k", 1000, id, "p"})
		}
		r.Commit()
		r.KillAll()
		r.give(given{"one", "k", 900, "-", "v"})
		r.give(given{"one", "k", 5000, "-", "w"})
		r.Commit()
		enginetest.SameLines(t, "answers", sorted(r.Lines("out", "k")), s.answers)
		enginetest.SameLines(t, "refused", r.Lines("refused", "k"), s.refused)
	}
}

func TestTemporalConfigNamesItsProblems(t *testing.T) {
	good := TemporalConfig{Name: "x", Answer: Now, Correct: 5, Retention: 5, ForgetDeleted: 5, MaxKept: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for i, change := range []func(*TemporalConfig){
		func(c *TemporalConfig) { c.Name = "" }, func(c *TemporalConfig) { c.Answer = 0 }, func(c *TemporalConfig) { c.Correct = 6 },
		func(c *TemporalConfig) { c.Correct = -1 }, func(c *TemporalConfig) { c.ForgetDeleted = 4 }, func(c *TemporalConfig) { c.MaxKept = -1 },
		func(c *TemporalConfig) { c.TimerKind = 255 },
	} {
		c := good
		if change(&c); c.Validate() == nil {
			t.Errorf("change %d is accepted: %+v", i, c)
		}
	}
}
