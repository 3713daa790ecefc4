package evidence

import (
	"slices"
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
)

func TestGroupsOfMomentsAreDeclaredWhole(t *testing.T) {
	seen := map[string]bool{}
	for i := range momentGroups {
		g := &momentGroups[i]
		if seen[g.Name] || !strings.HasPrefix(g.Name, "when/") || g.Meaning == "" || (g.value == nil) == (g.each == nil) {
			t.Errorf("group %q: named twice or outside its family, without a meaning, or without one way to its value", g.Name)
		}
		seen[g.Name] = true
	}
}

// TestMomentOfABusyCaller: what is declared is also made, is the same each time, and allocates nothing.
func TestMomentOfABusyCaller(t *testing.T) {
	s, e := groupSpaceOf(t), busy()
	e.now, e.LoopSet = 77, 0b11
	e.known[0], e.knownN = knownFact{known: e.At - schemas.Hour, due: e.At + schemas.Day, event: 3}, 1
	s.Active(nil, e)
	codes := s.Moment(nil)
	if !s.CheckMoment(codes) {
		t.Fatal("codes are no tokens of moments")
	}
	for i := range momentGroups {
		if !slices.ContainsFunc(codes, func(c int32) bool { g, _ := TokenOf(c); return g == i }) {
			t.Errorf("no token of %s", momentGroups[i].Name)
		}
	}
	if again := s.Moment(nil); !slices.Equal(codes, again) {
		t.Error("the same evidence has other tokens")
	}
	if n := testing.AllocsPerRun(100, func() { codes = s.Moment(codes[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSiteSwitchesGroupsOfMomentsOff(t *testing.T) {
	all, some := groupSpaceOf(t), groupSpaceOf(t, "when/needs")
	some.Active(nil, busy())
	if slices.ContainsFunc(some.Moment(nil), func(c int32) bool { g, _ := TokenOf(c); return momentGroups[g].Name == "when/needs" }) {
		t.Error("a group that is switched off is used")
	}
	if all.MomentFingerprint() == some.MomentFingerprint() {
		t.Error("both have one fingerprint")
	}
}

func BenchmarkMomentOfABusyCaller(b *testing.B) {
	s, e := groupSpaceOf(b), busy()
	codes := s.Active(nil, e)
	b.ReportAllocs()
	for b.Loop() {
		codes = s.Moment(codes[:0])
	}
}
