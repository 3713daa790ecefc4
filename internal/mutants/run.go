package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// verdict is what became of one mutant.
type verdict struct {
	mutant
	// What found it; empty if it survived.
	caught string
	took   time.Duration
	// Why it could not be tried.
	err error
}

// limit is how long a mutant's tests may run. A timeout does not count as found: a mutant that
// nothing finds takes longest of all.
const limit = 10 * time.Minute

// try plants a mutant and runs its test.
func try(ctx context.Context, root string, m mutant) (v verdict) {
	v.mutant = m
	began := time.Now()
	defer func() { v.took = time.Since(began) }()
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		v.err = err
		return v
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "mutant.test")
	if v.err = build(ctx, root, dir, binary, &m); v.err != nil {
		return v
	}
	ctx, cancel := context.WithTimeout(ctx, limit+10*time.Second)
	defer cancel()
	run := exec.CommandContext(ctx, binary, append(m.args, "-test.timeout="+limit.String())...)
	run.Dir = filepath.Join(root, m.pkg)
	out, err := run.CombinedOutput()
	switch {
	case bytes.Contains(out, []byte("panic: test timed out")) || ctx.Err() != nil:
		v.err = fmt.Errorf("no test failed within %v", limit)
	case err != nil:
		v.caught = finder(string(out))
	}
	return v
}

// build compiles the test binary with the changed file.
func build(ctx context.Context, root, dir, binary string, m *mutant) error {
	text, err := m.plant(root)
	if err != nil {
		return err
	}
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.file): changed}})
	if err != nil {
		return err
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return err
	}
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", binary, m.pkg)
	compile.Dir = root
	var stderr bytes.Buffer
	compile.Stderr = &stderr
	if err := compile.Run(); err != nil {
		return fmt.Errorf("does not compile: %w\n%s", err, stderr.String())
	}
	return nil
}

var (
	seedLine = regexp.MustCompile(`(?m)seed \d+: .*`)
	failLine = regexp.MustCompile(`(?m)--- FAIL: (\S+)`)
	badLine  = regexp.MustCompile(`(?m)^(?:panic|fatal error): .*`)
)

// finder picks from the output what found the bug: a seed, the name of a test, or a line.
func finder(out string) string {
	if s := seedLine.FindString(out); s != "" {
		return shorten(s)
	}
	if names := failLine.FindAllStringSubmatch(out, -1); len(names) > 0 {
		return shorten(names[len(names)-1][1])
	}
	if s := badLine.FindString(out); s != "" {
		return shorten(s)
	}
	return "a test that ended without a word"
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 100 {
		s = s[:97] + "..."
	}
	return s
}
