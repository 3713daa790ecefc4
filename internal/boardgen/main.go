// Command boardgen writes the boards of deploy/grafana (`boardgen grafana`) to boards and its alert rules to provisioning/alerting, or the boards of deploy/superset
// (`boardgen superset`) to bundle; `go generate` runs it there.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/attune-health/attune/deploy/grafana"
	"github.com/attune-health/attune/deploy/superset"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "boardgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	faces := map[string]struct {
		dir   string
		files func() (map[string][]byte, error)
	}{"grafana": {"boards", grafana.Files}, "superset": {"bundle", superset.Files}}
	if len(args) != 1 || faces[args[0]].files == nil {
		return fmt.Errorf("want grafana or superset, got %q", args)
	}
	face := faces[args[0]]
	files, err := face.files()
	if err != nil {
		return err
	}
	if err := write(face.dir, files); err != nil || args[0] != "grafana" {
		return err
	}
	rules, err := os.ReadFile("../alerts.yaml")
	if err != nil {
		return err
	}
	alerts, err := grafana.Alerts(rules)
	if err != nil {
		return err
	}
	return write("provisioning/alerting", map[string][]byte{"attune.yaml": alerts})
}

// write leaves nothing in dir but these files: a panel that is gone is gone there, too.
func write(dir string, files map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
