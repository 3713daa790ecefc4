package runner

import (
	"slices"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

func TestLinksOfLongAgoOrOfAWrongClockComeThenTheyHaveTheTimeAtWhichTheyCame(t *testing.T) {
	const h, first = leap, pipeline.MinTime + leastLead // first: before anything is known
	type times = []pipeline.Time
	for _, c := range []struct {
		name      string
		told      pipeline.Time
		got, want []times // in the groups in which they are decoded
	}{
		{"of long ago", 50 * h, []times{{50*h + 1, 3 * h, 50*h + 2, 4 * h}}, []times{{50*h + 1, 50*h + 1, 50*h + 2, 50*h + 2}}},
		{"a gap", 10, []times{{5 * h, 1, 5*h + 1}}, []times{{5 * h, 5 * h, 5*h + 1}}},
		{"few, hours apart", 10, []times{{5 * h}, {9 * h}, {13 * h}}, []times{{10}, {5 * h}, {9 * h}}},
		{"the first", pipeline.MinTime, []times{{5 * h}, {5*h + 1}}, []times{{first}, {5 * h}}},
		{"wrong", 10, []times{{900 * h, 11, 12}}, []times{{10, 11, 12}}},
		{"wrong twice", 10, []times{{900 * h, 900*h + 1, 11, 12, 13}}, []times{{10, 10, 11, 12, 13}}},
		{"wrong, and the first", pipeline.MinTime, []times{{900 * h, 11, 12}}, []times{{first, 11, 12}}},
		{"wrong, and alone", 10, []times{{900 * h}, {11}, {12}}, []times{{10}, {11}, {12}}},
		{"wrong, and the last of its group", 10, []times{{11, 900 * h}, {12, 13}}, []times{{11, 11}, {12, 13}}},
	} {
		l := lane{timed: timed{leads: true, by: leastLead, told: c.told, leapt: pipeline.MaxTime}}
		for g, group := range c.got {
			l.n = len(group)
			i := 0
			l.times = func(*pipeline.Record) (known, event pipeline.Time) {
				i++
				return group[i-1], group[i-1]
			}
			l.read(pipeline.MaxTime)
			for n := range l.n {
				l.known[n] += leastLead
			}
			if got := l.known[:l.n]; !slices.Equal(got, c.want[g]) {
				t.Errorf("%s, group %d: got %v, want %v", c.name, g, got, c.want[g])
			}
		}
	}
}

func TestLeadIsAsLongAsItTakesAndNoLonger(t *testing.T) {
	d := newLead()
	round := func(from, to pipeline.Time) pipeline.Time {
		d.read(from+d.by, from)
		d.seal()
		d.checking, d.sealed, d.stop, d.heard = d.sealed, nothingLed, func() {}, pipeline.MaxTime
		if got := d.limit(); got != from+d.by-1 {
			t.Errorf("others are read until %d, want before %d", got, from+d.by)
		}
		d.isApplied(to, 0)
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

func TestSessionEndsThenWhatIsCommittedIsStillFollowedAndWhatIsVoidIsNot(t *testing.T) {
	d := newLead()
	d.read(10, 5)
	d.seal()
	d.checking, d.sealed, d.following, d.stop = d.sealed, nothingLed, true, func() {}
	d.applied = make(chan struct{}, 1)
	d.applied <- struct{}{}
	d.read(20, 6)
	d.rest()
	if got := d.limit(); got != 9 || d.following {
		t.Errorf("after a session others are read until %d, want 9", got)
	}
	d.forget()
	if got := d.limit(); got != pipeline.MaxTime {
		t.Errorf("what is void is waited for: %d", got)
	}
}

func TestRecordOfAWrongClockWasReadThenOthersAreNoLessBehind(t *testing.T) {
	m := merge{pace: gauge{known: 1000 * leap, at: time.UnixMilli(0)}}
	w := &worker{run: &Runner{cfg: Config{Topology: &pipeline.Topology{Clock: pipeline.ClockLog}}}}
	m.heads = []*lane{{n: 1}}
	for at, watched := range map[pipeline.Time]bool{1000*leap + 200: true, 1000*leap + leap: false, 5 * leap: false} {
		m.heads[0].known[0] = at
		if got := m.watched(w, time.UnixMilli(0)) >= at; got != watched {
			t.Errorf("a record of %d is watched: %t", at, got)
		}
	}
}
