package runner_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/attune-health/attune/pipeline/runner"
)

// TestI9SavingSeldomAndHoldingLittleAreTwoSettings: with a checkpoint once an hour, what is pending
// stays as small as MaxPending says, however long nothing is saved; with one in each commit, what is
// pending may grow as large as it says, and each commit is one all the same.
func TestI9SavingSeldomAndHoldingLittleAreTwoSettings(t *testing.T) {
	const slack = 192 << 10 // what one slice of records brings, and windows that close at once
	for name, c := range map[string]struct {
		interval       time.Duration
		pending, least int // bytes of the largest commit: at most pending and the slack, at least
		each           bool
	}{
		"seldom saved, little pending": {time.Hour, 4 << 10, 1 << 10, false},
		"always saved, much pending":   {0, 16 << 20, 100 << 10, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProduced(newBroker(), 21)
				p.some(20_000)
				var mu sync.Mutex
				largest, commits, checkpoints := 0, 0, 0
				one := start(t, p.b, "one", func(r *runner.Config) {
					r.Workers, r.CheckpointInterval, r.MaxPending = 1, c.interval, c.pending
					r.Events.Commit = func(i runner.CommitInfo) {
						mu.Lock()
						defer mu.Unlock()
						largest, commits = max(largest, i.Bytes), commits+1
						if i.Checkpoints > 0 {
							checkpoints++
						}
					}
				})
				one.quiet(t)
				mu.Lock()
				t.Logf("%d commits, %d of them checkpoints, the largest of %d bytes", commits, checkpoints, largest)
				if largest > c.pending+slack || largest < c.least {
					t.Errorf("largest commit: %d bytes, of %d that may be pending", largest, c.pending)
				}
				if !c.each && (commits < 50 || checkpoints > 2) {
					t.Errorf("%d of %d commits are checkpoints, want the first of each task only", checkpoints, commits)
				}
				if c.each && checkpoints == 0 {
					t.Error("no commit is a checkpoint")
				}
				mu.Unlock()
				one.drain(t)
				p.check(t)
				one.stop(t)
			})
		})
	}
}
