package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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

// try runs the test of a mutant. Without a binary that it is woven into it gets one of its own.
func try(ctx context.Context, root, binary string, m mutant) (v verdict) {
	v.mutant = m
	began := time.Now()
	defer func() { v.took = time.Since(began) }()
	if binary == "" {
		dir, err := os.MkdirTemp("", "mutant-")
		if err != nil {
			v.err = err
			return v
		}
		defer os.RemoveAll(dir)
		if v.err = buildAlone(ctx, root, dir, &m); v.err != nil {
			return v
		}
		binary = binaryOf(dir, m.pkg)
	}
	ctx, cancel := context.WithTimeout(ctx, limit+10*time.Second)
	defer cancel()
	run := exec.CommandContext(ctx, binary, append(m.args, "-test.timeout="+limit.String())...)
	run.Dir = filepath.Join(root, m.pkg)
	run.Env = append(os.Environ(), variable+"="+m.name)
	out, err := run.CombinedOutput()
	switch {
	case bytes.Contains(out, []byte("panic: test timed out")) || ctx.Err() != nil:
		v.err = fmt.Errorf("no test failed within %v", limit)
	case err != nil:
		v.caught = finder(string(out))
	}
	return v
}

// buildTogether builds one test binary for each package, with every mutant that can be woven in it. It returns the
// names of those that are.
func buildTogether(ctx context.Context, root, dir string, mutants []mutant) (map[string]bool, error) {
	byFile, pkgs, woven := map[string][]mutant{}, map[string]bool{}, map[string]bool{}
	for _, m := range mutants {
		byFile[m.file] = append(byFile[m.file], m)
	}
	changed := map[string]string{}
	for file, all := range byFile {
		text, err := all[0].read(root)
		if err != nil {
			return nil, err
		}
		text, alone, err := weave(len(changed), text, all)
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			if !slices.ContainsFunc(alone, func(a mutant) bool { return a.name == m.name }) {
				woven[m.name], pkgs[m.pkg] = true, true
			}
		}
		changed[file] = text
	}
	return woven, build(ctx, root, dir, changed, slices.Sorted(maps.Keys(pkgs)))
}

func buildAlone(ctx context.Context, root, dir string, m *mutant) error {
	text, err := m.plant(root)
	if err != nil {
		return err
	}
	return build(ctx, root, dir, map[string]string{m.file: text}, []string{m.pkg})
}

// binaryOf is where build puts a package's test binary.
func binaryOf(dir, pkg string) string { return filepath.Join(dir, path.Base(pkg)+".test") }

// build compiles the test binaries of packages with changed files.
func build(ctx context.Context, root, dir string, changed map[string]string, pkgs []string) error {
	replace := map[string]string{}
	for file, text := range changed {
		name := filepath.Join(dir, fmt.Sprintf("changed-%d.go", len(replace)))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return err
		}
		replace[filepath.Join(root, file)] = name
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return err
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return err
	}
	// Without the tables of debuggers: writing them is half of linking.
	args := append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlayFile, "-o", dir + "/"}, pkgs...)
	compile := exec.CommandContext(ctx, "go", args...)
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
