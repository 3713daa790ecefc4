package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestExampleConfigIsTheDefaults(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("config.example.yaml (-got +defaults):\n%s", diff)
	}
}

func TestConfigOfTheContainersIsRead(t *testing.T) {
	t.Setenv("ATTUNE_IDENTITY_KEY", "sixteen-bytes-or-more")
	t.Setenv("CLICKHOUSE_PASSWORD", "from-the-environment")
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if c.Run.IdentityKey != "sixteen-bytes-or-more" || c.ClickHouse.Password != "from-the-environment" {
		t.Error("secrets were not taken from the environment")
	}
	if got, want := c.Topics.Replication, 1; int(got) != want {
		t.Errorf("replication %d, want %d: compose has one broker", got, want)
	}
}

func TestConfigRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":      {"kafka:\n  broker: x\n", "field broker not found"},
		"bad delivery":     {"run:\n  delivery: maybe\n", `run.delivery: "maybe" is not one of exactly-once, at-least-once`},
		"bad broker":       {"kafka:\n  brokers: [nowhere]\n", `kafka.brokers: "nowhere" is not host:port`},
		"missing variable": {"run:\n  identity_key: ${env:ATTUNE_NO_SUCH_VARIABLE}\n", "line 2: environment variable ATTUNE_NO_SUCH_VARIABLE is not set"},
		"missing file":     {"run:\n  identity_key: ${file:/no/such/file}\n", "line 2: open /no/such/file"},
		"bad reference":    {"run:\n  identity_key: ${vault:x}\n", "neither ${env:NAME} nor ${file:PATH}"},
		"every problem":    {"run:\n  delivery: maybe\n  clock: sun\n", "run.clock"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestPrintedConfigHidesSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ATTUNE_TEST_KEY", "from-the-environment")
	c, err := Read([]byte("run:\n  identity_key: ${env:ATTUNE_TEST_KEY}\nclickhouse:\n  password: ${file:" + file + "}\n  dsn: clickhouse://u:in-the-dsn@h:1/d\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Run.IdentityKey != "from-the-environment" || c.ClickHouse.Password != "from-a-file" {
		t.Fatalf("references were not replaced")
	}
	printed, err := yaml.Marshal(&c)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"from-the-environment", "from-a-file", "in-the-dsn"} {
		if strings.Contains(string(printed), secret) {
			t.Errorf("printed configuration holds %q", secret)
		}
	}
}
