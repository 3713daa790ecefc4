package runner

import (
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// TestOthersCatchUpFastThenTheyAreNoLimit: another worker catches up at some speed, and is heard of each 100 ms,
// 300 ms late. Whoever is as fast as that reads on without a pause, however fast that is, and is never much
// further ahead than what the other does in the time that it was not heard of.
func TestOthersCatchUpFastThenTheyAreNoLimit(t *testing.T) {
	const step, late = 100 * time.Millisecond, 300 * time.Millisecond
	for _, speed := range []float64{2, 60, 3000, 400_000} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			p := paceOf("one")
			began := time.UnixMilli(1_800_000_000_000)
			reached := func(after time.Duration) pipeline.Time { return pipeline.Time(speed * float64(after.Milliseconds())) }
			own, paused, furthest := pipeline.Time(0), 0, pipeline.Time(0)
			for after := time.Duration(0); after < 20*time.Second; after += step {
				now := began.Add(after)
				if heard := after - late; heard >= 0 {
					p.hear(pipeline.Progress{From: 7, Known: reached(heard)}, began.Add(heard))
				}
				own += reached(step)
				if limit := p.limit(now, own); after >= late && own > limit {
					own = limit
					paused++
				}
				if after > 10*time.Second {
					furthest = max(furthest, p.limit(now, own)-reached(after))
				}
			}
			if behind := reached(20*time.Second) - own; behind > reached(20*time.Second)/20 {
				t.Errorf("%v behind after 20 s, in %d pauses: the pace is a limit", behind, paused)
			}
			if most := leastDrift + reached(step+late+step); furthest > most {
				t.Errorf("may be %v ahead, want %v at most", furthest, most)
			}
		})
	}
}

func paceOf(instance string) *pace {
	var p pace
	p.init(&Config{Instance: instance, Workers: 1})
	p.begun = time.Time{}
	return &p
}

func TestWhoIsWaitedFor(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	for _, c := range []struct {
		name string
		said pipeline.Time
		age  time.Duration
		from uint64
		want pipeline.Time
	}{
		{"another", 1000, 0, 7, 1000 + leastDrift},
		{"one that is not behind", pipeline.MaxTime, 0, 7, pipeline.MaxTime},
		{"one that has read nothing", pipeline.MinTime, 0, 7, pipeline.MaxTime},
		{"one that fell silent", 1000, silentAfter + time.Millisecond, 7, pipeline.MaxTime},
		{"itself", 1000, 0, nameOf(&Config{Instance: "one"}, 0), pipeline.MaxTime},
	} {
		p := paceOf("one")
		p.hear(pipeline.Progress{From: c.from, Known: c.said}, now.Add(-c.age))
		if got := p.limit(now, 0); got != c.want {
			t.Errorf("%s: limit %d, want %d", c.name, got, c.want)
		}
	}
}

// TestSourcesAreSharedAnewThenOthersAreListenedFor: at first a worker does not know how far others are.
func TestSourcesAreSharedAnewThenOthersAreListenedFor(t *testing.T) {
	p, now := paceOf("one"), time.UnixMilli(1_800_000_000_000)
	p.begin(now, false)
	if got := p.limit(now, 5000); got != 5000+leastDrift {
		t.Errorf("limit %d at first", got)
	}
	if got := p.limit(now.Add(listenFor), 15_000); got != pipeline.MaxTime {
		t.Errorf("limit %d when nobody has said anything", got)
	}
	p.begin(now, true)
	if got := p.limit(now, 5000); got != pipeline.MaxTime {
		t.Errorf("limit %d of one that has all sources", got)
	}
}
