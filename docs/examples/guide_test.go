package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/attune-health/attune/schemas"
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

func TestGuideExplainsEveryField(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "consumers.md"))
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Fields []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(schemas.NextBestActionSchema), &record); err != nil {
		t.Fatal(err)
	}
	if len(record.Fields) < 20 {
		t.Fatalf("found %d fields", len(record.Fields))
	}
	for _, field := range record.Fields {
		if !strings.Contains(string(guide), "`"+field.Name+"`") {
			t.Errorf("docs/consumers.md does not explain %s", field.Name)
		}
	}
}
