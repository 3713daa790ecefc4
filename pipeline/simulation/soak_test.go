//go:build soak

package simulation

import (
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

var soakFor = flag.Duration("for", time.Minute, "how long TestSoak runs")

// TestSoak runs seeds that nobody has run for as long as -for says. It is built with the tag soak only, since
// what it runs is new each time.
func TestSoak(t *testing.T) {
	began := time.Now()
	base := uint64(began.UnixNano())
	var runs, steps atomic.Int64
	next := time.Now().Add(10 * time.Second)
	each(t, 0, func(t *testing.T, n uint64) bool {
		r := simulate(t, base+n, false)
		report(t, base+n, r)
		steps.Add(int64(r.steps))
		if done := runs.Add(1); n%2 == 1 && time.Now().After(next) {
			next = time.Now().Add(10 * time.Second)
			_, _ = fmt.Fprintf(os.Stdout, "soak: %v, %d seeds, %d events, 0 failed\n", time.Since(began).Round(time.Second), done, steps.Load())
		}
		return len(r.errs) == 0 && time.Since(began) < *soakFor
	})
	_, _ = fmt.Fprintf(os.Stdout, "soak: %v, %d seeds from %d on, %d events\n", time.Since(began).Round(time.Second), runs.Load(), base+1, steps.Load())
}
