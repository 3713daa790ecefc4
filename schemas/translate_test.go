package schemas

import (
	"strings"
	"testing"
)

const personV2 = `{"type":"record","name":"Person","fields":[{"name":"age","type":"long"},{"name":"city","type":"string","default":"none"}]}`

func TestTranslatorGivesTheReadersBytes(t *testing.T) {
	writer := `{"type":"record","name":"Person","fields":[{"name":"gone","type":"string"},{"name":"age","type":"int"}]}`
	tr, err := NewTranslator(personV2, writer)
	if err != nil {
		t.Fatal(err)
	}
	old := appendLong(appendString(nil, "x"), 41)
	got, err := tr.Translate(old)
	if want := appendString(appendLong(nil, 41), "none"); err != nil || string(got) != string(want) {
		t.Errorf("got %x, %v, want %x", got, err, want)
	}
	if tr.Same() {
		t.Error("different schemas pass as the same")
	}
	if _, err := tr.Translate(old[:1]); err == nil {
		t.Error("a broken value was translated")
	}
}

func TestTranslatorNamesTheFieldInTheWay(t *testing.T) {
	_, err := NewTranslator(strings.Replace(personV2, `,"default":"none"`, "", 1), `{"type":"record","name":"Person","fields":[{"name":"age","type":"long"}]}`)
	if err == nil || !strings.Contains(err.Error(), "city") {
		t.Errorf("got %v, want an error that names city", err)
	}
}

func TestSchemasThatDifferInDocumentationOnlyAreTheSame(t *testing.T) {
	tr, err := NewTranslator(personV2, strings.Replace(personV2, `"name":"age"`, `"doc":"In years.","name":"age"`, 1))
	if err != nil || !tr.Same() {
		t.Errorf("got %v, %v", tr, err)
	}
}

func TestPayloadsAreShownAsFarAsTheirFieldsAreKnown(t *testing.T) {
	v, err := NewViewer(SchemaTexts{})
	if err != nil {
		t.Fatal(err)
	}
	payload := appendString(appendLong(nil, 41), "Bern")
	tagged := strings.Replace(personV2, `"name":"city"`, `"attune.tag":"phi","name":"city"`, 1)
	show := func(reveal bool) string {
		text, err := v.AppendPayload(nil, tagged, payload, reveal)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got, want := show(false), `{"age":"[redacted]","city":"[redacted]"}`; got != want {
		t.Errorf("unknown: got %s, want %s", got, want)
	}
	if err := v.Know(tagged); err != nil {
		t.Fatal(err)
	}
	if got, want := show(false), `{"age":41,"city":"[redacted]"}`; got != want {
		t.Errorf("known: got %s, want %s", got, want)
	}
	if got, want := show(true), `{"age":41,"city":"Bern"}`; got != want {
		t.Errorf("revealed: got %s, want %s", got, want)
	}
}

func FuzzTranslate(f *testing.F) {
	d, _ := DefinitionOf("ShardState")
	changed := strings.Replace(d.Schema, `"fields":[`, `"fields":[{"name":"fresh","type":"string","default":"x"},`, 1)
	tr, err := NewTranslator(changed, d.Schema)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(new(ShardState).AppendAvro(nil))
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := tr.Translate(payload)
		if err == nil && len(got) < 2 {
			t.Errorf("%x became %x", payload, got)
		}
	})
}
