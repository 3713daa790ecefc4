package schemas

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hamba/avro/v2"
)

// conformanceData finds Avro's own cross-language cases, which are not part of the repository.
func conformanceData(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", "avro", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("NOT RUN: Avro's conformance data is not at %s", path)
	}
	return string(text)
}

// TestCanonicalFormsAreAvros checks what decides whether a writer's schema is ours: its canonical form. Avro's cases say
// what that is; goavro's fingerprint is checked along.
func TestCanonicalFormsAreAvros(t *testing.T) {
	text := conformanceData(t, "schema-tests.txt")
	// A heredoc: either to the end of the line, or from the next line up to the mark.
	part := regexp.MustCompile(`(?s)<<(INPUT|canonical|fingerprint)(?: ([^\n]*)\n|\n(.*?)\n(?:INPUT|canonical|fingerprint)\n)`)
	cases, schema := 0, ""
	for _, m := range part.FindAllStringSubmatch(text, -1) {
		value := strings.TrimSpace(m[2] + m[3])
		switch m[1] {
		case "INPUT":
			schema = value
		case "canonical":
			cases++
			checkCanonical(t, schema, value)
		}
	}
	if cases < 25 {
		t.Errorf("only %d cases were found", cases)
	}
}

func checkCanonical(t *testing.T, schema, want string) {
	t.Helper()
	tree, err := avro.ParseWithCache(schema, "", &avro.SchemaCache{})
	if err != nil {
		t.Errorf("%s: %v", schema, err)
		return
	}
	wantTree, err := avro.ParseWithCache(want, "", &avro.SchemaCache{})
	if err != nil {
		t.Errorf("%s: %v", want, err)
		return
	}
	if got, want := tree.Fingerprint(), wantTree.Fingerprint(); got != want {
		t.Errorf("%s: the fingerprint is not that of its canonical form", schema)
	}
}

// TestJavasMessageIsRead decodes a message that Java wrote.
func TestJavasMessageIsRead(t *testing.T) {
	schema, err := newRuntimeSchema(conformanceData(t, "messageV1/test_schema.avsc"))
	if err != nil {
		t.Fatal(err)
	}
	message := []byte(conformanceData(t, "messageV1/test_message.bin"))
	const header = 10 // of a single-object message
	native, err := schema.decode(message[header:])
	if err != nil {
		t.Fatal(err)
	}
	again, err := schema.encode(native)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(again), hex.EncodeToString(message[header:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if name := native.(map[string]any)["name"]; name != "Bill" {
		t.Errorf("got %v", name)
	}
}
