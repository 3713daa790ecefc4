package clickhouse

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/embedded"
)

func applied(t *testing.T) *Client {
	t.Helper()
	c := openClient(t, testConfig(sharedServer(t).NativeAddr()))
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

func exec(t testing.TB, c *Client, sql string) {
	t.Helper()
	if err := c.Exec(testContext(t), sql); err != nil {
		t.Fatal(err)
	}
}

func TestTablesAreWhatTheEngineSaysTheyAre(t *testing.T) {
	c := applied(t)
	for _, table := range factTables() {
		var got []columnSpec
		err := c.Each(testContext(t), "SELECT name, type, default_expression, comment FROM system.columns WHERE database = '{db}' AND table = '"+table.Name+"' ORDER BY position", func(s Scanner) error {
			var col columnSpec
			err := s.Scan(&col.Name, &col.Type, &col.Default, &col.Comment)
			got = append(got, col)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, table.Columns); diff != "" {
			t.Errorf("table %s (-engine +generated)\n%s", table.Name, diff)
		}
	}
}

func TestEveryColumnAndTableHasAComment(t *testing.T) {
	c := applied(t)
	if n := count(t, c, "SELECT count() FROM system.columns WHERE database = '{db}' AND comment = ''"); n > 0 {
		t.Errorf("%d columns have no comment", n)
	}
	if n := count(t, c, "SELECT count() FROM system.tables WHERE database = '{db}' AND comment = ''"); n > 0 {
		t.Errorf("%d tables or views have no comment", n)
	}
	if n := count(t, c, "SELECT count() FROM system.tables WHERE database = '{db}'"); n < 24 {
		t.Errorf("only %d tables and views", n)
	}
}

func TestEveryViewCanBeReadWhateverTheJoinSetting(t *testing.T) {
	c := applied(t)
	all, err := views()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		for _, settings := range []string{"", " SETTINGS join_use_nulls = 1", " SETTINGS final = 1"} {
			name := v.name
			if name == "journey_of" {
				name += "(person_ref = 'x')"
			}
			if err := c.Exec(testContext(t), "SELECT * FROM {db}."+name+settings+" FORMAT Null"); err != nil {
				t.Errorf("view %s%s: %v", v.name, settings, err)
			}
		}
	}
}

func TestApplyTwiceChangesNothing(t *testing.T) {
	c := applied(t)
	modified := "SELECT max(toUnixTimestamp64Milli(metadata_modification_time::DateTime64(3))) + count() FROM system.tables WHERE database = '{db}'"
	before := rowsOf(t, c, modified)
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rowsOf(t, c, modified), before); diff != "" {
		t.Error(diff)
	}
}

func TestApplyBringsBackWhatIsMissing(t *testing.T) {
	c := applied(t)
	exec(t, c, "ALTER TABLE {db}.touchpoints DROP COLUMN queue")
	exec(t, c, "DROP VIEW {db}.contacts_by_reason")
	exec(t, c, "DROP TABLE {db}.outcomes")
	err := errors.Join(c.Check(testContext(t)), c.CheckViews(testContext(t)))
	for _, want := range []string{"touchpoints.queue is missing", "contacts_by_reason is missing", "outcomes is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check says %v, not %q", err, want)
		}
	}
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	var position uint64
	if err := c.One(testContext(t), "SELECT position FROM system.columns WHERE database = '{db}' AND table = 'touchpoints' AND name = 'queue'", &position); err != nil {
		t.Fatal(err)
	}
	if want := 1 + indexOf(factTable("touchpoints").Columns, "queue"); position != uint64(want) {
		t.Errorf("queue came back at position %d, was at %d", position, want)
	}
}

// TestTableIsOrderedAsBeforeContactsHadKeysThenApplyExtendsIt: ids of contacts were the key once, and are used again.
func TestTableIsOrderedAsBeforeContactsHadKeysThenApplyExtendsIt(t *testing.T) {
	c := applied(t)
	exec(t, c, "DROP TABLE {db}.contact_facts")
	for _, s := range statements(createTables) {
		if strings.Contains(s, ".contact_facts") {
			var lines []string
			for line := range strings.SplitSeq(strings.Replace(s, ", contact_key)", ")", 1), "\n") {
				if !strings.Contains(line, "`contact_key`") && !strings.Contains(line, "`withdrawn`") {
					lines = append(lines, line)
				}
			}
			exec(t, c, strings.Join(lines, "\n"))
		}
	}
	exec(t, c, "INSERT INTO {db}.contact_facts (log, contact_id, revision, version) VALUES ('l', '7', 1, 1)")
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "INSERT INTO {db}.contact_facts (log, contact_id, contact_key, revision, version) VALUES ('l', '7', 'a/1', 1, 1), ('l', '7', 'b/1', 1, 1), ('l', '7', 'b/1', 2, 2)")
	if n := count(t, c, "SELECT count() FROM {db}.contact_facts FINAL"); n != 3 {
		t.Errorf("got %d contacts, want that of before and two with keys", n)
	}
}

func TestSinksThatStartTogetherDoNotHinderEachOther(t *testing.T) {
	cfg := testConfig(sharedServer(t).NativeAddr())
	failures := make(chan error, 6)
	for range cap(failures) {
		c := openClient(t, cfg)
		go func() { failures <- c.Apply(testContext(t)) }()
	}
	for range cap(failures) {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}

func indexOf(columns []columnSpec, name string) int {
	for i, c := range columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func TestDriftIsNamed(t *testing.T) {
	for _, c := range []struct{ change, want string }{
		{"ALTER TABLE {db}.touchpoints MODIFY COLUMN priority String", "touchpoints.priority is String and should be Int32"},
		{"CREATE OR REPLACE TABLE {db}.outcomes AS {db}.outcomes ENGINE = MergeTree PARTITION BY toYYYYMM(occurred_at) ORDER BY (occurred_at, event_id)", "outcomes has engine MergeTree and should have"},
		{"CREATE OR REPLACE TABLE {db}.outcomes AS {db}.outcomes ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(occurred_at) ORDER BY event_id", "outcomes is ordered by (event_id) and should be by (occurred_at, event_id)"},
		{"CREATE OR REPLACE TABLE {db}.outcomes AS {db}.outcomes ENGINE = ReplacingMergeTree(version) PARTITION BY toYear(occurred_at) ORDER BY (occurred_at, event_id)", "outcomes is partitioned by toYear(occurred_at) and should be by toYYYYMM(occurred_at)"},
		{"CREATE OR REPLACE TABLE {db}.outcomes AS {db}.outcomes ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(occurred_at) ORDER BY (occurred_at, event_id)", "should have a ReplacingMergeTree(version)"},
		{"INSERT INTO {db}.schema_version VALUES ('tables', 99, '', now64(3))", "has schema version 99, this attune knows 1"},
	} {
		client := applied(t)
		exec(t, client, c.change)
		if err := client.Apply(testContext(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("after %s: %v", c.change, err)
		}
	}
}

func TestCheckChangesNothing(t *testing.T) {
	cfg := testConfig(sharedServer(t).NativeAddr())
	cfg.Schema = SchemaCheck
	c := openClient(t, cfg)
	err := c.Prepare(testContext(t))
	if err == nil || !strings.Contains(err.Error(), "has no database "+cfg.Database) {
		t.Errorf("check of a missing database says %v", err)
	}
	if n := count(t, c, "SELECT count() FROM system.databases WHERE name = '{db}'"); n != 0 {
		t.Error("check made the database")
	}
}

func TestEnginesOfClustersAreTaken(t *testing.T) {
	for engine, want := range map[string]bool{
		"ReplacingMergeTree(version) PARTITION BY x":                                           true,
		"ReplicatedReplacingMergeTree('/clickhouse/{shard}', '{replica}', version) ORDER BY x": true,
		"SharedReplacingMergeTree('/x', '{replica}', version) ORDER BY x":                      true,
		"ReplacingMergeTree ORDER BY version":                                                  false,
		"ReplicatedMergeTree('/x', '{replica}') ORDER BY version":                              false,
	} {
		if got := replacesBy(engine, "version"); got != want {
			t.Errorf("%s: %v", engine, got)
		}
	}
}

func TestStartErrorsAreOneClearLine(t *testing.T) {
	closed := sharedServer(t)
	own, err := embedded.StartClickHouse(testContext(t), embedded.ClickHouseConfig{Dir: t.TempDir(), User: "attune", Password: "s3cret-word"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Kill() })
	open := func(change func(*Config)) error {
		cfg := testConfig(own.NativeAddr())
		cfg.Username, cfg.Password = "attune", "s3cret-word"
		change(&cfg)
		c, err := Open(testContext(t), cfg)
		if err != nil {
			return err
		}
		defer c.Close()
		return c.Apply(testContext(t))
	}
	if err := open(func(*Config) {}); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if err := open(func(c *Config) { c.Addr, c.Username, c.Password, c.DSN = nil, "", "", own.DSN()+"/from_dsn" }); err != nil {
		t.Errorf("the right DSN: %v", err)
	}
	for name, x := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"wrong password":  {func(c *Config) { c.Password = "wr0ng-word" }, `user "attune" is not let in`},
		"unknown user":    {func(c *Config) { c.Username = "nobody" }, `user "nobody" is not let in`},
		"no privileges":   {func(c *Config) { c.Username, c.Password = "default", "" }, "the user lacks a privilege"},
		"nothing there":   {func(c *Config) { c.Addr = []string{"127.0.0.1:1"} }, "is unreachable"},
		"HTTP port":       {func(c *Config) { c.Addr = []string{closed.HTTPAddr()} }, "does not speak the native protocol"},
		"bad DSN":         {func(c *Config) { c.DSN = "clickhouse//attune:s3cret-word@x" }, "DSN is not of the form"},
		"bad database":    {func(c *Config) { c.Database = "a; DROP" }, "is not letters, digits and underscores"},
		"nothing at all":  {func(c *Config) { c.Addr = nil }, "neither a DSN nor an address"},
		"old server":      {func(c *Config) { c.Addr = []string{oldServer(t)} }, "ClickHouse 18.16.1 is too old: attune needs 24.8 or newer"},
		"no such address": {func(c *Config) { c.Addr = []string{"no-such-host.invalid:9000"} }, "is unreachable"},
	} {
		err := open(x.change)
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := err.Error(); strings.Contains(text, "\n") || len(text) > 500 {
			t.Errorf("%s: not one line: %s", name, text)
		}
		if strings.Contains(err.Error(), "-word") {
			t.Errorf("%s: the password is in the error: %v", name, err)
		}
	}
}
