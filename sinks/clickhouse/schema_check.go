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
	var problems []error
	for _, t := range factTables() {
		found, err := c.checkTable(ctx, t)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	problems = append(problems, c.checkViews(ctx), c.checkPrivileges(ctx))
	return errors.Join(problems...)
}

// checkViews reports the views that are missing, or all of them if they were made by another version.
func (c *Client) checkViews(ctx context.Context) error {
	all, err := views()
	if err != nil {
		return err
	}
	missing, err := c.missingViews(ctx, all)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range missing {
		problems = append(problems, fmt.Errorf("view %s.%s is missing", c.cfg.Database, name))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	applied, err := c.appliedViews(ctx)
	if err != nil {
		return err
	}
	if applied != fingerprintOf(all) {
		return fmt.Errorf("the views of %s are of another version of attune: run attune sink once with schema apply", c.cfg.Database)
	}
	return nil
}

// checkTable reports what differs in one table.
func (c *Client) checkTable(ctx context.Context, t tableSpec) ([]error, error) {
	have, err := c.columns(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	name := c.cfg.Database + "." + t.Name
	if len(have) == 0 {
		return []error{fmt.Errorf("table %s is missing", name)}, nil
	}
	var problems []error
	for _, want := range t.Columns {
		got, ok := have[want.Name]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("column %s.%s is missing", name, want.Name))
		case got.Type != want.Type:
			problems = append(problems, fmt.Errorf("column %s.%s is %s and should be %s", name, want.Name, got.Type, want.Type))
		}
	}
	var engine, partition, order string
	if err := c.One(ctx, "SELECT engine_full, partition_key, sorting_key FROM system.tables WHERE database = '{db}' AND name = '"+t.Name+"'", &engine, &partition, &order); err != nil {
		return nil, err
	}
	if order != t.OrderBy {
		problems = append(problems, fmt.Errorf("table %s is ordered by (%s) and should be by (%s)", name, order, t.OrderBy))
	}
	if partition != t.PartitionBy {
		problems = append(problems, fmt.Errorf("table %s is partitioned by %s and should be by %s", name, partition, t.PartitionBy))
	}
	if !replacesBy(engine, t.Replaces) {
		problems = append(problems, fmt.Errorf("table %s has engine %s and should have a ReplacingMergeTree(%s)", name, firstWord(engine), t.Replaces))
	}
	return problems, nil
}

// replacesBy also accepts the engines of ClickHouse Cloud and of replicated set-ups, whose own arguments come first.
func replacesBy(engineFull, columns string) bool {
	engine, rest, _ := strings.Cut(engineFull, "(")
	args, _, _ := strings.Cut(rest, ")")
	return strings.HasSuffix(engine, "ReplacingMergeTree") && (args == columns || strings.HasSuffix(args, ", "+columns))
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
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

// checkPrivileges asks at start whether rows may be written, before any record has been read in vain.
func (c *Client) checkPrivileges(ctx context.Context) error {
	var problems []error
	for _, t := range factTables() {
		var granted uint8
		err := c.One(ctx, "CHECK GRANT INSERT ON {db}."+t.Name, &granted)
		if exceptionCode(err) == codeSyntax {
			// Servers before 24.9 cannot be asked.
			return nil
		}
		if err != nil {
			return err
		}
		if granted == 0 {
			problems = append(problems, fmt.Errorf("the user may not insert into %s.%s: GRANT INSERT, SELECT ON %s.* TO it", c.cfg.Database, t.Name, c.cfg.Database))
		}
	}
	return errors.Join(problems...)
}
