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
	for _, m := range mutants {
		if _, err := m.plant(filepath.Join("..", "..")); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
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
