// Command boardgen writes the boards of deploy/grafana to deploy/grafana/boards; `go generate` runs it there.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/attune-health/attune/deploy/grafana"
)

func main() {
	if err := write("boards"); err != nil {
		fmt.Fprintln(os.Stderr, "boardgen:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	files, err := grafana.Files()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
