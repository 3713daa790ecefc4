package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
	if diff := cmp.Diff(got, want, cmpopts.EquateEmpty()); diff != "" {
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

func TestValuesOfTheEnvironmentAreReadAsWhatTheyStandFor(t *testing.T) {
	t.Setenv("TEST_BROKERS", "a:9092, b:9092")
	t.Setenv("TEST_HOST", "registry.example")
	t.Setenv("TEST_SECRET", "not ${env:TEST_HOST}, but this")
	c, err := Read([]byte("kafka: {brokers: \"${env:TEST_BROKERS}\"}\nregistry: {url: \"http://${env:TEST_HOST}:8081\"}\n" +
		"clickhouse: {addr: [\" c:9000 \"], password: \"${env:TEST_SECRET}\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Kafka.Brokers, []string{"a:9092", "b:9092"}) || c.Registry.URL != "http://registry.example:8081" ||
		!slices.Equal(c.ClickHouse.Addr, []string{"c:9000"}) || string(c.ClickHouse.Password) != "not ${env:TEST_HOST}, but this" {
		t.Errorf("brokers %q, registry %q, addr %q, password %q", c.Kafka.Brokers, c.Registry.URL, c.ClickHouse.Addr, string(c.ClickHouse.Password))
	}
}

func TestFileWithASecondDocumentIsRefused(t *testing.T) {
	if _, err := Read([]byte("instance: a\n---\ninstance: b\n")); err == nil || !strings.Contains(err.Error(), "line 2: a second document") {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		if _, err := Read([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEveryProblemIsNamedByItsKeyAtOnce(t *testing.T) {
	_, err := Read([]byte(`
# the lines are those of this file

kafka: {broker: x, dial_timeout: soon}
run: {workers: -1, standbys: many, drain_timeout: 1h, identifiers: [phone, phone]}
topics: {longest_downtime: -1h}
person:
  session_gap: 30
  duplicate_ttl: -1h
identify: {earliest: 24h}
aggregate:
  contacts_lateness: 0s

channels:
  call: {idle_after: -1s}
train: {rate: -0.5}
sink: {batch_bytes: 0}
`))
	if err == nil {
		t.Fatal("all is taken")
	}
	for _, want := range []string{
		"kafka.broker (line 4): field broker not found",
		"kafka.dial_timeout (line 4): cannot unmarshal !!str `soon` into a length of time such as 24h or 90s",
		"run.standbys (line 5): cannot unmarshal !!str `many` into a whole number",
		"run.workers: -1 is below 0",
		"run.drain_timeout: 1h0m0s is not below run.rebalance_timeout, 30s",
		`run.identifiers: "phone" is no kind of identifier, or is there twice`,
		"topics.longest_downtime: below 0",
		`person.session_gap (line 8): "30" is not a length of time such as 24h or 90s`,
		"person.duplicate_ttl: below 0",
		`identify.earliest (line 10): "24h" is not a date such as 1990-01-01`,
		"aggregate.contacts_lateness: 0 is not taken; leave the key out for the default",
		"channels.call.idle_after: below 0",
		"train.rate: below 0",
		"sink.batch_bytes: 0 is below 1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestPrintedConfigIsReadAgainAsItWas(t *testing.T) {
	c, err := Read([]byte("person: {session_gap: 45m}\nchannels: {ehr: {out_of_orderness: 6h}}\nidentify: {earliest: 2001-02-03}\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"session_gap: 45m", "out_of_orderness: 6h0m0s", `earliest: "2001-02-03"`, "contact_ttl: 168h", "max_backlog: 300ms"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	again, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(again, c, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-again +before):\n%s", diff)
	}
}

func TestPrintedConfigHidesSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ATTUNE_TEST_KEY", "from-the-environment")
	c, err := Read([]byte("run:\n  identity_key: ${env:ATTUNE_TEST_KEY}\nclickhouse:\n  password: ${file:" + file + "}\n  dsn: clickhouse://u:in-the-dsn@h:1/d\nregistry:\n  token: of-the-registry\n"))
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
	for _, secret := range []string{"from-the-environment", "from-a-file", "in-the-dsn", "of-the-registry"} {
		if strings.Contains(string(printed), secret) {
			t.Errorf("printed configuration holds %q", secret)
		}
	}
}

func TestAgainReadsWhatAFileOfSecretsHoldsNow(t *testing.T) {
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "password"), filepath.Join(dir, "attune.yaml")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, "first\n")
	write(file, "clickhouse: {password: \"${file:"+secret+"}\"}\nrun: {identity_key: 0123456789abcdef}\n")
	c, err := Load(file, &Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	sink, err := c.SinkConfig()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		write(secret, want)
		if login, err := sink.Login(); err != nil || login.Password != want || login.Username != sink.Username {
			t.Errorf("the login is %+v, %v: want %s", login, err, want)
		}
	}
}

func TestNamesOfTopicsThatClashOrAreNobodysAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"kafka: {topic_names: touchpoints.wbe=x}":                                                  `attune has no topic "touchpoints.wbe"`,
		"kafka: {topic_names: touchpoints.web=touchpoints.app}":                                    "touchpoints.app is the name of touchpoints.web and of touchpoints.app",
		"kafka: {topic_names: 'touchpoints.web=touchpoints.app, touchpoints.app=touchpoints.web'}": "",
		"kafka: {topic_prefix: site., topic_names: touchpoints.web=web.clicks}":                    "",
	} {
		c, err := Read([]byte(text))
		if err == nil {
			err = c.Validate()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
