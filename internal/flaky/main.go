package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"time"
)

// options are the command line.
type options struct {
	// runs is how often the whole suite is run.
	runs int
	// busy is how many threads only take processor time.
	busy int
	// out is the directory for the output of runs that failed.
	out string
	// timeout is each test binary's. It is long: a busy machine takes several times as long as a quiet one.
	timeout time.Duration
	// args are the packages and other arguments of go test.
	args []string
}

func main() {
	var o options
	flag.IntVar(&o.runs, "n", 10, "runs")
	flag.IntVar(&o.busy, "busy", runtime.NumCPU(), "threads that take processor time meanwhile")
	flag.StringVar(&o.out, "o", "bin/flaky", "directory for the output of runs that failed")
	flag.DurationVar(&o.timeout, "timeout", time.Hour, "timeout of each test binary")
	most := flag.Duration("max", 12*time.Hour, "end after this time, whatever was done")
	flag.Parse()
	if o.args = flag.Args(); len(o.args) == 0 {
		o.args = []string{"./..."}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *most)
	defer cancel()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "flaky:", err)
		cancel()
		os.Exit(1)
	}
}

// run does all runs and prints what did not pass every time.
func run(ctx context.Context, o options) error {
	defer keepBusy(o.busy)()
	all := newTally()
	done := 0
	for ; done < o.runs && ctx.Err() == nil; done++ {
		began := time.Now()
		one, output, err := testOnce(ctx, o)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			// A run that was interrupted says nothing about its tests.
			break
		}
		all.add(one)
		fmt.Printf("run %d of %d: %d passed, %d did not, %v\n", done+1, o.runs, one.passed(), len(one.bad()), time.Since(began).Round(time.Second))
		if err := keep(o.out, done+1, one, output); err != nil {
			return err
		}
	}
	return all.report(os.Stdout, done, o.runs)
}

// keepBusy occupies n threads until the returned func is called.
func keepBusy(n int) (stop func()) {
	var ended atomic.Bool
	for range n {
		go func() {
			runtime.LockOSThread()
			for !ended.Load() {
			}
		}()
	}
	// One thread more: otherwise reading the output of the tests would wait for the busy ones.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), n+1))
	return func() { ended.Store(true) }
}
