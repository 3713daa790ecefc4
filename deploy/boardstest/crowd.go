package boardstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/crowd"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// Zone is the time zone of the crowd's site, Database where its tables are, User and Password who may ask them.
const (
	Zone     = "America/Chicago"
	Database = "attune"
	User     = "attune"
	Password = `only @ "this" test; no/other`
)

// The history of the crowd, where a test wants no other; the views' own benchmark has it, too.
var (
	Begins = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	Ends   = Begins.AddDate(0, 0, crowd.Days+1)
)

// Tables are attune's tables and views with a crowd in them.
type Tables struct {
	*clickhouse.Client
	// HTTPAddr is the host:port at which ClickHouse answers HTTP.
	HTTPAddr string
}

// Crowded starts ClickHouse with n touchpoints, a multiple of 30, and what goes with them. It ends with the test.
func Crowded(t testing.TB, n int, begins time.Time) *Tables {
	t.Helper()
	server, err := embedded.StartClickHouse(t.Context(), embedded.ClickHouseConfig{Dir: t.TempDir(), User: User, Password: Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = server.Stop(ctx)
	})
	ids := map[string][]int32{}
	for i, d := range schemas.Definitions() {
		ids[d.Name] = []int32{int32(i + 1)}
	}
	const log = "00000000-0000-0000-0000-0000000000b0"
	cfg := clickhouse.Config{Addr: []string{server.NativeAddr()}, Database: Database, Username: User, Password: Password, LogID: log, SchemaIDs: ids, Schemas: schemas.SchemaTexts{}, TimeZone: Zone}
	cfg.SetDefaults()
	c, err := clickhouse.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := errors.Join(c.Apply(t.Context()), c.SetCurrent(t.Context(), log)); err != nil {
		t.Fatal(err)
	}
	if err := crowd.Fill(t.Context(), c.Exec, log, n, begins); err != nil {
		t.Fatal(err)
	}
	for _, sql := range sure(log, begins.AddDate(0, 0, 4)) {
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.RefreshRollups(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	return &Tables{c, server.HTTPAddr()}
}

// sure are fifty contacts for an urgent reason of which a prediction was sure, and which were passed on or to be called back, since
// the crowd has none. They stood in no queue.
func sure(log string, at time.Time) []string {
	const id = "concat('sure-', toString(number))"
	from := fmt.Sprintf("toDateTime64('%s', 3, 'UTC') + toIntervalMinute(number)", at.UTC().Format(time.DateTime))
	return []string{
		"INSERT INTO {db}.reason_codes (code, words, urgent) VALUES ('R05', 'symptom', 0.8)",
		fmt.Sprintf("INSERT INTO {db}.contact_facts (log, contact_id, contact_key, person_ref, channel, started_at, concluded_at, concluded, reason, answered, talk_ms, digital_at, revision, final, self_contained, record_offset, version) "+
			"SELECT '%[1]s', %[2]s, %[2]s, %[2]s, 'call', %[3]s, %[3]s, true, 'R05', true, 240000, %[3]s - INTERVAL 1 HOUR, 1, true, true, 8000000 + number, 4294967297 FROM numbers(50)", log, id, from),
		fmt.Sprintf("INSERT INTO {db}.touchpoints (log, event_id, occurred_at, received_at, ingested_at, channel, contact_id, event, person_ref, shard, epoch, record_topic, record_offset, version) "+
			"SELECT '%[1]s', %[2]s, %[3]s, %[3]s, %[3]s, 'call', %[2]s, if(number %% 2 = 0, 'transferred', 'callback_requested'), %[2]s, %[2]s, 1, 'attune.identified', 8000000 + number, 8000000 + number FROM numbers(50)", log, id, from),
		fmt.Sprintf("INSERT INTO {db}.predictions (log, prediction_id, person_ref, as_of, trigger_id, channel, contact_ref, contact_key, phase, model_version, taxonomy_version, reasons.code, reasons.p, record_offset, version) "+
			"SELECT '%[1]s', %[2]s, %[2]s, %[3]s, %[2]s, 'call', %[2]s, %[2]s, 'contact_start', 'nb-0', 'health-1', [if(number %% 5 = 0, 'R01', 'R05'), 'R06'], [0.7, 0.3], 8000000 + number, number FROM numbers(50)", log, id, from),
	}
}

// Rows runs a query in which nothing is left to expand.
func (c *Tables) Rows(t testing.TB, sql string) (out []map[string]any) {
	t.Helper()
	if bare := strings.ReplaceAll(sql, "${", ""); strings.ContainsRune(bare, '$') || strings.Contains(bare, "{{") || strings.Contains(bare, "{%") {
		t.Fatalf("something was not expanded: %s", sql)
	}
	var text bytes.Buffer
	if _, err := c.Query(t.Context(), sql, &text, clickhouse.FormatJSON); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	for d := json.NewDecoder(&text); d.More(); {
		row := map[string]any{}
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}
