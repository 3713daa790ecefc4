package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// loadCompose reads compose.yaml as Compose itself does: interpolated, merged, and checked against its schema.
func loadCompose(t *testing.T, environment types.Mapping) (*types.Project, error) {
	t.Helper()
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  ".",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
		Environment: environment,
	}, loader.WithProfiles([]string{"monitoring"}))
}

func mustLoadCompose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loadCompose(t, types.Mapping{"ATTUNE_IDENTITY_KEY": "k", "CLICKHOUSE_PASSWORD": "p"})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeNeedsItsSecrets(t *testing.T) {
	for _, missing := range []string{"ATTUNE_IDENTITY_KEY", "CLICKHOUSE_PASSWORD"} {
		environment := types.Mapping{"ATTUNE_IDENTITY_KEY": "k", "CLICKHOUSE_PASSWORD": "p"}
		delete(environment, missing)
		if _, err := loadCompose(t, environment); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: got %v, want an error that names it", missing, err)
		}
		example, err := os.ReadFile(".env.example")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(example), "\n"+missing+"=\n") {
			t.Errorf(".env.example lacks an empty %s", missing)
		}
	}
}

func TestComposeServices(t *testing.T) {
	project := mustLoadCompose(t)
	for name, service := range project.Services {
		if service.Build == nil && !regexp.MustCompile(`:v?\d+\.\d+`).MatchString(service.Image) {
			t.Errorf("%s: image %s has no version", name, service.Image)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open on %q, want 127.0.0.1", name, port.Published, port.HostIP)
			}
		}
		for _, volume := range service.Volumes {
			if volume.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(volume.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for other, dependency := range service.DependsOn {
			if dependency.Condition == types.ServiceConditionHealthy && project.Services[other].HealthCheck == nil {
				t.Errorf("%s waits until %s is healthy, which has no health check", name, other)
			}
		}
	}
	for _, name := range []string{"topics", "schemas", "run", "sink"} {
		service := project.Services[name]
		if service.Build == nil || !service.ReadOnly || len(service.CapDrop) == 0 {
			t.Errorf("%s: want it built here, read-only and without capabilities", name)
		}
		if len(service.Command) == 0 || service.Command[0] != name {
			t.Errorf("%s runs %v", name, service.Command)
		}
	}
}

// The configuration names services and variables that compose.yaml must have.
func TestComposeProvidesWhatTheConfigurationNames(t *testing.T) {
	project := mustLoadCompose(t)
	text, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	environment := project.Services["run"].Environment
	variables := regexp.MustCompile(`\$\{env:(\w+)\}`).FindAllStringSubmatch(string(text), -1)
	if len(variables) != 2 {
		t.Errorf("config.yaml names %d variables, want 2", len(variables))
	}
	for _, match := range variables {
		if environment[match[1]] == nil {
			t.Errorf("config.yaml names %s, which compose.yaml does not set", match[1])
		}
	}
	hosts := regexp.MustCompile(`[/"](\w+):\d+`).FindAllStringSubmatch(string(text), -1)
	if len(hosts) != 3 {
		t.Errorf("config.yaml names %d hosts, want 3", len(hosts))
	}
	for _, match := range hosts {
		if _, ok := project.Services[match[1]]; !ok {
			t.Errorf("config.yaml names host %s, which is no service", match[1])
		}
	}
	build := project.Services["run"].Build
	if _, err := os.Stat(filepath.Join(build.Context, build.Dockerfile)); err != nil {
		t.Error(err)
	}
}
