package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/process"
)

func start(t *testing.T, name string, args ...string) *process.Process {
	t.Helper()
	p, err := process.Start(process.Config{Cmd: exec.Command(name, args...), Log: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestStopEndsAProcess(t *testing.T) {
	if err := start(t, "sleep", "600").Stop(t.Context()); err != nil {
		t.Errorf("stop a process that the signal ends: %v", err)
	}
	caught := start(t, "sh", "-c", `trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done`)
	waitForLog(t, caught, "ready")
	var exit *exec.ExitError
	if err := caught.Stop(t.Context()); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("stop a process that exits with 7: %v", err)
	}
}

func TestStopKillsAProcessThatIgnoresIt(t *testing.T) {
	p := start(t, "sh", "-c", `trap '' TERM; echo ready; while :; do sleep 0.01; done`)
	waitForLog(t, p, "ready")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop: %v, want DeadlineExceeded", err)
	}
	if ended, _ := p.Ended(); !ended {
		t.Error("process lives on")
	}
}

func TestLogEndNamesTheReason(t *testing.T) {
	p := start(t, "sh", "-c", "echo first; echo no such table >&2; exit 3")
	<-p.Done()
	if got := p.LogEnd(); !strings.HasSuffix(got, "says: first; no such table") {
		t.Errorf("end of log = %q", got)
	}
}

// Our process is killed; the child must end too. The child holds a lock, so the lock tells its end.
func TestChildEndsWhenItsParentIsKilled(t *testing.T) {
	if dir := os.Getenv("PROCESS_TEST_PARENT"); dir != "" {
		lock, err := process.LockDir(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sleep", "600")
		cmd.ExtraFiles = []*os.File{lock}
		p, err := process.Start(process.Config{Cmd: cmd, Log: filepath.Join(dir, "log")})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("started", p.Pid())
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "PROCESS_TEST_PARENT="+dir)
	output, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "started ") {
		t.Fatalf("parent was not killed: %v: %s", err, output)
	}
	// On a busy machine the guard may take longer to kill it than LockDir waits; a child that lives on never gives up.
	var lock *os.File
	err = process.Poll(t.Context(), 10*time.Millisecond, func() (bool, error) {
		var err error
		lock, err = process.LockDir(t.Context(), dir)
		if errors.Is(err, process.ErrInUse) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}

func TestLockedDirectoryIsRefusedUntilReleased(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	lock, err := process.LockDir(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := process.LockDir(ctx, dir); !errors.Is(err, process.ErrInUse) {
		t.Errorf("second lock: %v, want ErrInUse", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	lock, err = process.LockDir(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}

func waitForLog(t *testing.T, p *process.Process, text string) {
	t.Helper()
	err := process.Poll(t.Context(), 5*time.Millisecond, func() (bool, error) { return strings.HasSuffix(p.LogEnd(), text), nil })
	if err != nil {
		t.Fatal(err)
	}
}

// TestProcessYields asks nice itself, which without a command says how nice it is.
func TestProcessYields(t *testing.T) {
	if _, err := exec.LookPath("nice"); err != nil {
		t.Skip("there is no program called nice here")
	}
	said := func(yields bool) (n int) {
		log := filepath.Join(t.TempDir(), "log")
		p, err := process.Start(process.Config{Cmd: exec.Command("nice"), Log: log, WatchesStdin: true, Yields: yields})
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		text, err := os.ReadFile(log)
		if _, scan := fmt.Sscan(string(text), &n); err != nil || scan != nil {
			t.Fatalf("nice says %q: %v, %v", text, err, scan)
		}
		return n
	}
	// Whoever runs the tests may be as nice as can be.
	if before, n := said(false), said(true); n <= before && before < 19 {
		t.Errorf("a process that yields is %d nice, others %d", n, before)
	}
}
