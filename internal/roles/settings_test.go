package roles

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/schemas"
)

// chosen are the values of settings for which another number or word will not do.
var chosen = map[string]any{
	"kafka.topic_names":                []string{"touchpoints.web=clicks"},
	"clickhouse.addr":                  []string{"elsewhere:9000"},
	"kafka.brokers":                    []string{"elsewhere:9092"},
	"kafka.sasl.mechanism":             "PLAIN",
	"kafka.sasl.token_file":            "", // those of OAUTHBEARER are instead of user name and password
	"kafka.sasl.token_url":             "",
	"kafka.sasl.client_id":             "",
	"kafka.sasl.client_secret":         "",
	"kafka.sasl.scopes":                []string{},
	"kafka.sasl.extensions":            []string{},
	"kafka.sasl.aws_region":            "", // those of AWS_MSK_IAM, too
	"kafka.sasl.aws_role":              "",
	"registry.url":                     "https://elsewhere",
	"registry.password":                "", // a token is instead of both
	"registry.username":                "",
	"topics.generation":                "second",
	"run.compression":                  "lz4",
	"run.delivery":                     "at-least-once",
	"run.on_replay_difference":         "resume",
	"run.on_data_loss":                 "resume",
	"sink.on_data_loss":                "resume",
	"run.clock":                        "log",
	"run.taxonomy":                     "bank",
	"run.model":                        "naive-bayes",
	"run.catalogue":                    "", // a file
	"run.identity_key":                 "sixteen-bytes-or-more",
	"run.identifiers":                  []string{"phone", "mrn"},
	"run.rebalance_timeout":            "2m",
	"state.backend":                    "pebble",
	"sink.schema":                      "check",
	"run.wording":                      "es",
	"brief.confidence":                 0.7,
	"telemetry.trace_ratio":            0.5,
	"telemetry.otlp_endpoint":          "http://elsewhere:4318",
	"telemetry.listen":                 ":9999",
	"telemetry.log_level":              "debug",
	"telemetry.log_format":             "json",
	"predict.move":                     0.1,
	"identify.earliest":                "2001-01-01",
	"identify.placeholder_identifiers": []string{"kiosk-3"},
	"identify.form":                    "as-written",
	"identify.phone_region":            "ES",
	"identify.guard.persons":           11,
	"identify.mrn.prefixes":            []string{"MRN"},
	"identify.member.prefixes":         []string{"MBR"},
	"desk.listen":                      ":8091",
	"desk.tls_cert":                    "cert.pem",
	"desk.tls_key":                     "key.pem",
	"desk.tokens":                      []string{"desktop " + strings.Repeat("ab", 32) + " contact:read+contact:write"},
	"desk.frame_ancestors":             []string{"https://desktop.example.org"},
	"desk.language":                    "es",
	"desk.webhooks":                    []string{"crm https://crm.example.org/hook /run/secrets/hook decision+contact"},
	"desk.public_url":                  "https://desk.example.org",
	"desk.oidc.issuer":                 "https://login.example.org",
	"desk.oidc.login_scopes":           []string{"offline_access"},
	"desk.cds.issuers":                 []string{"https://ehr.example.org https://ehr.example.org/jwks"},
	"desk.cds.patient_kind":            "member",
	"identify.former_form":             "as-written",
}

// another changes every value of a document.
func another(t *testing.T, n *yaml.Node, key string) {
	t.Helper()
	if n.Kind == yaml.DocumentNode {
		another(t, n.Content[0], key)
		return
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			another(t, n.Content[i+1], strings.TrimPrefix(key+"."+n.Content[i].Value, "."))
		}
		return
	}
	if v, ok := chosen[key]; ok {
		if err := n.Encode(v); err != nil {
			t.Fatal(err)
		}
		return
	}
	switch d, err := time.ParseDuration(n.Value); {
	case n.Kind != yaml.ScalarNode:
		t.Errorf("%s: a list that the test has no other value for", key)
	case n.Tag == "!!bool":
		n.Value = fmt.Sprint(n.Value != "true")
	case n.Tag == "!!int" || n.Tag == "!!float":
		n.Value = "1" + n.Value
	case err == nil:
		n.Value = schemas.DurationText(d + time.Millisecond)
	default:
		n.Value = "x" + n.Value
	}
}

// everySetting is a file in which every key has another value than its default.
func everySetting(t *testing.T) *config.Config {
	t.Helper()
	c := config.Default()
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	another(t, &root, "")
	changed, err := yaml.Marshal(&root)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = config.Read(changed); err != nil {
		t.Fatal(err)
	}
	return &c
}

// same lists the fields that are equal in both, by path. Where all of a list is one setting, it is one.
func same(a, b reflect.Value, path string, out map[string]bool) {
	if a.Kind() == reflect.Struct {
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.IsExported() {
				same(a.Field(i), b.Field(i), strings.TrimPrefix(path+"."+f.Name, "."), out)
			}
		}
		return
	}
	if a.Kind() == reflect.Array {
		for i := range a.Len() {
			same(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i), out)
		}
		return
	}
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		out[path] = true
	}
}

// checkReached compares what is equal to what cannot be set, each with the reason.
func checkReached(t *testing.T, got map[string]bool, unsettable map[string]string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(got)) {
		excused := false
		for known := range unsettable {
			excused = excused || path == known || strings.HasPrefix(path, known+".")
		}
		if !excused {
			t.Errorf("%s is the default in spite of another value for every key: no key reaches it", path)
		}
	}
	for known := range unsettable {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(got)), func(path string) bool { return path == known || strings.HasPrefix(path, known+".") }) {
			t.Errorf("%s is said not to be settable, and is", known)
		}
	}
}

func TestEverySettingOfTheRoomsIsReachedByTheFile(t *testing.T) {
	of := func(c *config.Config) reflect.Value {
		ids := schemas.IDs{}
		for _, topic := range schemas.Topics(c.TopicConfig()) {
			ids[topic.Name] = 1
		}
		cfg, err := TopologyConfig(c, ids, schemas.SchemaTexts{})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Identify.Resolve = nil
		return reflect.ValueOf(cfg.Effective())
	}
	plain := config.Default()
	got := map[string]bool{}
	same(of(&plain), of(everySetting(t)), "", got)
	checkReached(t, got, map[string]string{
		"Emit.Schemas":     "the registry gives them",
		"Emit.Topics":      "names of attune's own topics take topics.generation; those that source systems write are promised to them",
		"Identify.Resolve": "a function that asks the registry",
	})
}

func TestEverySettingOfTheEngineIsReachedByTheFile(t *testing.T) {
	plain := config.Default()
	got := map[string]bool{}
	same(reflect.ValueOf(engineSettings(&plain)), reflect.ValueOf(engineSettings(everySetting(t))), "", got)
	checkReached(t, got, map[string]string{
		"Topology": "made from the rooms' settings", "Cluster": "a client", "Copy": "section state", "Events": "functions", "Now": "a function", "TopicID": "a function",
		"Instance": "the key instance, or a name that a lock holds", "Build": "the program's own",
		"EndMargin":                "of the windows: EndInput is the demo's",
		"Fetch.Spacing":            "the engine takes it from the commit intervals",
		"Fetch.Lost":               "the engine's own events",
		"Fetch.Parked":             "the engine's own events",
		"Producer.Refused":         "the engine's own events",
		"Producer.TransactionalID": "the engine's: from group and instance", "Producer.Last": "the engine's: its order of writing is a guarantee",
		"Member.GroupID": "the engine's, from run.group", "Member.Instance": "the engine's, from instance", "Member.Topics": "the topology's",
	})
}

func TestEverySettingOfTheSinkIsReachedByTheFile(t *testing.T) {
	of := func(c *config.Config) reflect.Value {
		s, err := c.SinkConfig()
		if err != nil {
			t.Fatal(err)
		}
		return reflect.ValueOf(s)
	}
	plain, all := config.Default(), everySetting(t)
	all.ClickHouse.CAFile, all.ClickHouse.CertFile, all.ClickHouse.KeyFile = "", "", "" // files that are not there
	got := map[string]bool{}
	same(of(&plain), of(all), "", got)
	all.ClickHouse.DSN = "" // which stands instead of the addresses
	withAddr := map[string]bool{}
	same(of(&plain), of(all), "", withAddr)
	if got["DSN"] || withAddr["Addr"] {
		t.Error("clickhouse.dsn or clickhouse.addr does not reach the sink")
	}
	delete(got, "Addr")
	checkReached(t, got, map[string]string{
		"LogID": "the cluster's", "Codes": "the site's catalogue and taxonomy", "KeepCurrent": "reprocess sets it", "FromStart": "a flag of attune sink", "Login": "reads the file again", "SchemaIDs": "the registry gives them", "Schemas": "a client", "Events": "functions",
		"Topics.Outcomes": "source systems write it: its name is promised to them", "Topics.Audit": "desks of any generation write it",
	})
}

func TestEverySettingOfTheDeskIsReachedByTheFile(t *testing.T) {
	plain := config.Default()
	got := map[string]bool{}
	same(reflect.ValueOf(plain.DeskConfig()), reflect.ValueOf(everySetting(t).DeskConfig()), "", got)
	checkReached(t, got, map[string]string{
		"Identity": "the cluster's", "SchemaIDs": "the registry gives them", "IDs": "the registry gives them", "Schemas": "a client", "Words": "the site's catalogue and taxonomy", "Begin": "the demo's", "Insights": "made of desk.insights and section clickhouse", "Zone": "clickhouse.time_zone", "Shard": "made of run.identity_key", "Version": "the program's", "IdentifierOrder": "run.identifiers", "Measures": "the process's metrics", "Events": "functions",
	})
}
