package embedded_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/attune-health/attune/deploy/embedded"
)

const stringSchema, longSchema = `{"type":"string"}`, `{"type":"long"}`

func TestRegistryRestartedKeepsIDs(t *testing.T) {
	dir := t.TempDir()
	client, registry := startRegistry(t, dir)
	if _, err := client.CreateSchema(t.Context(), "discarded", sr.Schema{Schema: `{"type":"int"}`}); err != nil {
		t.Fatal(err)
	}
	first := register(t, client, "a-value", stringSchema)
	second := register(t, client, "a-value", longSchema)
	shared := register(t, client, "b-value", longSchema)
	if _, err := client.DeleteSubject(t.Context(), "discarded", sr.SoftDelete); err != nil {
		t.Fatal(err)
	}
	if answers := client.SetCompatibility(t.Context(), sr.SetCompatibility{Level: sr.CompatFull}, "a-value"); answers[0].Err != nil {
		t.Fatal(answers[0].Err)
	}
	if again := register(t, client, "a-value", stringSchema); again.ID != first.ID {
		t.Errorf("same schema again: id %d, want %d", again.ID, first.ID)
	}
	if err := registry.Close(); err != nil {
		t.Fatal(err)
	}

	client, registry = startRegistry(t, dir)
	defer registry.Close()
	for _, want := range []sr.SubjectSchema{first, second, shared} {
		got, err := client.SchemaByID(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Schema != want.Schema.Schema {
			t.Errorf("schema %d after restart = %s, want %s", want.ID, got.Schema, want.Schema.Schema)
		}
		if again := register(t, client, want.Subject, want.Schema.Schema); again.ID != want.ID || again.Version != want.Version {
			t.Errorf("%s after restart: id %d version %d, want %d, %d", want.Subject, again.ID, again.Version, want.ID, want.Version)
		}
	}
	if got := client.Compatibility(t.Context(), "a-value")[0].Level; got != sr.CompatFull {
		t.Errorf("compatibility after restart = %v, want FULL", got)
	}
	if fresh := register(t, client, "c-value", `{"type":"double"}`); fresh.ID != second.ID+1 {
		t.Errorf("next id = %d, want %d", fresh.ID, second.ID+1)
	}
	journal := journalSize(t, dir)
	for _, same := range []sr.SubjectSchema{first, second, shared} {
		register(t, client, same.Subject, same.Schema.Schema)
	}
	if growth := journalSize(t, dir) - journal; growth != 0 {
		t.Errorf("journal grew by %d bytes, though nothing changed", growth)
	}
}

func TestRegistryJournalTornByAKill(t *testing.T) {
	dir := t.TempDir()
	client, registry := startRegistry(t, dir)
	first := register(t, client, "a-value", stringSchema)
	if err := registry.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "journal.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, `{"method":"POST","uri":"/subj`...), 0o600); err != nil {
		t.Fatal(err)
	}
	client, registry = startRegistry(t, dir)
	second := register(t, client, "a-value", longSchema)
	if err := registry.Close(); err != nil {
		t.Fatal(err)
	}
	client, registry = startRegistry(t, dir)
	defer registry.Close()
	for _, want := range []sr.SubjectSchema{first, second} {
		if got, err := client.SchemaByID(t.Context(), want.ID); err != nil || got.Schema != want.Schema.Schema {
			t.Errorf("schema %d = %s, %v; want %s", want.ID, got.Schema, err, want.Schema.Schema)
		}
	}
}

func startRegistry(t *testing.T, dir string) (*sr.Client, *embedded.Registry) {
	t.Helper()
	registry, err := embedded.StartRegistry(t.Context(), embedded.RegistryConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	client, err := sr.NewClient(sr.URLs(registry.URL()))
	if err != nil {
		t.Fatal(err)
	}
	return client, registry
}

func register(t *testing.T, client *sr.Client, subject, schema string) sr.SubjectSchema {
	t.Helper()
	registered, err := client.CreateSchema(t.Context(), subject, sr.Schema{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	return registered
}

func journalSize(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
