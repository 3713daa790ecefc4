package avrogen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func record(fields string) string {
	return `{"type":"record","name":"A","namespace":"n","fields":[` + fields + `]}`
}

func TestBadSchemasAreRefusedWithTheirFile(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"no JSON":             {`{"type":`, "not readable"},
		"not a record":        {`"string"`, "must be a record"},
		"unknown type":        {record(`{"name":"f","type":"Nowhere"}`), "n.Nowhere is not defined"},
		"recursive":           {record(`{"name":"f","type":["null","A"]}`), "contains itself"},
		"two of a name":       {record(`{"name":"f","type":{"type":"enum","name":"A","symbols":["x"]}}`), "A is defined in"},
		"items of no bytes":   {record(`{"name":"f","type":{"type":"array","items":"null"}}`), "at least one byte"},
		"no symbols":          {record(`{"name":"f","type":{"type":"enum","name":"E","symbols":[]}}`), "0 symbols"},
		"default no symbol":   {record(`{"name":"f","type":{"type":"enum","name":"E","symbols":["x"],"default":"y"}}`), "default is not one"},
		"union in union":      {record(`{"name":"f","type":["null",["string","long"]]}`), "union within a union"},
		"union of two alike":  {record(`{"name":"f","type":["string","string"]}`), "two branches String"},
		"fields of one name":  {record(`{"name":"a_b","type":"int"},{"name":"aB","type":"int"}`), ""},
		"fields of one Go id": {record(`{"name":"a_b","type":"int"},{"name":"a__b","type":"int"}`), "no name of its own"},
		"fixed of no size":    {record(`{"name":"f","type":{"type":"fixed","name":"F"}}`), "has no size"},
		"missing type":        {record(`{"name":"f"}`), "a type is missing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, map[string]string{"a.avsc": c.text}))
			if c.want == "" && err == nil {
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "a.avsc") {
				t.Errorf("got %v, want a.avsc: ..%s..", err, c.want)
			}
		})
	}
}

func TestAllProblemsAreReported(t *testing.T) {
	_, err := Load(write(t, map[string]string{
		"a.avsc": record(`{"name":"f","type":"Nowhere"}`),
		"b.avsc": strings.Replace(record(`{"name":"f","type":"NowhereElse"}`), `"A"`, `"B"`, 1),
	}))
	if err == nil || !strings.Contains(err.Error(), "a.avsc") || !strings.Contains(err.Error(), "b.avsc") {
		t.Errorf("got %v", err)
	}
}

func TestClashingGoNamesAreRefused(t *testing.T) {
	m, err := Load(write(t, map[string]string{
		"a.avsc": record(`{"name":"f","type":{"type":"enum","name":"Sort","symbols":["one"]}},{"name":"g","type":{"type":"record","name":"SortOne","fields":[{"name":"x","type":"int"}]}}`),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(m, "x"); err == nil || !strings.Contains(err.Error(), "SortOne") {
		t.Errorf("got %v", err)
	}
}

func TestGoNames(t *testing.T) {
	for name, want := range map[string]string{
		"event_id": "EventID", "id": "ID", "ids": "IDs", "contact_ref": "ContactRef", "p_15m": "P15m", "p_2h": "P2h", "wait_ms": "WaitMs",
		"page_url": "PageURL", "IdentifierKind": "IdentifierKind", "sha256": "Sha256", "do_not_contact": "DoNotContact",
	} {
		if got := GoName(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestOrderOfFilesDoesNotMatter(t *testing.T) {
	use := `{"type":"record","name":"Use","namespace":"n","fields":[{"name":"a","type":"A"},{"name":"b","type":"n.A"}]}`
	of := record(`{"name":"x","type":"int"}`)
	first, err := Load(write(t, map[string]string{"a.avsc": of, "z.avsc": use}))
	if err != nil {
		t.Fatal(err)
	}
	last, err := Load(write(t, map[string]string{"z.avsc": of, "a.avsc": use}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"record","name":"Use","namespace":"n","fields":[{"name":"a","type":{"type":"record","name":"A","fields":[{"name":"x","type":"int"}]}},{"name":"b","type":"n.A"}]}`
	if got := SelfContained(first.Top("Use")); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := SelfContained(last.Top("Use")); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestTagsAndDefaultsSurvive(t *testing.T) {
	text := `{"type":"record","name":"A","namespace":"n","doc":"D <&> D","fields":[{"name":"f","type":["null","string"],"doc":"d","aliases":["g"],"default":null,"attune.tag":"phi"},{"name":"h","type":{"type":"long","logicalType":"timestamp-millis"},"default":-1}]}`
	top, err := Parse("a", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := SelfContained(top); got != text {
		t.Errorf("got  %s\nwant %s", got, text)
	}
	if !top.Fields[0].IsProtected() || GoType(top, top.Fields[0]) != "Opt[Protected]" || GoType(top, top.Fields[1]) != "Millis" {
		t.Errorf("got %s, %s", GoType(top, top.Fields[0]), GoType(top, top.Fields[1]))
	}
}

// TestGeneratedCodeIsUpToDate fails where a schema or the generator changed and make generate was not run.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	dir := filepath.Join("..", "..", "schemas")
	m, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Generate(m, "schemas")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not up to date: run make generate", name)
		}
	}
}
