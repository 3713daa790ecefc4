package inspect

import (
	"context"
	"strings"
	"testing"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// checked is a check of records that were never in a topic.
func checked(t *testing.T, records ...[2]string) *StateCheck {
	t.Helper()
	c := config.Default()
	k := &StateCheck{Full: true}
	if err := k.prepare(context.Background(), &c); err != nil {
		t.Fatal(err)
	}
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

func FuzzSchemaKey(f *testing.F) {
	f.Add([]byte("persons\x00\x01"))
	f.Fuzz(func(t *testing.T, key []byte) {
		if store, number, ok := schemaKey(key); ok && len(store)+2 > len(key) {
			t.Errorf("%x: %s, %d", key, store, number)
		}
	})
}
