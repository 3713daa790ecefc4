package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/attune-health/attune/benchmarks/machine"
)

// report is everything that was measured.
type report struct {
	Commit     string
	Machine    string
	Started    string
	LoadBefore float64
	LoadAfter  float64
	Settings   *options
	Versions   map[string]string
	Engines    map[string]string // names in the tables, by name
	Expected   [2]tally          // actions and aggregates of the touchpoint job
	Throughput []*drained
	Latency    []*delays
	Shuffle    []*drained
}

func newReport(ctx context.Context, o *options) *report {
	r := &report{
		Commit:     machine.Commit(ctx),
		Machine:    machine.Describe(),
		Started:    machine.Now(),
		LoadBefore: machine.Load(),
		Settings:   o,
		Versions:   versions,
		Engines:    map[string]string{},
	}
	for _, e := range engines {
		r.Engines[e.name] = e.title
	}
	return r
}

// finish prints the tables, and keeps them with all figures where that was asked for.
func (r *report) finish(ctx context.Context) error {
	r.LoadAfter = machine.Load()
	text := r.tables()
	fmt.Print(text)
	if r.Settings.Out == "" {
		return nil
	}
	figures, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	name, err := r.place(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".md", []byte(text), 0o644); err != nil {
		return err
	}
	progress("kept in %s.md and %s.json", name, name)
	return os.WriteFile(name+".json", append(figures, '\n'), 0o644)
}

// place is a name that no earlier run has.
func (r *report) place(ctx context.Context) (string, error) {
	base := filepath.Join(r.Settings.Out, fmt.Sprintf("%s-peers-%s", time.Now().UTC().Format("2006-01-02"), machine.CommitID(ctx)))
	name := base
	for n := 2; ; n++ {
		_, err := os.Stat(name + ".json")
		if os.IsNotExist(err) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}
