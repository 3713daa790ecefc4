package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestRunWithStateOnDiskIsKilledAndStateIsLookedAt runs on Pebble through a kill and a clean restart, and
// then asks the state commands what is there, while it runs.
func TestRunWithStateOnDiskIsKilledAndStateIsLookedAt(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t)
	r.config.State = config.StateConfig{Backend: "pebble", Dir: t.TempDir(), CacheMB: 16}
	file := r.file(t)
	run, sink := start(t, "run", "--config", file), start(t, "sink", "--config", r.file(t))
	patients, ledger := r.simulate(t, patientLoad...)
	r.grows(t, schemas.TopicActions, 30)
	run.kill(t)
	run = start(t, "run", "--config", file)
	r.grows(t, schemas.TopicActions, 20)
	run.stop(t)
	run = start(t, "run", "--config", file)
	r.grows(t, schemas.TopicIdentified, 300)
	patients.stop(t)
	r.settles(t, r.ledgerOf(t, ledger), false)
	if found, _ := filepath.Glob(filepath.Join(r.config.State.Dir, "*", "*.sst")); len(found) == 0 {
		t.Error("nothing is on disk")
	}
	testStateCommands(t, r, file)
	run.stop(t)
	sink.stop(t)
}

func testStateCommands(t *testing.T, r *rig, file string) {
	list := strings.Join(strings.Fields(must(t, "state", "list", "--config", file)), " ")
	for _, want := range []string{"patient 0 persons", "patient 3 shards", "(timers)", "(schemas)", "trainer", "window-contacts"} {
		if !strings.Contains(list, want) {
			t.Errorf("list has no %q:\n%s", want, list)
		}
	}
	if size := must(t, "state", "size", "--config", file); !strings.Contains(size, "BYTES/KEY") || !strings.Contains(size, "shards") {
		t.Errorf("size: %s", size)
	}
	ref := somePerson(t, r)
	hidden := must(t, "state", "get", "shards", ref, "--config", file)
	shown := must(t, "state", "get", "shards", ref, "--config", file, "--reveal")
	var line struct {
		Key, Role string
		Schema    int
	}
	if err := json.Unmarshal([]byte(strings.SplitN(shown, "\n", 2)[0]), &line); err != nil || !strings.HasPrefix(line.Key, ref+"/") || line.Schema != 1 || line.Role != "patient" {
		t.Errorf("get --reveal: %s, %v", shown, err)
	}
	if strings.Contains(hidden, ref) || !strings.Contains(hidden, "[redacted]") || !strings.Contains(hidden, `"touchpoints":`) {
		t.Errorf("get: %s", hidden)
	}
	if s := try(t, "state", "get", "shards", "nobody", "--config", file); s.code != exit.CodeFailed {
		t.Errorf("get of nobody: exit code %d, %s", s.code, s.stderr)
	}
	if s := try(t, "state", "get", "nothing", ref, "--config", file); s.code != exit.CodeUsage {
		t.Errorf("get from no store: exit code %d, %s", s.code, s.stderr)
	}
	check := must(t, "state", "check", "--full", "--config", file)
	if !strings.Contains(check, "unchanged") || strings.Contains(check, "breaks") || strings.Contains(check, "readable") {
		t.Errorf("check: %s", check)
	}
}

// somePerson is a person_ref that there is.
func somePerson(t *testing.T, r *rig) (ref string) {
	t.Helper()
	spans, err := r.cluster.Spans(t.Context(), schemas.TopicPersonas)
	if err != nil {
		t.Fatal(err)
	}
	err = r.cluster.Scan(t.Context(), spans, func(r *pipeline.Record) error {
		if ref == "" && r.Value != nil {
			ref = string(r.Key)
		}
		return nil
	})
	if err != nil || ref == "" {
		t.Fatalf("no person: %v", err)
	}
	return ref
}
