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
	schemas := flag.String("schemas", "schemas", "folder of the .avsc files")
	out := flag.String("out", "sinks/clickhouse", "folder that the files go to")
	check := flag.Bool("check", false, "write nothing; fail where a file is not up to date")
	flag.Parse()
	if err := run(*schemas, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "chgen:", err)
		os.Exit(1)
	}
}

func run(schemas, out string, check bool) error {
	model, err := avrogen.Load(schemas)
	if err != nil {
		return err
	}
	files, err := generate(model)
	if err != nil {
		return err
	}
	var stale []error
	for name, text := range files {
		path := filepath.Join(out, name)
		if !check {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				return fmt.Errorf("write generated code: %w", err)
			}
			continue
		}
		if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, text) {
			stale = append(stale, fmt.Errorf("%s is not up to date: run make generate", path))
		}
	}
	return errors.Join(stale...)
}

// generate returns the generated files by name.
func generate(model *avrogen.Model) (map[string][]byte, error) {
	files := map[string][]byte{}
	var tables []*table
	for _, spec := range tableSpecs() {
		t, err := resolve(model, spec)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", spec.name, err)
		}
		tables = append(tables, t)
		text, err := rowsFile(t)
		if err != nil {
			return nil, fmt.Errorf("rows of %s: %w", spec.name, err)
		}
		files[spec.name+"_rows_gen.go"] = text
	}
	files["tables_gen.sql"] = ddl(tables)
	viewFiles(tables, files)
	text, err := tablesFile(tables)
	if err != nil {
		return nil, err
	}
	files["tables_gen.go"] = text
	return files, nil
}
