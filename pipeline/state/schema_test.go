package state

import (
	"errors"
	"strings"
	"testing"
)

// versioned keeps strings under a schema: "ours" as they are, "upper" in capitals, "broken" cannot be read.
type versioned struct{ schema string }

func (c versioned) AppendValue(dst []byte, v *string) []byte {
	if c.schema == "upper" {
		return append(dst, strings.ToUpper(*v)...)
	}
	return append(dst, *v...)
}

func (c versioned) DecodeValue(src []byte, v *string) error {
	*v = string(src)
	return nil
}

func (c versioned) Schema() string { return c.schema }

func (c versioned) Resolve(writer string) (func(src []byte) ([]byte, error), error) {
	if writer == "broken" {
		return nil, errors.New("field x: gone")
	}
	return func(src []byte) ([]byte, error) { return append([]byte(writer+":"), src...), nil }, nil
}

// changelog is what stores of one name write, one build after the other.
type changelog struct {
	schemas map[uint32]string
	values  map[string][]byte
}

func (l *changelog) write(t *testing.T, m *Map[string]) {
	t.Helper()
	if n, text, ok := m.NewSchema(); ok {
		if l.schemas[n] != "" {
			t.Errorf("schema %d is written over", n)
		}
		l.schemas[n] = text
	}
	m.Changes(func(key, value []byte) { l.values[string(key)] = append([]byte{}, value...) })
}

func (l *changelog) restore(t *testing.T, schema string) (*Map[string], error) {
	t.Helper()
	m := newMap("m", versioned{schema})
	for n, text := range l.schemas {
		if err := m.RestoreSchema(n, text); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range l.values {
		if err := m.Restore([]byte(k), v); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func TestOldValuesAreReadWithTheSchemaTheyWereWrittenWith(t *testing.T) {
	log := changelog{map[uint32]string{}, map[string][]byte{}}
	build := func(schema, key string) *Map[string] {
		m, err := log.restore(t, schema)
		if err != nil {
			t.Fatal(err)
		}
		m.Put(key, "v")
		log.write(t, m)
		return m
	}
	build("one", "a")
	build("upper", "b")
	build("one", "c") // the old build again
	m := build("three", "d")
	for key, want := range map[string]string{"a": "one:v", "b": "upper:V", "c": "one:v", "d": "v"} {
		if got := m.Get(key); got == nil || *got != want {
			t.Errorf("%s: got %v, want %s", key, got, want)
		}
	}
	if len(log.schemas) != 3 || log.schemas[3] != "three" {
		t.Errorf("schemas: %v", log.schemas)
	}
	if len(log.values["a"]) != 2 {
		t.Errorf("value: got %d bytes, want one more than the value's", len(log.values["a"]))
	}
}

func TestValuesThatCannotBeReadAreRefused(t *testing.T) {
	log := changelog{map[uint32]string{1: "broken"}, map[string][]byte{}}
	if _, err := log.restore(t, "ours"); err != nil {
		t.Fatalf("a schema without values: %v", err)
	}
	log.values["a"] = []byte{1, 'v'}
	if _, err := log.restore(t, "ours"); err == nil || !strings.Contains(err.Error(), "field x: gone") {
		t.Errorf("got %v", err)
	}
	log.values["a"] = []byte{9, 'v'}
	if _, err := log.restore(t, "ours"); err == nil || !strings.Contains(err.Error(), "schema 9") {
		t.Errorf("got %v", err)
	}
}
