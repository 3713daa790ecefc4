package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
)

// programs is the command of each language's program, where this machine has the language.
func programs(t *testing.T) map[string][]string {
	t.Helper()
	t.Setenv(asExample, "1")
	commands := map[string][]string{"go": {os.Args[0]}}
	if ok, why := embeddedtest.HaveJava(); ok {
		commands["java"] = javaProgram(t)
	} else {
		t.Logf("NOT TESTED in Java: %s", why)
	}
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", "import venv, ensurepip").CombinedOutput(); err == nil {
		commands["python"] = pythonProgram(t)
	} else {
		t.Logf("NOT TESTED in Python: python3 with venv is missing: %v %s", err, out)
	}
	return commands
}

func javaProgram(t *testing.T) []string {
	t.Helper()
	pom, err := os.ReadFile(filepath.Join("java", "pom.xml"))
	if err != nil {
		t.Fatal(err)
	}
	jars, err := embeddedtest.Jars(t.Context(), "", "consumer-example", string(pom))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(jars, "*"), filepath.Join("java", "Consumer.java")}
}

// pythonProgram installs what requirements.txt names into an environment in the cache directory, once.
func pythonProgram(t *testing.T) []string {
	t.Helper()
	requirements, err := os.ReadFile(filepath.Join("python", "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := embedded.CacheDir("")
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(requirements)
	dir := filepath.Join(cache, "python", hex.EncodeToString(hash[:6]))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := process.LockFile(t.Context(), dir+".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	python := filepath.Join(dir, "bin", "python")
	if _, err := os.Stat(filepath.Join(dir, "complete")); err != nil {
		mustRun(t, "python3", "-m", "venv", "--clear", dir)
		mustRun(t, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", filepath.Join("python", "requirements.txt"))
		if err := os.WriteFile(filepath.Join(dir, "complete"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return []string{python, filepath.Join("python", "consumer.py")}
}

func mustRun(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// patience tells a program that hangs from one on a busy machine: each takes some seconds.
const patience = 5 * time.Minute

// linesOf runs a program until it has printed n lines, asks it to end, and returns all that it has printed.
func linesOf(t *testing.T, n int, command []string, args ...string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], args...)...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		if lines = append(lines, scanner.Text()); len(lines) == n {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ctx.Err() != nil {
		t.Errorf("%s said nothing more after %d lines: %s", command[0], len(lines), problems.String())
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if problems.Len() > 0 {
		t.Logf("%s: %s", command[0], problems.String())
	}
	return lines
}
