package runner

import (
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

func TestLinksOfLongAgoComeAmongOthersThenTheyHaveTheTimeAtWhichTheyCame(t *testing.T) {
	const h = leap
	for _, c := range []struct {
		name      string
		told      pipeline.Time
		got, want []pipeline.Time
	}{
		{"of long ago", 50 * h, []pipeline.Time{50*h + 1, 3 * h, 50*h + 2, 4 * h}, []pipeline.Time{50*h + 1, 50*h + 1, 50*h + 2, 50*h + 2}},
		{"a gap", 10, []pipeline.Time{5 * h, 1, 5*h + 1}, []pipeline.Time{5 * h, 5 * h, 5*h + 1}},
		{"wrong", 10, []pipeline.Time{900 * h, 11, 12}, []pipeline.Time{10, 11, 12}},
		{"wrong, and the first", pipeline.MinTime, []pipeline.Time{900 * h, 11, 12}, []pipeline.Time{12, 12, 12}},
		{"alone", 10, []pipeline.Time{5 * h}, []pipeline.Time{5 * h}},
	} {
		l := lane{n: len(c.got), timed: timed{leads: true, by: leastLead, told: c.told}}
		i := 0
		l.times = func(*pipeline.Record) (known, event pipeline.Time) {
			i++
			return c.got[i-1], c.got[i-1]
		}
		l.read(pipeline.MaxTime)
		for n := range l.n {
			l.known[n] += leastLead
		}
		if got := l.known[:l.n]; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestLeadIsAsLongAsItTakesAndNoLonger(t *testing.T) {
	d := newLead()
	round := func(from, to pipeline.Time) pipeline.Time {
		d.read(from+d.by, from)
		d.seal()
		d.checking, d.sealed, d.stop = d.sealed, nothingLed, func() {}
		if got := d.limit(); got != from+d.by-1 {
			t.Errorf("others are read until %d, want before %d", got, from+d.by)
		}
		d.isApplied(to)
		return d.by
	}
	const begins = 1_000_000_000
	// The first records of a log may be of long ago.
	if by := round(begins, begins+1000*leastLead); by != growth*leastLead {
		t.Errorf("after a leap: %d", by)
	}
	if by := round(begins, begins+3*leastLead); by != 6*leastLead {
		t.Errorf("twice what the others have moved: %d", by)
	}
	if by := round(begins, begins+1); by != leastLead {
		t.Errorf("when they hardly move: %d", by)
	}
	if d.limit() != pipeline.MaxTime {
		t.Error("nothing is under way, and the others wait")
	}
}
