package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/internal/exit"
)

// asAttune makes the test binary be attune, so that roles are real processes which can be killed.
const asAttune = "ATTUNE_TEST_BINARY_IS_ATTUNE"

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	if os.Getenv(asAttune) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is attune with arguments, ready to start.
func command(ctx context.Context, args ...string) *exec.Cmd {
	return commandOf(ctx, os.Args[0], args...)
}

// commandOf is a command of another build.
func commandOf(ctx context.Context, build string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, build, args...)
	cmd.Env = append(os.Environ(), asAttune+"=1")
	return cmd
}

// said is what one attune command did.
type said struct {
	stdout, stderr string
	code           int
}

// try runs a command to its end.
func try(t *testing.T, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("attune %s: %v", strings.Join(args, " "), err)
	}
	return said{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed and returns what it wrote to stdout.
func must(t *testing.T, args ...string) string {
	t.Helper()
	s := try(t, args...)
	if s.code != exit.CodeOK {
		t.Fatalf("attune %s: exit code %d: %s\n%s", strings.Join(args, " "), s.code, s.stderr, s.stdout)
	}
	return s.stdout
}

// role is an attune process that goes on until it is told to end.
type role struct {
	*process.Process
	log string
}

// start starts a command that goes on; it ends with the test at the latest.
func start(t *testing.T, args ...string) *role {
	t.Helper()
	return startOf(t, os.Args[0], args...)
}

// startOf starts a command of another build.
func startOf(t *testing.T, build string, args ...string) *role {
	t.Helper()
	r := &role{log: filepath.Join(t.TempDir(), args[0]+".log")}
	var err error
	r.Process, err = process.Start(process.Config{Cmd: commandOf(context.Background(), build, args...), Log: r.log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Kill(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			text, _ := os.ReadFile(r.log)
			t.Logf("attune %s said:\n%s", strings.Join(args, " "), text[max(0, len(text)-4000):])
		}
	})
	return r
}

// says waits until the process has written text.
func (r *role) says(t *testing.T, text string) {
	t.Helper()
	await(t, time.Minute, "attune says "+text, func() bool {
		if ended, err := r.Ended(); ended {
			t.Fatalf("attune ended (%v): %s", err, r.LogEnd())
		}
		log, err := os.ReadFile(r.log)
		return err == nil && bytes.Contains(log, []byte(text))
	})
}

// stop ends a role as SIGTERM does and demands a clean end.
func (r *role) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Errorf("%v: %s", err, r.LogEnd())
	}
}

// kill is kill -9.
func (r *role) kill(t *testing.T) {
	t.Helper()
	if ended, err := r.Ended(); ended {
		t.Fatalf("ended before it was killed: %v: %s", err, r.LogEnd())
	}
	if err := r.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-r.Done()
}

// await waits until ok holds.
func await(t *testing.T, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := process.Poll(ctx, 20*time.Millisecond, func() (bool, error) { return ok(), nil })
	if err != nil {
		t.Fatalf("%s: not within %v", what, patience)
	}
}

// buffer is a bytes.Buffer that several goroutines may write.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
