package main

import (
	"path/filepath"
	"testing"
)

// TestEveryMutantHasItsPlace keeps mutants from rotting: the text that each replaces is there.
func TestEveryMutantHasItsPlace(t *testing.T) {
	mutants, err := load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	if len(mutants) < 12 {
		t.Errorf("%d mutants, want 12 at least", len(mutants))
	}
	woven := 0
	for _, m := range mutants {
		text, err := m.read(filepath.Join("..", ".."))
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if _, alone, err := weave(0, text, []mutant{m}); err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else if len(alone) == 0 {
			woven++
		}
	}
	if woven < len(mutants)*9/10 {
		t.Errorf("%d of %d mutants can be built at once: each of the others costs a build of its own", woven, len(mutants))
	}
}

func TestMutantWithoutItsPartsThenItIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "title\n", "title\n=== before\na\n", "title\nfile: a.go\n=== before\na\n=== after\nb\n",
		"title\nfile: a.go\ntest: ./a\nmore: b\n=== before\na\n=== after\nb\n",
		"title\nfile: a.go\ntest: ./a\n=== before\na\n=== after\na\n",
	} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q: parsed", text)
		}
	}
}

func TestFailedOutputTellsWhatFoundTheMutant(t *testing.T) {
	for out, want := range map[string]string{
		"x\n    a.go:1: seed 17: lost one\n--- FAIL: TestA": "seed 17: lost one",
		"--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/b":     "TestA/b",
		"panic: no\n\ngoroutine 1":                          "panic: no",
		"":                                                  "a test that ended without a word",
	} {
		if got := finder(out); got != want {
			t.Errorf("%q: got %q, want %q", out, got, want)
		}
	}
}

func TestMutantsAreWovenThenTheirFunctionsHaveTwins(t *testing.T) {
	const text = `package a

func (t *T[K]) f(_ int, xs ...string) error {
	return t.g(1)
}

func g[K any](K) { h(1) }

const c = 1
`
	got, alone, err := weave(7, text, []mutant{
		{name: "one-two", before: "g(1)", after: "g(2)"}, {name: "other", before: "t.g", after: "t.x"},
		{name: "generic", before: "h(1) }\n\nconst", after: "h(2) }\n\nconst"}, {name: "outside", before: "c = 1", after: "c = 2"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `package a; import mutants_os "os"

func (t *T[K]) f(mutants_p1 int, xs ...string) error { if planted_7 == "one-two" { return t.one_two_f(mutants_p1, xs...) }; if planted_7 == "other" { return t.other_f(mutants_p1, xs...) };
	return t.g(1)
}

func g[K any](mutants_p1 K) { if planted_7 == "generic" { generic_g[K](mutants_p1); return }; h(1) }

const c = 1

var planted_7 = mutants_os.Getenv("ATTUNE_MUTANT")

func (t *T[K]) one_two_f(_ int, xs ...string) error {
	return t.g(2)
}

func (t *T[K]) other_f(_ int, xs ...string) error {
	return t.x(1)
}

func generic_g[K any](K) { h(2) }
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	if len(alone) != 1 || alone[0].name != "outside" {
		t.Errorf("not woven: %v", alone)
	}
}
