package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	oneSeed   = flag.Uint64("seed", 0, "run this seed only")
	seeds     = flag.Uint64("seeds", 2000, "how many seeds TestSimulation runs")
	firstSeed = flag.Uint64("first", 1, "the first of them")
	with      = flag.String("with", "", "of TestSimulation's seeds, run those only that have this: product, at-least-once, disk or backlog")
	showTrace = flag.Bool("trace", false, "with -seed: print all that happens")
)

// TestMain lets garbage lie for longer: a run is over soon.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// result is what one run came to.
type result struct {
	steps   int
	virtual time.Duration
	errs    []string
	trace   string // of all that happened, and all logs at the end
	met     map[string]int
}

// TestSimulation runs the default seeds, or one.
func TestSimulation(t *testing.T) {
	if *oneSeed != 0 {
		r := simulate(t, *oneSeed, *showTrace)
		_, _ = os.Stdout.WriteString(r.trace)
		report(t, *oneSeed, r)
		return
	}
	n := *seeds / slowdown
	if testing.Short() {
		n = min(n, 100)
	}
	each(t, n, func(t *testing.T, seed uint64) bool {
		seed += *firstSeed - 1
		if *with != "" && !drawDimensions(seed).has(*with) {
			return true
		}
		r := simulate(t, seed, false)
		report(t, seed, r)
		return len(r.errs) == 0
	})
}

// each calls f with seeds, as many at once as there are cores, until one says that it is enough. n
// of 0 is no limit.
func each(t *testing.T, n uint64, f func(t *testing.T, seed uint64) bool) {
	var stop atomic.Bool
	cores := uint64(runtime.GOMAXPROCS(0))
	t.Run("all", func(t *testing.T) {
		for i := range cores {
			t.Run(fmt.Sprint("core-", i), func(t *testing.T) {
				t.Parallel()
				for k := i; (n == 0 || k < n) && !stop.Load(); k += cores {
					if !f(t, k+1) {
						stop.Store(true)
					}
				}
			})
		}
	})
}

func report(t *testing.T, seed uint64, r result) {
	t.Helper()
	if len(r.errs) == 0 {
		return
	}
	for _, e := range r.errs {
		t.Errorf("seed %d: %s", seed, e)
	}
	t.Errorf("again: go test ./pipeline/simulation -run 'TestSimulation$' -args -seed=%d -trace", seed)
}

// simulate runs one seed: trouble for some seconds, then none; then all must be well within minutes.
func simulate(t *testing.T, seed uint64, trace bool) (r result) {
	synctest.Test(t, func(*testing.T) {
		w := newWorld(seed, trace)
		w.play()
		if w.failure != nil {
			r.errs = append(r.errs, w.failure.Error())
		} else {
			r.errs = w.job.verify()
		}
		w.noteLogs()
		r.steps, r.virtual, r.met = w.steps, time.Since(w.began), w.met
		if trace {
			r.trace = w.trace.String()
		}
		w.bury()
	})
	return r
}

// difference finds the first lines in which two traces differ, with one before them.
func difference(a, b string) (string, string) {
	i, line := 0, 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		if a[i] == '\n' {
			line = i + 1
		}
		i++
	}
	return cut(a[line:]), cut(b[line:])
}

func cut(s string) string { return s[:min(len(s), 1000)] }
