package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// object is a table or view that the database has, whoever made it.
type object struct {
	name, engine                 string
	engineFull, partition, order string
	comment                      string
}

// look lists what the database has under our names, by the name without the prefix.
func (c *Client) look(ctx context.Context) (map[string]object, error) {
	have := map[string]object{}
	err := c.Each(ctx, "SELECT name, engine, engine_full, partition_key, sorting_key, comment FROM system.tables WHERE database = '{db}'", func(s Scanner) error {
		var o object
		if err := s.Scan(&o.name, &o.engine, &o.engineFull, &o.partition, &o.order, &o.comment); err != nil {
			return err
		}
		if name, ours := strings.CutPrefix(o.name, c.cfg.TablePrefix); ours {
			have[name] = o
		}
		return nil
	})
	return have, err
}

// controlKeys are the keys of the tables of control.sql: Name, Replaces and OrderBy only.
func controlKeys() []tableSpec {
	return []tableSpec{
		{Name: "current", Replaces: "set_at", OrderBy: "name"},
		{Name: "schema_version", Replaces: "applied_at", OrderBy: "part"},
		{Name: "reason_codes", Replaces: "set_at", OrderBy: "code"},
		{Name: "action_codes", Replaces: "set_at", OrderBy: "code"},
		{Name: "rollups", Replaces: "set_at", OrderBy: "name, log, zone"},
	}
}

// refuseForeign reports names of ours that are taken by what attune did not make. It is asked before anything is
// changed: the names are everyday words, CREATE OR REPLACE VIEW takes the place of a table, and a column that was
// added to somebody's table is there.
func (c *Client) refuseForeign(ctx context.Context, have map[string]object) error {
	var problems []error
	rolled, err := rollupTables()
	if err != nil {
		return err
	}
	for _, t := range slices.Concat(controlKeys(), factTables(), rolled) {
		o, there := have[t.Name]
		// An older version's: the columns that end the key come with it.
		if strings.HasPrefix(t.OrderBy, o.order+", ") {
			o.order = t.OrderBy
		}
		if there && len(c.keyProblems(&t, &o)) > 0 {
			problems = append(problems, errors.Join(append(c.keyProblems(&t, &o), c.foreign(&o))...))
		}
	}
	all, err := views()
	if err != nil {
		return err
	}
	return errors.Join(append(problems, c.foreignViews(ctx, all, have))...)
}

// foreign refuses a name that is taken.
func (c *Client) foreign(o *object) error {
	return fmt.Errorf("%s.%s is a %s that attune did not make: nothing was changed; rename it, or give attune another database (clickhouse.database) or names of its own (clickhouse.table_prefix)",
		c.cfg.Database, o.name, o.engine)
}

// keyProblems reports what of a table cannot be changed and differs: engine and keys.
func (c *Client) keyProblems(t *tableSpec, o *object) (problems []error) {
	name := c.cfg.Database + "." + o.name
	if o.order != t.OrderBy {
		problems = append(problems, fmt.Errorf("table %s is ordered by (%s) and should be by (%s)", name, o.order, t.OrderBy))
	}
	if o.partition != t.PartitionBy {
		problems = append(problems, fmt.Errorf("table %s is partitioned by %s and should be by %s", name, o.partition, t.PartitionBy))
	}
	if !replacesBy(o.engineFull, t.Replaces) {
		problems = append(problems, fmt.Errorf("table %s has engine %s and should have a ReplacingMergeTree(%s)", name, o.engine, t.Replaces))
	}
	return problems
}

// MissingTables names the fact tables that the database does not have.
func (c *Client) MissingTables(ctx context.Context) (missing []string, err error) {
	have, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range factTables() {
		if _, there := have[t.Name]; !there {
			missing = append(missing, t.Name)
		}
	}
	return missing, nil
}
