package deploy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/attune-health/attune/deploy/embeddedtest"
	"github.com/attune-health/attune/deploy/process"
)

// The settings that compose.yaml gives to Kafka and to the registry, tried on the programs themselves, without
// containers: only addresses and directories are this machine's.
func TestComposeSettingsKeepSchemaIDsAcrossARestart(t *testing.T) {
	embeddedtest.RequireJava(t)
	project := mustLoadCompose(t)
	broker, err := embeddedtest.StartApacheKafka(t.Context(), embeddedtest.ApacheConfig{Dir: t.TempDir(), Config: kafkaSettings(project.Services["kafka"])})
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Kill()
	env := []string{"APICURIO_KAFKASQL_BOOTSTRAP_SERVERS=" + broker.Addr()}
	for name, value := range project.Services["registry"].Environment {
		if name != "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS" {
			env = append(env, name+"="+*value)
		}
	}
	before := registerThenKill(t, env, nil, "c-value", "a-value")
	after := registerThenKill(t, env, []string{"c-value", "a-value"}, "a-value", "b-value")
	if after["a-value"] != before["a-value"] {
		t.Errorf("schema has id %d after the restart, had %d", after["a-value"], before["a-value"])
	}
	if after["b-value"] <= before["a-value"] {
		t.Errorf("a new schema got id %d, not above %d", after["b-value"], before["a-value"])
	}
}

// registerThenKill starts a registry, waits until it knows the subjects of before, registers a schema of its own for
// each subject, kills the registry, and returns the ids.
func registerThenKill(t *testing.T, env, before []string, subjects ...string) map[string]int {
	t.Helper()
	registry, err := embeddedtest.StartApicurio(t.Context(), embeddedtest.ApicurioConfig{Dir: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	defer registry.Kill()
	client, err := sr.NewClient(sr.URLs(registry.URL()))
	if err != nil {
		t.Fatal(err)
	}
	// It answers before it has read its topic to the end.
	err = process.Poll(t.Context(), 50*time.Millisecond, func() (bool, error) {
		known, err := client.Subjects(t.Context())
		return !slices.ContainsFunc(before, func(s string) bool { return !slices.Contains(known, s) }), err
	})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for _, subject := range subjects {
		schema := fmt.Sprintf(`{"type":"enum","name":"E","symbols":["%s"]}`, strings.ReplaceAll(subject, "-", "_"))
		registered, err := client.CreateSchema(t.Context(), subject, sr.Schema{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		ids[subject] = registered.ID
	}
	return ids
}

// kafkaSettings turns the image's environment into the broker's own settings, as the image does.
func kafkaSettings(service types.ServiceConfig) map[string]string {
	settings := map[string]string{}
	for name, value := range service.Environment {
		name, ok := strings.CutPrefix(name, "KAFKA_")
		local := strings.Contains(name, "LISTENER") || name == "CONTROLLER_QUORUM_VOTERS" || name == "LOG_DIRS"
		if ok && !local {
			settings[strings.ToLower(strings.ReplaceAll(name, "_", "."))] = *value
		}
	}
	return settings
}
