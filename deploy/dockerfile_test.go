package deploy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// parseDockerfile reads Dockerfile as BuildKit itself does, its warnings being errors here.
func parseDockerfile(t *testing.T) []instructions.Stage {
	t.Helper()
	file, err := os.Open("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, warning := range parsed.Warnings {
		t.Errorf("Dockerfile: %s", warning.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		t.Errorf("Dockerfile: %s: %s", rule, message)
	}})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	return stages
}

func TestDockerfileCopiesWhatExists(t *testing.T) {
	names := map[string]bool{}
	for _, stage := range parseDockerfile(t) {
		if !strings.Contains(stage.BaseName, ":") {
			t.Errorf("base image %s has no version", stage.BaseName)
		}
		for _, command := range stage.Commands {
			copied, ok := command.(*instructions.CopyCommand)
			if !ok {
				continue
			}
			if copied.From != "" {
				if !names[copied.From] {
					t.Errorf("copy from %q, which is no earlier stage", copied.From)
				}
				continue
			}
			for _, source := range copied.SourcePaths {
				if _, err := os.Stat(filepath.Join("..", source)); err != nil {
					t.Errorf("copy: %v", err)
				}
			}
		}
		names[stage.Name] = true
	}
}

func TestDockerfileImageRunsWithoutRootAndShell(t *testing.T) {
	stages := parseDockerfile(t)
	final := stages[len(stages)-1]
	user := ""
	for _, command := range final.Commands {
		switch command := command.(type) {
		case *instructions.UserCommand:
			user = command.User
		case *instructions.EntrypointCommand:
			if command.PrependShell {
				t.Error("entry point needs a shell, and the image has none")
			}
		case *instructions.CmdCommand:
			if command.PrependShell {
				t.Error("command needs a shell, and the image has none")
			}
		case *instructions.RunCommand:
			t.Error("the final stage runs a command, and the image has no shell")
		}
	}
	if user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("user is %q, want one that is not root", user)
	}
}
