package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Describe names processor, cores, system and Go's version.
func Describe() string {
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", processorName(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func processorName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// Now is the time of a measurement, as reports write it.
func Now() string { return time.Now().UTC().Format("2006-01-02 15:04 MST") }

// Commit is the commit of the working tree, and whether that differs from it.
func Commit(ctx context.Context) string {
	return git(ctx, "describe", "--always", "--dirty", "--abbrev=12")
}

// CommitID is the commit alone, twelve digits of it.
func CommitID(ctx context.Context) string { return git(ctx, "rev-parse", "--short=12", "HEAD") }

func git(ctx context.Context, args ...string) string {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// Load is the load of the last minute: how many processes wanted a core.
func Load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	var one float64
	if _, err := fmt.Sscan(string(text), &one); err != nil {
		return 0
	}
	return one
}
