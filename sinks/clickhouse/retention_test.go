package clickhouse

import (
	"strings"
	"testing"
	"time"
)

// TestRowsOlderThanTheirRetentionGoAndAggregatesStay fills a database with a crowd of the spring of 2026, and keeps one day.
func TestRowsOlderThanTheirRetentionGoAndAggregatesStay(t *testing.T) {
	c := crowded(t, 2_000)
	counts := func() (out []uint64) {
		for _, table := range []string{"touchpoints", "predictions", "actions", "outcomes", "contact_facts", "aggregates", "shard_moves"} {
			exec(t, c, "OPTIMIZE TABLE {db}."+table+" FINAL")
			out = append(out, count(t, c, "SELECT count() FROM {db}."+table))
		}
		return out
	}
	before := counts()
	c.cfg.Retention = 24 * time.Hour
	err := c.Check(testContext(t))
	if err == nil || strings.Count(err.Error(), "keeps rows for ever and should for 24h0m0s") != len(retained) {
		t.Errorf("before: %v", err)
	}
	if err := c.Apply(testContext(t)); err != nil {
		t.Fatal(err)
	}
	after := counts()
	for i, n := range after {
		if facts := i < 5; before[i] == 0 || facts && n != 0 || !facts && n != before[i] {
			t.Errorf("rows were %v and are %v: facts should be gone, the last two not", before, after)
			break
		}
	}
	// Another retention is set, and another sink's without one leaves it.
	c.cfg.Retention = 48 * time.Hour
	if err := c.Check(testContext(t)); err == nil || !strings.Contains(err.Error(), "toIntervalSecond(86400) and should until toDateTime(occurred_at) + toIntervalSecond(172800)") {
		t.Errorf("changed: %v", err)
	}
	for _, keep := range []time.Duration{48 * time.Hour, 0} {
		c.cfg.Retention = keep
		if err := c.Apply(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if n := count(t, c, "SELECT count() FROM system.tables WHERE database = '{db}' AND engine_full LIKE '% + toIntervalSecond(172800)%'"); n != uint64(len(retained)) {
			t.Errorf("%v: %d tables have the retention", keep, n)
		}
	}
	c.cfg.Retention = time.Hour
	if err := c.cfg.Validate(); err == nil || !strings.Contains(err.Error(), "less than a day") {
		t.Errorf("an hour is accepted: %v", err)
	}
}
