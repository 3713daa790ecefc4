package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// event is a line of go test -json; see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// test names a test or a subtest; without a name it is the package as a whole.
type test struct{ pkg, name string }

func (t test) String() string {
	if t.name == "" {
		return t.pkg + " (the package)"
	}
	return t.pkg + " " + t.name
}

// result is what became of each test in one run: pass, skip, fail, or "" for one that began and never ended.
type result map[test]string

// testOnce runs the tests once. Failing tests are no error; tests that could not be run at all are one.
func testOnce(ctx context.Context, o options) (result, []byte, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json", "-count=1", "-p=2", "-timeout=" + o.timeout.String()}, o.args...)...)
	// A group of its own, so that an interrupt reaches the test binaries too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	var problems bytes.Buffer
	cmd.Stderr = &problems
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	r, output, readErr := read(stdout)
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil || readErr != nil {
		return nil, nil, errors.Join(err, readErr)
	}
	if len(r) == 0 && ctx.Err() == nil {
		return nil, nil, fmt.Errorf("go test ran nothing: %s", problems.String())
	}
	return r, append(output, problems.Bytes()...), nil
}

// read collects the outcomes and the text of a run. Lines that are no events, such as the output of a compiler,
// count as text.
func read(in io.Reader) (result, []byte, error) {
	r := result{}
	var text bytes.Buffer
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case json.Unmarshal(line, &e) != nil:
			text.Write(line)
		default:
			text.WriteString(e.Output)
			r.see(&e)
		}
		if errors.Is(err, io.EOF) {
			return r, text.Bytes(), nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

func (r result) see(e *event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "start", "run":
		r[t] = ""
	case "pass", "fail", "skip":
		r[t] = e.Action
	case "build-fail":
		r[test{pkg: e.ImportPath}] = "fail"
	}
}

// passed counts the tests that passed.
func (r result) passed() (n int) {
	for t, action := range r {
		if action == "pass" && t.name != "" {
			n++
		}
	}
	return n
}

// bad lists what failed or never ended. A test that failed only because a subtest did is left out.
func (r result) bad() (out []test) {
	broken := func(t test) bool { action, ok := r[t]; return ok && action != "pass" && action != "skip" }
	inner := map[test]bool{} // those with a broken part
	for t := range r {
		if !broken(t) || t.name == "" {
			continue
		}
		inner[test{pkg: t.pkg}] = true
		for name := t.name; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				break
			}
			name = name[:i]
			inner[test{t.pkg, name}] = true
		}
	}
	for t := range r {
		if broken(t) && !inner[t] {
			out = append(out, t)
		}
	}
	return out
}

// keep writes the output of a run that had bad tests to a file.
func keep(dir string, run int, r result, output []byte) error {
	if len(r.bad()) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-run-%d.txt", time.Now().UTC().Format("20060102-150405"), run))
	fmt.Println("  its output:", name)
	return os.WriteFile(name, output, 0o644)
}
