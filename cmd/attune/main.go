// Command attune turns patient touchpoints into personas, predictions and next best actions.
// Each subcommand is a role; `attune demo` runs all of them on embedded parts.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"github.com/attune-health/attune/deploy/embedded"
)

// version is set by the linker.
var version = "dev"

// Exit codes, documented in --help and the README.
const (
	exitOK          = 0
	exitFailed      = 1 // the command did what it was asked and the answer is no: not reconciled, a check failed
	exitUsage       = 2 // flags, arguments or configuration are wrong
	exitUnavailable = 3 // something outside cannot be reached or refuses us: broker, registry, ClickHouse, npm
	exitInterrupted = 130
)

func main() {
	embedded.RunEngineIfChild()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signalContext()
	defer stop()
	defer pprof.StopCPUProfile()
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var e *exitError
	if !errors.As(err, &e) {
		e = &exitError{code: exitFailed, err: err}
		if isUsage(err) {
			e.code = exitUsage
		}
	}
	if e.err != nil {
		fmt.Fprintln(os.Stderr, "attune: "+e.err.Error())
	}
	return e.code
}

// signalContext ends with the first SIGINT or SIGTERM, which lets roles drain and commit; a second
// one ends the process at once.
func signalContext() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}

// exitError is an error with the exit code that it ends the process with.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error       { return &exitError{exitUsage, err} }
func unavailable(err error) error { return &exitError{exitUnavailable, err} }
