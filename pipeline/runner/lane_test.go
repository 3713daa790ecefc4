package runner

import (
	"slices"
	"testing"

	"github.com/attune-health/attune/pipeline"
)

// TestOneTimeIsFarAheadThenItIsNotBelieved: a clock that is wrong would keep the partition waiting behind all
// others. A gap after which all that follows is late, or a record that is late itself, is no such thing.
func TestOneTimeIsFarAheadThenItIsNotBelieved(t *testing.T) {
	const h = leap
	for _, c := range []struct {
		name      string
		last      pipeline.Time
		got, want []pipeline.Time
	}{
		{"in order", 10, []pipeline.Time{11, 12, 13}, []pipeline.Time{11, 12, 13}},
		{"a gap", 10, []pipeline.Time{5 * h, 5*h + 1, 5*h + 2}, []pipeline.Time{5 * h, 5*h + 1, 5*h + 2}},
		{"wrong", 10, []pipeline.Time{900 * h, 11, 12}, []pipeline.Time{11, 11, 12}},
		{"wrong, and the first", pipeline.MinTime, []pipeline.Time{900 * h, 11, 12}, []pipeline.Time{11, 11, 12}},
		{"wrong later", 10, []pipeline.Time{11, 900 * h, 12, 13}, []pipeline.Time{11, 12, 12, 13}},
		{"late", 5 * h, []pipeline.Time{5*h + 1, 3 * h, 5*h + 2}, []pipeline.Time{5*h + 1, 3 * h, 5*h + 2}},
		{"alone", 10, []pipeline.Time{5 * h}, []pipeline.Time{5 * h}},
	} {
		l := lane{n: len(c.got), timed: timed{last: c.last}}
		i := 0
		l.times = func(*pipeline.Record) (known, event pipeline.Time) {
			i++
			return c.got[i-1], c.got[i-1]
		}
		l.read(pipeline.MaxTime)
		if got := l.known[:l.n]; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNothingBecameKnownInTheFuture(t *testing.T) {
	l := lane{n: 1}
	l.times = func(*pipeline.Record) (known, event pipeline.Time) { return 900 * leap, 0 }
	if l.read(17); l.known[0] != 17 {
		t.Errorf("known at %d", l.known[0])
	}
}
