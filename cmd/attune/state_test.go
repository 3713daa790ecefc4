package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// TestRunWithStateOnDiskIsKilledAndStateIsLookedAt runs on Pebble through a kill and a clean restart, and
// then asks the state commands what is there, while it runs.
func TestRunWithStateOnDiskIsKilledAndStateIsLookedAt(t *testing.T) {
	t.Parallel()
	r, _ := embeddedRig(t)
	r.config.State = StateConfig{Backend: "pebble", Dir: t.TempDir(), CacheMB: 16}
	file := r.file(t)
	run, sink := start(t, "run", "--config", file), start(t, "sink", "--config", r.file(t))
	patients, ledger := r.simulate(t, load...)
	r.grows(t, schemas.TopicActions, 30)
	run.kill(t)
	run = start(t, "run", "--config", file)
	r.grows(t, schemas.TopicActions, 20)
	run.stop(t)
	run = start(t, "run", "--config", file)
	patients.ended(t)
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
	var line stateLine
	if err := json.Unmarshal([]byte(strings.SplitN(shown, "\n", 2)[0]), &line); err != nil || !strings.HasPrefix(line.Key, ref+"/") || line.Schema != 1 || line.Role != "patient" {
		t.Errorf("get --reveal: %s, %v", shown, err)
	}
	if strings.Contains(hidden, ref) || !strings.Contains(hidden, redacted) || !strings.Contains(hidden, `"touchpoints":`) {
		t.Errorf("get: %s", hidden)
	}
	if s := try(t, "state", "get", "shards", "nobody", "--config", file); s.code != exitFailed {
		t.Errorf("get of nobody: exit code %d, %s", s.code, s.stderr)
	}
	if s := try(t, "state", "get", "nothing", ref, "--config", file); s.code != exitUsage {
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

// checked is a check of records that were never in a topic.
func checked(t *testing.T, records ...[2]string) *stateCheck {
	t.Helper()
	c := defaultConfig()
	topology, err := offlineTopology(context.Background(), &c)
	if err != nil {
		t.Fatal(err)
	}
	k := &stateCheck{topology: topology, full: true, verdicts: map[storeOf]*verdict{}}
	k.reset("", 0)
	for i, kv := range records {
		r := &pipeline.Record{Topic: "log", Offset: int64(i), Key: []byte(kv[0]), Value: []byte(kv[1])}
		store, key, _ := strings.Cut(kv[0], "\x00")
		if err := k.take(&stateRecord{"patient", store, []byte(key), r}); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func TestStateCheckSaysWhatBreaks(t *testing.T) {
	person := string(new(schemas.PersonState).AppendAvro(nil))
	ours := schemas.PersonStateSchema
	older := strings.Replace(ours, `"fields":[`, `"fields":[{"name":"gone","type":"int"},`, 1)
	missing := strings.Replace(ours, `"name":"policy"`, `"name":"other"`, 1)
	if missing == ours {
		t.Fatal("the schema has no field policy any more")
	}
	for name, c := range map[string]struct {
		records [][2]string
		want    string
		ok      bool
	}{
		"unchanged": {[][2]string{{"~schema\x00persons\x00\x01", ours}, {"persons\x00p", "\x01" + person}}, "unchanged", true},
		"resolved":  {[][2]string{{"~schema\x00persons\x00\x01", older}, {"persons\x00p", "\x01\x00" + person}}, "readable: 1 of 1", true},
		"field":     {[][2]string{{"~schema\x00persons\x00\x01", missing}, {"persons\x00p", "\x01" + person}}, "policy", false},
		"bytes":     {[][2]string{{"~schema\x00persons\x00\x01", ours}, {"persons\x00p", "\x01\xff"}}, "breaks: 1 of 1", false},
		"no schema": {[][2]string{{"persons\x00p", "\x01" + person}}, "breaks", false},
		"unknown":   {[][2]string{{"persons-of-old\x00p", "\x01" + person}}, "no longer kept", true},
		"timer":     {[][2]string{{"~timer\x00p", "\xff"}}, "breaks", false},
	} {
		t.Run(name, func(t *testing.T) {
			k := checked(t, c.records...)
			if len(k.verdicts) != 1 {
				t.Fatalf("%d verdicts", len(k.verdicts))
			}
			for _, v := range k.verdicts {
				if text, ok := v.words(); ok != c.ok || !strings.Contains(text, c.want) {
					t.Errorf("got %q, %v, want %q, %v", text, ok, c.want, c.ok)
				}
			}
		})
	}
}

func TestPebbleIsOpenedInTheInstancesDirectory(t *testing.T) {
	c := StateConfig{Backend: "pebble", Dir: t.TempDir(), CacheMB: 16}
	copies, closing, err := c.open("ward/1")
	if err != nil || copies == nil {
		t.Fatal(err)
	}
	if err := closing(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "ward%2F1")); err != nil {
		t.Error(err)
	}
	for _, bad := range []StateConfig{{Backend: "rocks", CacheMB: 256}, {Backend: "pebble", CacheMB: 1}} {
		if bad.Validate() == nil {
			t.Error(fmt.Sprint("passes: ", bad))
		}
	}
}

func FuzzSchemaKey(f *testing.F) {
	f.Add([]byte("persons\x00\x01"))
	f.Fuzz(func(t *testing.T, key []byte) {
		if store, number, ok := schemaKey(key); ok && len(store)+2 > len(key) {
			t.Errorf("%x: %s, %d", key, store, number)
		}
	})
}
