package avrogen

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/linkedin/goavro/v2"
)

// echo decodes each line of hex and prints it again, encoded; then encoded from a clone after the line was written over,
// and after Reset.
const echo = `package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	var v Unusual
	for lines.Scan() {
		src, _ := hex.DecodeString(lines.Text())
		if rest, err := v.DecodeAvro(src); err != nil || len(rest) > 0 {
			fmt.Println("refused")
			continue
		}
		again := hex.EncodeToString(v.AppendAvro(nil))
		clone := v.Clone()
		clear(src)
		v.Reset()
		if c := hex.EncodeToString(clone.AppendAvro(nil)); c != again {
			again = "clone differs: " + c
		}
		var zero Unusual
		if string(v.AppendAvro(nil)) != string(zero.AppendAvro(nil)) {
			again = "reset leaves something"
		}
		fmt.Println(again)
	}
}
`

// TestUnusualTypesAgreeWithGoavro generates code for types that our schemas do not have, compiles it, and compares it with
// goavro on random values and on damaged ones.
func TestUnusualTypesAgreeWithGoavro(t *testing.T) {
	m, err := Load(filepath.Join("testdata", "unusual"))
	if err != nil {
		t.Fatal(err)
	}
	goavro.MaxBlockCount = 1 << 16
	codec, err := goavro.NewCodec(SelfContained(m.Top("Unusual")))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	var sources [][]byte
	var input strings.Builder
	for i := range 3000 {
		src := randomBytes(r)
		if i%3 > 0 {
			src = randomRecord(t, codec, r)
		}
		if i%3 == 2 {
			src[r.IntN(len(src))] = byte(r.IntN(256))
		}
		sources = append(sources, src)
		input.WriteString(hex.EncodeToString(src) + "\n")
	}
	answers := strings.Split(strings.TrimSpace(runEcho(t, m, input.String())), "\n")
	if len(answers) != len(sources) {
		t.Fatalf("%d answers to %d records", len(answers), len(sources))
	}
	accepted := 0
	for i, src := range sources {
		if compareAnswer(t, codec, src, answers[i]) {
			accepted++
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d records were accepted", accepted)
	}
}

// compareAnswer says whether ours accepted the record.
func compareAnswer(t *testing.T, codec *goavro.Codec, src []byte, answer string) bool {
	t.Helper()
	native, rest, err := codec.NativeFromBinary(src)
	if answer == "refused" {
		if err != nil || len(rest) > 0 {
			return false
		}
		if again, err := codec.BinaryFromNative(nil, native); err == nil && bytes.Equal(again, src) {
			t.Errorf("ours refuses what goavro reads and writes alike: %x", src)
		}
		return false
	}
	if err != nil || len(rest) > 0 {
		t.Fatalf("ours accepts what goavro refuses: %x: %v", src, err)
	}
	ours, err := hex.DecodeString(answer)
	if err != nil {
		t.Fatalf("%s: %x", answer, src)
	}
	// Maps have no order in goavro, so ours is read by it, and read values are compared.
	again, _, err := codec.NativeFromBinary(ours)
	if err != nil {
		t.Fatalf("goavro cannot read what ours writes: %v", err)
	}
	if diff := cmp.Diff(again, native, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("values differ: %s", diff)
	}
	return true
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, 1+r.IntN(80))
	for i := range b {
		b[i] = byte(r.IntN(8))
	}
	return b
}

func randomRecord(t *testing.T, codec *goavro.Codec, r *rand.Rand) []byte {
	t.Helper()
	text := func() string { return strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(5)) }
	list := func(item func() any) []any {
		items := make([]any, r.IntN(3))
		for i := range items {
			items[i] = item()
		}
		return items
	}
	thing := func() any {
		return map[string]any{"id": text(), "names": list(func() any { return text() })}
	}
	mixed := []any{nil, map[string]any{"long": r.Int64()}, map[string]any{"string": text()}, map[string]any{"org.example.Thing": thing()},
		map[string]any{"array": list(func() any { return int32(r.Uint32()) })}}
	either := []any{map[string]any{"string": text()}, map[string]any{"boolean": true}}
	maybe := []any{nil, map[string]any{"org.example.Thing": thing()}}
	native := map[string]any{
		"nothing": nil, "small": r.Float32(), "sums": map[string]any{text(): r.Int64(), "zz": int64(1)}, "things": map[string]any{text(): thing()},
		"matrix":     list(func() any { return list(func() any { return r.Float64() }) }),
		"digest":     []byte{byte(r.IntN(256)), 2, 3},
		"digests":    list(func() any { return []byte{9, 8, byte(r.IntN(256))} }),
		"late_null":  []any{nil, map[string]any{"string": text()}}[r.IntN(2)],
		"maybe_list": []any{nil, map[string]any{"array": list(func() any { return text() })}}[r.IntN(2)],
		"maybe_kind": []any{nil, map[string]any{"org.example.Sort": "two"}}[r.IntN(2)],
		"mixed":      mixed[r.IntN(len(mixed))],
		"mixed_list": list(func() any { return either[r.IntN(2)] }), "single": map[string]any{"bytes": []byte(text())},
		"list_of_maybe": list(func() any { return maybe[r.IntN(2)] }),
		"secrets":       list(func() any { return text() }),
		"secret_map":    map[string]any{text(): []any{nil, map[string]any{"bytes": []byte(text())}}[r.IntN(2)]},
		"owner_url":     text(), "whens": list(func() any { return r.Int64N(1 << 40) }),
	}
	b, err := codec.BinaryFromNative(nil, native)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// runEcho builds the generated code with the runtime of package schemas, which needs the standard library only.
func runEcho(t *testing.T, m *Model, input string) string {
	t.Helper()
	files, err := Generate(m, "main")
	if err != nil {
		t.Fatal(err)
	}
	delete(files, "fuzz_gen_test.go")
	files["main.go"] = []byte(echo)
	files["go.mod"] = []byte("module echo\n\ngo 1.26\n")
	for _, name := range []string{"wire.go", "record.go", "values.go", "protected.go"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "schemas", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = bytes.Replace(text, []byte("package schemas"), []byte("package main"), 1)
	}
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "run", ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	command.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	return string(out)
}
