package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline/enginetest"
)

// TestSourceGrowsThenItsNewPartitionsAreReadAndHoldTimeBack adds partitions to a source topic while
//
// two processes run: every record is processed once, those of the new partitions included.
func TestSourceGrowsThenItsNewPartitionsAreReadAndHoldTimeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 5)
		one, two := start(t, p.b, "one", nil), start(t, p.b, "two", nil)
		p.some(200)
		one.quiet(t)
		p.b.AddPartitions("fast", 4)
		p.n++
		put(p.b, "fast", 3, "grown", 1_000_000+p.n*10, p.n)
		p.sums["grown"] = p.n
		p.some(200)
		pass(time.Minute)
		two.stop(t)
		one.drain(t)
		p.check(t)
		grown := 0
		for _, v := range enginetest.Values(p.b.Read("out")) {
			if strings.HasPrefix(v, "grown ") {
				grown++
			}
		}
		if grown != 1 {
			t.Errorf("the record of a new partition came out %d times, want once", grown)
		}
		one.stop(t)
	})
}

// TestStatefulTopicGrowsThenTheProcessStopsAndSaysWhatToDo.
func TestStatefulTopicGrowsThenTheProcessStopsAndSaysWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProduced(newBroker(), 6)
		one := start(t, p.b, "one", nil)
		p.some(50)
		one.quiet(t)
		p.b.AddPartitions("mid", 4)
		select {
		case <-one.done:
		case <-time.After(time.Minute):
			t.Fatal("still running")
		}
		if one.err == nil || !strings.Contains(one.err.Error(), "topic mid has 4 partitions and had 2") {
			t.Errorf("run: got %v, want that mid has grown", one.err)
		}
	})
}
