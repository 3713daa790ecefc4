package schemas

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// record writes a new version into history for every schema that changed compatibly.
var record = flag.Bool("record-history", false, "keep the schemas as they are now as their next versions")

// TestSchemasAreCompatibleWithTheirHistory holds every schema against the versions that have been in use, kept in
// history/<name>/v1.avsc and on, self-contained. A changed schema must be kept as a new version, and every version must
// be able to read the one before it.
func TestSchemasAreCompatibleWithTheirHistory(t *testing.T) {
	for _, d := range Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			versions := history(t, d.File)
			for i := 1; i < len(versions); i++ {
				if err := CanRead(versions[i], versions[i-1]); err != nil {
					t.Errorf("v%d cannot read v%d: %v", i+1, i, err)
				}
			}
			if len(versions) > 0 && sameJSON(t, versions[len(versions)-1], d.Schema) {
				return
			}
			if len(versions) > 0 {
				if err := CanRead(d.Schema, versions[len(versions)-1]); err != nil {
					t.Fatalf("%s.avsc cannot read v%d: %v", d.File, len(versions), err)
				}
			}
			if !*record {
				t.Fatalf("%s.avsc is not v%d of its history: keep it with go test ./schemas -run History -record-history", d.File, len(versions))
			}
			keep(t, d, len(versions)+1)
		})
	}
}

// TestHistoryKeepsNoStrangers finds histories whose schema is gone.
func TestHistoryKeepsNoStrangers(t *testing.T) {
	files := map[string]bool{}
	for _, d := range Definitions() {
		files[d.File] = true
	}
	folders, err := os.ReadDir("history")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !files[f.Name()] {
			t.Errorf("history/%s belongs to no schema", f.Name())
		}
	}
}

// TestIncompatibleChangesAreFound makes sure that the check can fail.
func TestIncompatibleChangesAreFound(t *testing.T) {
	changes := map[string][2]string{
		"a field without default": {`"fields":[`, `"fields":[{"name":"new","type":"string"},`},
		"another type":            {`{"name":"results","type":"int"`, `{"name":"results","type":"boolean"`},
		"another record":          {`"name":"Touchpoint"`, `"name":"Contact"`},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(TouchpointSchema, change[0], change[1], 1)
			if changed == TouchpointSchema {
				t.Fatal("nothing was changed")
			}
			changed = strings.ReplaceAll(changed, `"type":"boolean","doc":"Search results found; -1 where not a search.","default":-1`, `"type":"boolean","doc":"","default":false`)
			if err := CanRead(changed, TouchpointSchema); err == nil {
				t.Error("passed as compatible")
			}
		})
	}
	compatible := strings.Replace(TouchpointSchema, `"fields":[`, `"fields":[{"name":"new","type":"string","default":""},`, 1)
	if err := CanRead(compatible, TouchpointSchema); err != nil {
		t.Errorf("a field with a default: %v", err)
	}
}

func versionPath(file string, version int) string {
	return filepath.Join("history", file, fmt.Sprintf("v%d.avsc", version))
}

func history(t *testing.T, file string) []string {
	t.Helper()
	var versions []string
	for {
		text, err := os.ReadFile(versionPath(file, len(versions)+1))
		if os.IsNotExist(err) {
			return versions
		}
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, string(text))
	}
}

func keep(t *testing.T, d Definition, version int) {
	t.Helper()
	path := versionPath(d.File, version)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(d.Schema+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("kept %s", path)
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
