package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one bug and the test that must find it.
type mutant struct {
	// Of its file, without the ending.
	name  string
	title string
	// Relative to the root of the repository.
	file string
	pkg  string
	// Arguments of the test binary.
	args          []string
	before, after string
}

const (
	beforeMark = "=== before\n"
	afterMark  = "=== after\n"
)

// load reads every mutant of a directory, in the order of their names.
func load(dir string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var out []mutant
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		m.name = strings.TrimSuffix(filepath.Base(path), ".txt")
		out = append(out, m)
	}
	return out, nil
}

func parse(text string) (m mutant, err error) {
	head, body, ok := strings.Cut(text, beforeMark)
	if !ok {
		return m, fmt.Errorf("no %q", beforeMark)
	}
	if m.before, m.after, ok = strings.Cut(body, afterMark); !ok {
		return m, fmt.Errorf("no %q", afterMark)
	}
	m.before, m.after = strings.TrimSuffix(m.before, "\n"), strings.TrimSuffix(m.after, "\n")
	for i, line := range strings.Split(strings.TrimSpace(head), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch {
		case i == 0:
			m.title = line
		case key == "file":
			m.file = value
		case key == "test":
			f := strings.Fields(value)
			m.pkg, m.args = f[0], f[1:]
		default:
			return m, fmt.Errorf("line %q", line)
		}
	}
	if m.title == "" || m.file == "" || m.pkg == "" || m.before == "" || m.before == m.after {
		return m, fmt.Errorf("title, file, test and two different texts: all are needed")
	}
	return m, nil
}

// read returns the text of the mutant's file, which must hold the text before exactly once.
func (m *mutant) read(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.before); n != 1 {
		return "", fmt.Errorf("%s holds the text before %d times, want once:\n%s", m.file, n, m.before)
	}
	return string(text), nil
}

// plant returns the file's text with the bug in it.
func (m *mutant) plant(root string) (string, error) {
	text, err := m.read(root)
	return strings.Replace(text, m.before, m.after, 1), err
}
