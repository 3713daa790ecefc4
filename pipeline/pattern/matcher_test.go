package pattern

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/pipelinetest"
)

// taken are the records that are neither late nor come twice, by time and id; refused are the others.
// What a pattern does not name is neither.
func taken(list []arrival, s *Sequence) (records []given, refused []string) {
	for _, a := range list {
		named := slices.ContainsFunc(s.Steps, func(st Step) bool { return st.Name == a.name })
		switch {
		case !named:
		case a.at < a.mark:
			refused = append(refused, fmt.Sprintf("%s %s@%d %v", a.key, a.id, a.at, TooLate))
		case slices.ContainsFunc(records, func(g given) bool { return g.id == a.id && g.name == a.name && g.at == a.at }):
			refused = append(refused, fmt.Sprintf("%s %s@%d %v", a.key, a.id, a.at, Duplicate))
		default:
			records = append(records, a.given)
		}
	}
	slices.SortFunc(records, func(a, b given) int { return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id)) })
	return records, refused
}

// attempt is what became of one record that fits the first step.
type attempt struct {
	start, end pipeline.Time
	matched    bool
	byTime     bool // it ended when a span or a bound passed, not with a record
	ids        string
}

// follow reads the steps as their documentation does, for one first record.
func follow(records []given, first given, s *Sequence) attempt {
	a := attempt{start: first.at, ids: fmt.Sprintf(" %s@%d", first.id, first.at)}
	point := first.at
	var forbidden []string
	for _, step := range s.Steps[1:] {
		end := point + pipeline.Time(step.Within.Milliseconds())
		switch {
		case step.Not && step.Within == 0:
			forbidden = append(forbidden, step.Name)
		case step.Not:
			if g, ok := firstOf(records, point, end, append(slices.Clone(forbidden), step.Name)); ok {
				a.end = g.at
				return a
			}
			point, a.byTime = end, true
		default:
			g, ok := firstOf(records, point, end, []string{step.Name})
			if bad, no := firstOf(records, point, end, forbidden); no && (!ok || bad.at < g.at) {
				a.end, a.byTime = bad.at, false
				return a
			}
			if !ok {
				a.end, a.byTime = end, true
				return a
			}
			point, forbidden, a.byTime = g.at, nil, false
			a.ids += fmt.Sprintf(" %s@%d", g.id, g.at)
		}
	}
	a.end, a.matched = point, true
	return a
}

// firstOf is the first record of one of the names after from, up to until.
func firstOf(records []given, from, until pipeline.Time, names []string) (given, bool) {
	for _, g := range records {
		if g.at > from && g.at <= until && slices.Contains(names, g.name) {
			return g, true
		}
	}
	return given{}, false
}

// oracle finds every match of a key, by trying each first record on its own.
func oracle(records []given, c Config) (lines []string) {
	var attempts []attempt
	for _, g := range records {
		if g.name != c.Sequence.Steps[0].Name {
			continue
		}
		a := follow(records, g, c.Sequence)
		if c.MaxPartial > 0 {
			attempts = makeRoom(attempts, g.at, c.MaxPartial)
		}
		attempts = append(attempts, a)
	}
	attempts = slices.DeleteFunc(attempts, func(a attempt) bool { return !a.matched })
	slices.SortStableFunc(attempts, func(a, b attempt) int { return cmp.Compare(a.end, b.end) })
	last := pipeline.MinTime
	for _, a := range attempts {
		if c.After == Once && a.start <= last {
			continue
		}
		last = a.end
		lines = append(lines, fmt.Sprintf("%d-%d:%s", a.start, a.end, a.ids))
	}
	return lines
}

// makeRoom drops the oldest attempt that goes on at a time where there are as many as there may be.
func makeRoom(attempts []attempt, at pipeline.Time, limit int) []attempt {
	oldest, n := -1, 0
	for i, a := range attempts {
		if a.end > at || a.end == at && a.byTime {
			if n++; oldest < 0 {
				oldest = i
			}
		}
	}
	if n < limit {
		return attempts
	}
	return slices.Delete(attempts, oldest, oldest+1)
}

func randomSequence(random *rand.Rand) *Sequence {
	for {
		s := Begin(string(rune('a' + random.IntN(2))))
		for range 1 + random.IntN(4) {
			name, within := string(rune('a'+random.IntN(3))), time.Duration(1+random.IntN(50))*50*time.Millisecond
			switch random.IntN(4) {
			case 0:
				s.Not(name)
			case 1:
				s.NotWithin(name, within)
			default:
				s.Then(name).Within(within)
			}
		}
		if s.Validate() == nil {
			return s
		}
	}
}

func TestMatchesEqualTheOracleUnderDisorderAndKills(t *testing.T) {
	seeds, enough := uint64(1500), 1000
	if testing.Short() {
		seeds, enough = 250, 160
	}
	matches, reasons := map[After]int{}, map[string]int{}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 31))
		c := Config{Sequence: randomSequence(random), After: After(1 + random.IntN(2))}
		if c.After == Each && random.IntN(3) == 0 {
			c.MaxPartial = 1 + random.IntN(2)
		}
		r := newRig(t, c, pipelinetest.Options{Rand: random})
		r.shake(random, disorder(random, 80))
		for _, key := range []string{"k0", "k1"} {
			records, refused := taken(r.arrivals(key), c.Sequence)
			var want []string
			for _, line := range oracle(records, c) {
				want = append(want, key+" "+line)
			}
			got := r.Lines("out", key)
			what := fmt.Sprintf("seed %d %s, %q after %d, at most %d", seed, key, c.Sequence, c.After, c.MaxPartial)
			enginetest.SameLines(t, what, got, want)
			enginetest.SameLines(t, what+": refused", r.Lines("refused", key), refused)
			matches[c.After] += len(want)
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
	if matches[Each] < enough || matches[Once] < enough || len(reasons) != 2 {
		t.Errorf("%v matches, refused %v: the test tests little", matches, reasons)
	}
}

// tell runs a pattern over records of one key, in this order, all of them in time.
func tell(t *testing.T, text string, after After, records string) []string {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Config{Sequence: s, After: after}, pipelinetest.Options{})
	for i, word := range strings.Fields(records) {
		name, at, _ := strings.Cut(word, "@")
		g := given{topic: "web", key: "k", name: name, id: fmt.Sprint(name, i)}
		if _, err := fmt.Sscan(at, &g.at); err != nil {
			t.Fatal(err)
		}
		r.give(g)
	}
	r.Commit()
	r.KillAll()
	r.EndInput(time.Hour)
	return r.Lines("out", "k")
}

func TestWordsMeanWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		name, text string
		after      After
		records    string
		want       []string
	}{
		{"a call after ten seconds", "f then not c within 10s then t within 30s", Each, "f@1000 t@12000", []string{"k 1000-12000: f0@1000 t1@12000"}},
		{"a completion between", "f then not c within 10s then t within 30s", Each, "f@1000 c@5000 t@12000", nil},
		{"a completion at the very end", "f then not c within 10s then t within 30s", Each, "f@1000 c@11000 t@12000", nil},
		{"a completion after", "f then not c within 10s then t within 30s", Each, "f@1000 c@11001 t@12000", []string{"k 1000-12000: f0@1000 t2@12000"}},
		{"a call within the ten seconds is passed over", "f then not c within 10s then t within 30s", Each, "f@1000 t@9000", nil},
		{"a call at their end is not after them", "f then not c within 10s then t within 30s", Each, "f@1000 t@11000", nil},
		{"the last moment", "f then not c within 10s then t within 30s", Each, "f@1000 t@41000", []string{"k 1000-41000: f0@1000 t1@41000"}},
		{"too long after", "f then not c within 10s then t within 30s", Each, "f@1000 t@41001", nil},
		{"no completion before", "f then not c then t within 30s", Each, "f@1000 t@2000", []string{"k 1000-2000: f0@1000 t1@2000"}},
		{"a completion before", "f then not c then t within 30s", Each, "f@1000 c@1500 t@2000", nil},
		{"a completion at one time with the call is not before it", "f then not c then t within 30s", Each, "f@1000 c@2000 t@2000", []string{"k 1000-2000: f0@1000 t2@2000"}},
		{"the end is the passing of time", "f then not c within 10s", Each, "f@1000", []string{"k 1000-11000: f0@1000"}},
		{"the same time is not after", "f then t within 10s", Each, "f@1000 t@1000", nil},
		{"each failure has a match", "f then t within 10s", Each, "f@1000 f@2000 t@3000 t@4000", []string{"k 1000-3000: f0@1000 t2@3000", "k 2000-3000: f1@2000 t2@3000"}},
		{"once, the first failure", "f then t within 10s", Once, "f@1000 f@2000 t@3000 t@4000", []string{"k 1000-3000: f0@1000 t2@3000"}},
		{"once, then again", "f then t within 10s", Once, "f@1000 t@2000 f@2500 t@3000", []string{"k 1000-2000: f0@1000 t1@2000", "k 2500-3000: f2@2500 t3@3000"}},
		{"three of a kind", "f then f within 10s then f within 10s", Once, "f@1000 f@2000 f@3000 f@4000 f@5000", []string{"k 1000-3000: f0@1000 f1@2000 f2@3000"}},
		{"out of order", "f then t within 10s", Each, "t@2000 f@1800", []string{"k 1800-2000: f1@1800 t0@2000"}},
	} {
		enginetest.SameLines(t, c.name, tell(t, c.text, c.after, c.records), c.want)
	}
}

func TestWatermarkPassesThenLateRecordIsRefused(t *testing.T) {
	s := Begin("f").NotWithin("c", 10*time.Second)
	r := newRig(t, Config{Sequence: s, After: Each}, pipelinetest.Options{})
	r.give(given{"web", "k", "f", 1000, "i1"})
	r.give(given{"web", "k", "f", 11_301, "i2"})
	r.give(given{"call", "k", "x", 11_800, "i3"}) // watermark 11 000: a completion may still come
	r.Commit()
	r.KillAll()
	enginetest.SameLines(t, "not yet", r.Lines("out", "k"), nil)
	r.give(given{"call", "k", "x", 11_801, "i4"})
	r.Commit()
	enginetest.SameLines(t, "after ten seconds", r.Lines("out", "k"), []string{"k 1000-11000: i1@1000"})
	r.give(given{"call", "k", "c", 11_000, "i5"})
	r.Commit()
	enginetest.SameLines(t, "refused", r.Lines("refused", "k"), []string{"k i5@11000 too_late"})
}

func TestKeyIsFullThenRecordsAreRefused(t *testing.T) {
	r := newRig(t, Config{Sequence: Begin("f").Then("t").Within(time.Minute), After: Each, MaxWaiting: 2}, pipelinetest.Options{})
	for i, name := range []string{"f", "t", "t"} {
		r.give(given{"web", "k", name, pipeline.Time(1000 + i), name})
	}
	r.Commit()
	enginetest.SameLines(t, "refused", r.Lines("refused", "k"), []string{"k t@1002 full"})
	r.EndInput(time.Hour)
	enginetest.SameLines(t, "match", r.Lines("out", "k"), []string{"k 1000-1001: f@1000 t@1001"})
}

func TestConfigNamesItsProblems(t *testing.T) {
	good := Config{Name: "x", Sequence: Begin("a").Then("b").Within(time.Second), After: Each}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for i, change := range []func(*Config){
		func(c *Config) { c.Name = "" }, func(c *Config) { c.Sequence = nil }, func(c *Config) { c.Sequence = Begin("A") },
		func(c *Config) { c.After = 0 }, func(c *Config) { c.MaxPartial = -1 }, func(c *Config) { c.MaxWaiting = -1 },
	} {
		c := good
		if change(&c); c.Validate() == nil {
			t.Errorf("change %d is accepted: %+v", i, c)
		}
	}
}
