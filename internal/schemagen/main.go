package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/attune-health/attune/internal/avrogen"
)

func main() {
	dir := flag.String("dir", "schemas", "folder of the .avsc files, where the Go files go, too")
	check := flag.Bool("check", false, "write nothing; fail where a generated file is not up to date")
	flag.Parse()
	if err := run(*dir, *check); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run(dir string, check bool) error {
	model, err := avrogen.Load(dir)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find %s: %w", dir, err)
	}
	files, err := avrogen.Generate(model, filepath.Base(folder))
	if err != nil {
		return err
	}
	if check {
		return compare(dir, files)
	}
	return write(dir, files)
}

func write(dir string, files map[string][]byte) error {
	for name, text := range files {
		if err := replace(filepath.Join(dir, name), text); err != nil {
			return fmt.Errorf("write generated code: %w", err)
		}
	}
	return removeStale(dir, files)
}

// replace writes a file in one step, so that a build that runs meanwhile sees the old or the new one, and leaves it
// alone where nothing changed.
func replace(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// removeStale deletes generated files whose schema is gone.
func removeStale(dir string, files map[string][]byte) error {
	stale, err := staleFiles(dir, files)
	if err != nil {
		return err
	}
	for _, path := range stale {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove stale code: %w", err)
		}
	}
	return nil
}

func staleFiles(dir string, files map[string][]byte) ([]string, error) {
	var stale []string
	for _, pattern := range []string{"*_gen.go", "*_gen_test.go"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, fmt.Errorf("list generated code: %w", err)
		}
		for _, path := range found {
			if _, ok := files[filepath.Base(path)]; !ok {
				stale = append(stale, path)
			}
		}
	}
	return stale, nil
}

func compare(dir string, files map[string][]byte) error {
	var problems []error
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			problems = append(problems, fmt.Errorf("%s is not up to date: run make generate", name))
		}
	}
	stale, err := staleFiles(dir, files)
	if err != nil {
		return err
	}
	for _, path := range stale {
		problems = append(problems, fmt.Errorf("%s belongs to no schema: run make generate", filepath.Base(path)))
	}
	return errors.Join(problems...)
}
