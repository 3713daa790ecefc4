package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGuideShowsTheProgramsThatAreTested(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "consumers.md"))
	if err != nil {
		t.Fatal(err)
	}
	for file, language := range map[string]string{
		"consumer.go":             "go",
		"python/consumer.py":      "python",
		"python/requirements.txt": "text",
		"java/Consumer.java":      "java",
	} {
		code, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(guide), "```"+language+"\n"+string(code)+"```\n") {
			t.Errorf("docs/consumers.md does not hold docs/examples/%s as it is", file)
		}
	}
}
