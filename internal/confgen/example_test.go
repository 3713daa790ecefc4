package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestExampleIsTheGeneratedOne(t *testing.T) {
	root := filepath.Join("..", "..")
	want, err := example(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("config.example.yaml is not what make generate writes")
	}
}
