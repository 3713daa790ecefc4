// Command attune turns patient touchpoints into personas, predictions and next best actions.
// `attune run` is the processor, `attune sink` writes to ClickHouse, and `attune demo` runs both,
// with simulated patients, on embedded servers; the other commands prepare, inspect and check a
// site.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/internal/exit"
)

// version is set by the linker.
var version = "dev"

func main() {
	embedded.RunEngineIfChild()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signalContext()
	defer stop()
	defer pprof.StopCPUProfile()
	root := newRoot()
	root.SetArgs(shielded(args))
	out := &output{Writer: os.Stdout}
	root.SetOut(out)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	if err == nil {
		return exit.CodeOK
	}
	var e *exit.Error
	if !errors.As(err, &e) {
		e = &exit.Error{Code: exit.CodeFailed, Err: err}
		if isUsage(err) {
			e.Code = exit.CodeUsage
		}
	}
	if e.Err != nil {
		fmt.Fprintln(os.Stderr, "attune: "+e.Err.Error())
	}
	return e.Code
}

// output is stdout. It remembers that something could not be written, which most commands do not ask for with each
// line: what nobody can read is not done.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// shielded makes SQL that begins with a comment no flag: a query in a file mostly does. No flag has a line
// break before its value.
func shielded(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		line, _, several := strings.Cut(a, "\n")
		if several && strings.HasPrefix(a, "--") && !strings.Contains(line, "=") || strings.HasPrefix(a, "-- ") {
			args[i] = " " + a
		}
	}
	return args
}

// signalContext ends with the first SIGINT or SIGTERM, so that roles drain and commit. A second
// signal ends the process at once, but for what it must not leave behind.
func signalContext() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		exit.DoLastly()
		os.Exit(exit.CodeInterrupted)
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}
