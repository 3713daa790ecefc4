package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Check compares the database with what this program needs and changes nothing. The error names every difference.
func (c *Client) Check(ctx context.Context) error {
	exists, err := c.databaseExists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		return fmt.Errorf("clickhouse at %s has no database %s, or the user may not see it: run attune sink with schema apply", c.host, c.cfg.Database)
	}
	have, err := c.look(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, t := range controlKeys() {
		if _, there := have[t.Name]; !there {
			problems = append(problems, fmt.Errorf("table %s.%s is missing", c.cfg.Database, c.cfg.TablePrefix+t.Name))
		}
	}
	rolled, err := rollupTables()
	if err != nil {
		return err
	}
	for _, t := range append(factTables(), rolled...) {
		o, there := have[t.Name]
		if !there {
			problems = append(problems, fmt.Errorf("table %s.%s is missing", c.cfg.Database, c.cfg.TablePrefix+t.Name))
			continue
		}
		found, err := c.checkTable(ctx, &t, &o)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return c.tryInserts(ctx, append(factTables(), rolled...))
}

// checkTable reports what differs in one table.
func (c *Client) checkTable(ctx context.Context, t *tableSpec, o *object) ([]error, error) {
	have, err := c.columns(ctx, o.name)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, want := range t.Columns {
		name := c.cfg.Database + "." + o.name + "." + want.Name
		got, ok := have[want.Name]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("column %s is missing", name))
		case got.Type != want.Type:
			problems = append(problems, fmt.Errorf("column %s is %s and should be %s", name, got.Type, want.Type))
		}
	}
	if err := c.retentionProblem(t, o); err != nil {
		problems = append(problems, err)
	}
	return append(problems, c.keyProblems(t, o)...), nil
}

// replacesBy also accepts the engines of ClickHouse Cloud and of replicated set-ups, whose own arguments come first.
func replacesBy(engineFull, columns string) bool {
	engine, rest, _ := strings.Cut(engineFull, "(")
	args, _, _ := strings.Cut(rest, ")")
	return strings.HasSuffix(engine, "ReplacingMergeTree") && (args == columns || strings.HasSuffix(args, ", "+columns))
}

func (c *Client) columns(ctx context.Context, table string) (map[string]columnSpec, error) {
	have := map[string]columnSpec{}
	err := c.Each(ctx, "SELECT name, type, default_expression, comment FROM system.columns WHERE database = '{db}' AND table = '"+table+"'", func(s Scanner) error {
		var col columnSpec
		if err := s.Scan(&col.Name, &col.Type, &col.Default, &col.Comment); err != nil {
			return err
		}
		have[col.Name] = col
		return nil
	})
	return have, err
}

// tryInserts begins an insert into each table, with the settings of real ones, and sends nothing: what the server lets
// this user do is tried, before any record has been read in vain.
func (c *Client) tryInserts(ctx context.Context, tables []tableSpec) error {
	settings, err := c.usableSettings(ctx)
	if err != nil {
		return err
	}
	// The library makes a setting of the time that is left, as it does with real inserts.
	ctx, cancel := context.WithTimeout(ctx, c.cfg.InsertTimeout)
	defer cancel()
	var problems []error
	for _, t := range tables {
		batch, err := c.server().PrepareBatch(withSettings(ctx, settings), c.sql(t.insertStatement()))
		if err == nil {
			err = batch.Abort()
		}
		if exceptionCode(err) == codeNotPermitted {
			err = fmt.Errorf("the user may not insert into %s.%s: GRANT INSERT, SELECT ON %s.* TO it", c.cfg.Database, c.cfg.TablePrefix+t.Name, c.cfg.Database)
		} else if err != nil {
			err = fmt.Errorf("try to insert into %s.%s: %w", c.cfg.Database, c.cfg.TablePrefix+t.Name, c.explain(err, c.cfg.Username))
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
