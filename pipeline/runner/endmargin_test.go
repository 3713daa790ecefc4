package runner_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/enginetest"
	"github.com/attune-health/attune/pipeline/runner"
)

// TestInputEndsBeforeWindowsCanThenSomebodyIsTold: the last window closes where the margin is as long as
// it, and stays open where the margin is a millisecond short, with a word for each task that has windows.
func TestInputEndsBeforeWindowsCanThenSomebodyIsTold(t *testing.T) {
	for _, c := range []struct {
		margin          time.Duration
		windows, warned int
	}{{time.Second, 1, 0}, {999 * time.Millisecond, 0, 2}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBroker()
			var warned atomic.Int32
			p := start(t, b, "p", func(cfg *runner.Config) {
				cfg.EndMargin = c.margin
				cfg.Events.EndMarginShort = func(id pipeline.TaskID, owner string, span, margin time.Duration) {
					if id.Role != "count" || owner != "windows" || span != time.Second || margin != c.margin {
						t.Errorf("told of %v, %q, %v, %v", id, owner, span, margin)
					}
					warned.Add(1)
				}
			})
			pass(5 * time.Second)
			put(b, "fast", 0, "k", 1000, 1)
			p.drain(t)
			if got := enginetest.Values(b.Read("windows")); len(got) != c.windows {
				t.Errorf("margin %v: windows %q, want %d", c.margin, got, c.windows)
			}
			if got := int(warned.Load()); got != c.warned {
				t.Errorf("margin %v: told %d times, want %d", c.margin, got, c.warned)
			}
			p.stop(t)
		})
	}
}
