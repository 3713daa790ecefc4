package evidence

import (
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/operators/person"
	"github.com/attune-health/attune/schemas"
)

func groupSpaceOf(tb testing.TB, without ...string) *FeatureSpace {
	tb.Helper()
	t, err := schemas.LoadTaxonomy("bank")
	if err != nil {
		tb.Fatal(err)
	}
	other := *t
	other.Without = without
	s, err := NewGroupSpace(&other)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// busy is the evidence of a caller of whom much is known.
func busy() *Evidence {
	e := &Evidence{At: 40 * schemas.Day, InContact: true, menu: 2, priority: 2, Contacts: 7, FailedDay: 1, ViewedDay: 0b11, FactReasons: 0b100, queue: "AA0101", Needs: 0b101,
		shards: 2, sessionN: 2, stepN: 3, factN: 2, failed: []schemas.FailedStep{{At: 40*schemas.Day - schemas.Minute}}, hour: 11, weekday: 3}
	e.sessions[0] = session{first: 40*schemas.Day - 5*schemas.Minute, last: 40*schemas.Day - schemas.Minute, reason: 3, found: found(6), since: 1}
	e.sessions[1] = session{first: 40*schemas.Day - 40*schemas.Minute, last: 40*schemas.Day - 30*schemas.Minute, reason: 3, found: found(0)}
	e.sign, e.signN = &schemas.FlagSign{Kind: 1, Source: 2, At: 40*schemas.Day - schemas.Minute}, 1
	e.steps = [12]uint64{11, 12, 13}
	e.dues[0], e.dueN = dueFact{event: 5, reason: 2, days: -1}, 1
	e.facts[0] = newFact{known: 40*schemas.Day - schemas.Hour, event: 3, reason: 1}
	for i := range 4 {
		e.history.insert(pastContact{at: schemas.Millis(30+i) * schemas.Day, reason: i, outcome: int32(i % 3), wait: 90_000})
		e.history.seen |= 1 << i
		for k := range e.history.counts {
			e.history.counts[k][i] = float64(1 + i)
			e.history.sums[k] += float64(1 + i)
		}
	}
	e.history.follows[1], e.history.unanswered, e.history.unansweredAt = 2, 1.5, 33*schemas.Day
	e.center = &Center{At: 40 * schemas.Day, Contacts: 20, Wait: 900, Unanswered: 3}
	e.center.Recent[0], e.center.Recent[4] = 15, 5
	return e
}

// namesOf are the names of the codes, each once.
func namesOf(s *FeatureSpace, codes []int32) []string {
	var names []string
	for _, c := range codes {
		names = append(names, s.groups.nameOf(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestGroupsAreDeclaredWhole(t *testing.T) {
	seen := map[string]bool{}
	for i := range groups {
		g := &groups[i]
		if seen[g.Name] || g.Meaning == "" || (g.value == nil) == (g.each == nil) {
			t.Errorf("group %q: named twice, without a meaning, or without one way to its value", g.Name)
		}
		seen[g.Name] = true
	}
	for _, k := range slices.Concat(aligned[:], amounts[:]) {
		if !strings.Contains(k.Meaning, "%s") || (k.set == nil) == (k.amount == nil) || k.Start == 0 {
			t.Errorf("kind %q: names no reason, has no way to it, or no weight to begin with", k.Name)
		}
	}
	if !slices.IsSortedFunc(amounts[:], func(a, b Kind) int { return int(truth(a.ofCenter)) - int(truth(b.ofCenter)) }) {
		t.Error("amounts of the center do not come last")
	}
	if len(groups) > 255 || len(amounts) > 32 || len(aligned) > 255 {
		t.Error("more groups or kinds than codes have room for")
	}
}

// TestSubjectsAreToldApartAsWordsAre: explanations add up what is of one subject, and tell its words.
func TestSubjectsAreToldApartAsWordsAre(t *testing.T) {
	s := groupSpaceOf(t)
	codes := s.Active(nil, busy())
	for _, a := range codes {
		for _, b := range codes {
			name, text := s.Describe(a)
			other, words := s.Describe(b)
			if same := name == other && text == words; same != (s.Subject(a) == s.Subject(b)) {
				t.Errorf("codes %#x and %#x, %s and %s: same words %v", a, b, name, other, same)
			}
		}
	}
}

// TestBusyCallerHasEveryGroup: what is declared is also made, and fits its codes.
func TestBusyCallerHasEveryGroup(t *testing.T) {
	s, e := groupSpaceOf(t), busy()
	codes := s.Active(nil, e)
	if err := s.Check(codes); err != nil {
		t.Fatal(err)
	}
	names := namesOf(s, codes)
	for i := range groups {
		// Those that say that there is nothing.
		if n := groups[i].Name; !slices.Contains(names, n) && !slices.Contains([]string{"journey/fact", "journey/session", "journey/nofail0", "journey/stranger"}, n) {
			t.Errorf("no token of %s", n)
		}
	}
	if again := s.Active(nil, e); !slices.Equal(codes, again) {
		t.Error("the same evidence has other codes")
	}
	if n := testing.AllocsPerRun(100, func() { codes = s.Active(codes[:0], e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSiteSwitchesGroupsOff(t *testing.T) {
	all, some := groupSpaceOf(t), groupSpaceOf(t, "queue", "outcome", "memory", "visit/now")
	names := namesOf(some, some.Active(nil, busy()))
	for _, n := range namesOf(all, all.Active(nil, busy())) {
		off := n == "queue" || n == "visit/now" || strings.HasPrefix(n, "outcome/") || strings.HasPrefix(n, "memory/")
		if slices.Contains(names, n) == off {
			t.Errorf("%s: there %v, switched off %v", n, !off, off)
		}
	}
	if all.Fingerprint() == some.Fingerprint() {
		t.Error("both have one fingerprint: examples of one would be learned by the other")
	}
	taxonomy := *all.Taxonomy
	taxonomy.Without = []string{"no-such-group"}
	if _, err := NewGroupSpace(&taxonomy); err == nil {
		t.Error("a group that there is not is switched off without a word")
	}
}

// TestTokensAreBounded: however many steps and reasons there are.
func TestTokensAreBounded(t *testing.T) {
	s, e := groupSpaceOf(t), busy()
	e.Needs = 1<<31 - 1
	for r := range 7 {
		e.history.seen |= 1 << r
	}
	e.stepN = len(e.steps)
	tokens := 0
	for _, c := range s.Active(nil, e) {
		if KindOfCode(c) == CodeToken {
			tokens++
		}
	}
	if tokens > MaxTokens {
		t.Errorf("%d tokens", tokens)
	}
}

func TestCodesComeBack(t *testing.T) {
	for _, x := range []float64{0, 1.5, -3.25, 99, -99, 1000} {
		kind, r, got := AmountOf(amountCode(7, 30, x))
		if want := min(x, 100); kind != 7 || r != 30 || got-want > AmountUnit || want-got > AmountUnit {
			t.Errorf("%v comes back as kind %d, reason %d, %v", x, kind, r, got)
		}
	}
	if k, r := AlignedOf(alignedCode(200, 31)); k != 200 || r != 31 {
		t.Errorf("kind %d, reason %d", k, r)
	}
	if g, row := TokenOf(tokenCode(254, 65535)); g != 254 || row != 65535 {
		t.Errorf("group %d, row %d", g, row)
	}
}

// TestCenterForgetsWithinTheHour, and is published whole.
func TestCenterForgetsWithinTheHour(t *testing.T) {
	var c, d Center
	for i := range 10 {
		c.Add(schemas.Millis(i)*schemas.Minute, 1, person.OutcomeAbandoned, 60_000)
	}
	if !d.Take(c.At, c.Numbers(nil, 7), 7) || d != c {
		t.Errorf("published %+v, taken %+v", c, d)
	}
	if d.Take(0, c.Numbers(nil, 7), 8) {
		t.Error("numbers of other reasons are taken")
	}
	c.Add(3*schemas.Hour, 2, person.OutcomeAnswered, 0)
	if c.Contacts < 1 || c.Contacts > 1.1 || c.Unanswered > 0.1 || c.Usual[1] < 9 {
		t.Errorf("three hours later: %+v", c)
	}
}

func BenchmarkActiveOfABusyCaller(b *testing.B) {
	s, e := groupSpaceOf(b), busy()
	var codes []int32
	b.ReportAllocs()
	for b.Loop() {
		codes = s.Active(codes[:0], e)
	}
}

// What falls due counts by the site's days: all of the day on which it does so, and few days before and after.
func TestWhatFallsDueCountsByDays(t *testing.T) {
	at := 100*schemas.Day + 23*schemas.Hour // five hours behind, it is 18:00
	for due, want := range map[schemas.Millis]int32{
		at - schemas.Hour: 0, at + 5*schemas.Hour: 0, at + 7*schemas.Hour: 1, at - 19*schemas.Hour: -1, at + 4*schemas.Day: 4, at + 5*schemas.Day: 99, at - 6*schemas.Day: 99, 0: 99,
	} {
		e := &Evidence{At: at, offset: -5 * schemas.Hour}
		e.collectDue(&person.FoldedFact{At: 80 * schemas.Day, Due: due, Event: 7, Reason: 2})
		got := int32(99)
		if e.dueN > 0 {
			got = e.dues[0].days
		}
		if got != want {
			t.Errorf("due %d h after: in %d days, want %d", (due-at)/schemas.Hour, got, want)
		}
	}
	v := view{e: &Evidence{dueN: 2, dues: [6]dueFact{{event: 3, reason: 1, days: 3}, {event: 4, reason: 2, days: 4}}}}
	if got := v.due(-1, 3); got != 0b10 {
		t.Errorf("reasons of what is due: %b", got)
	}
}

// Of whom nothing but this call is known, the time of day is all there is.
func TestStrangersAreToldByTheTimeOfDay(t *testing.T) {
	for known, want := range map[int64]uint64{1: 4, 2: none} {
		if v := (view{e: &Evidence{touchpoints: known, shards: 1}, hour: 13}); v.stranger() != want {
			t.Errorf("after %d touchpoints: %d", known, v.stranger())
		}
	}
}

// Facts count alike whichever came last, and what a person needs is no news.
func TestEachFactCounts(t *testing.T) {
	e := &Evidence{At: 40 * schemas.Day}
	e.collectNewFacts(&person.FoldedSignals{Facts: []person.FoldedFact{
		{At: 39 * schemas.Day, Known: 39 * schemas.Day, Event: schemas.EhrEventStatement, Reason: 6},
		{At: 40*schemas.Day - schemas.Hour, Known: 40*schemas.Day - schemas.Hour, Event: schemas.EhrEventResultFinal, Reason: 3},
		{At: 40*schemas.Day - 1, Known: 40*schemas.Day - 1, Event: schemas.EhrEventNeedRecorded, Reason: 12},
	}})
	v := view{e: e}
	if now, day, n := v.factReasons(0, 90*schemas.Minute), v.factReasons(12*schemas.Hour, 40*schemas.Hour), len(eachFact(&v, nil)); now != 1<<3 || day != 1<<6 || n != 2 {
		t.Errorf("news %b, of the day %b, %d tokens", now, day, n)
	}
}
