package clickhouse

import (
	"context"
	"fmt"
	"strings"
)

// retained are the tables that Config.Retention is about, each with the column by which its rows grow old. Aggregates stay:
// they are the roll-up of contacts by quarter of an hour. So do the days of rollups, and shard_moves, which say whose a touchpoint is.
var retained = map[string]string{
	"touchpoints": "occurred_at", "predictions": "as_of", "actions": "as_of", "outcomes": "occurred_at", "contact_facts": "started_at",
}

// ttl is a table's clause, as ClickHouse itself writes it.
func (c *Config) ttl(table string) string {
	return fmt.Sprintf("toDateTime(%s) + toIntervalSecond(%d)", retained[table], int64(c.Retention.Seconds()))
}

// applyRetention sets how long rows are kept where it is not so yet. Without a retention of ours, a site's own stays.
func (c *Client) applyRetention(ctx context.Context) error {
	have, err := c.look(ctx)
	if err != nil {
		return err
	}
	for _, t := range factTables() {
		if o := have[t.Name]; c.retentionProblem(&t, &o) != nil {
			if err := c.Exec(ctx, "ALTER TABLE {db}."+t.Name+" MODIFY TTL "+c.cfg.ttl(t.Name)); err != nil {
				return fmt.Errorf("set how long %s keeps rows: %w", t.Name, err)
			}
		}
	}
	return nil
}

// retentionProblem says how long a table keeps its rows, where that is not what is configured.
func (c *Client) retentionProblem(t *tableSpec, o *object) error {
	if c.cfg.Retention == 0 || retained[t.Name] == "" {
		return nil
	}
	_, rest, found := strings.Cut(o.engineFull, " TTL ")
	got, _, _ := strings.Cut(rest, " SETTINGS ")
	switch {
	case !found:
		return fmt.Errorf("table %s.%s keeps rows for ever and should for %v (clickhouse.retention)", c.cfg.Database, o.name, c.cfg.Retention)
	case got != c.cfg.ttl(t.Name):
		return fmt.Errorf("table %s.%s keeps rows until %s and should until %s (clickhouse.retention)", c.cfg.Database, o.name, got, c.cfg.ttl(t.Name))
	}
	return nil
}
