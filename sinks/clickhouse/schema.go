package clickhouse

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// schemaVersion is raised with each definition that an older attune must neither write to nor replace.
const schemaVersion = 1

// tableSpec is a table as it should be.
type tableSpec struct {
	Name      string
	EventTime string
	// Arguments of the engine.
	Replaces    string
	PartitionBy string
	OrderBy     string
	Columns     []columnSpec
}

type columnSpec struct {
	Name, Type, Default, Comment string
}

// factTable returns the table of that name. The name is ours: an unknown one is a bug.
func factTable(name string) tableSpec {
	for _, t := range factTables() {
		if t.Name == name {
			return t
		}
	}
	panic("no table " + name)
}

// insertStatement is the INSERT with columns in the order in which rows give them.
func (t *tableSpec) insertStatement() string {
	var names []string
	for _, c := range t.Columns {
		if c.Default == "" {
			names = append(names, "`"+c.Name+"`")
		}
	}
	return fmt.Sprintf("INSERT INTO {db}.%s (%s)", t.Name, strings.Join(names, ", "))
}

//go:embed control.sql
var controlTables string

// statements splits a file of statements that end with a semicolon and a line break.
func statements(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Prepare brings the schema to what it should be, as far as the configured mode allows, and reports every difference
// that remains.
func (c *Client) Prepare(ctx context.Context) error {
	if c.cfg.Schema == SchemaCheck {
		return c.Check(ctx)
	}
	return c.Apply(ctx)
}

// Apply creates the database, tables, columns and views that are missing and replaces views of an older definition. It
// changes nothing where a name is taken by what attune did not make, no existing column, and no key but where a new
// column ends it: Check, which runs last, names such differences.
func (c *Client) Apply(ctx context.Context) error {
	// A database that is not there has nothing.
	have, err := c.look(ctx)
	if err != nil {
		return err
	}
	if err := c.refuseForeign(ctx, have); err != nil {
		return err
	}
	if _, there := have["schema_version"]; there {
		if err := c.refuseNewer(ctx); err != nil {
			return err
		}
	}
	if err := c.applyTables(ctx); err != nil {
		return err
	}
	if err := c.applyViews(ctx, have); err != nil {
		return err
	}
	return c.Check(ctx)
}

// applyTables creates the database and tables that are missing, adds columns, and sets how long rows are kept.
func (c *Client) applyTables(ctx context.Context) error {
	exists, err := c.databaseExists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		if err := c.Exec(ctx, "CREATE DATABASE IF NOT EXISTS {db}"); err != nil {
			return fmt.Errorf("create database %s: %w", c.cfg.Database, err)
		}
	}
	rolled, err := rollupTables()
	if err != nil {
		return err
	}
	all := append(statements(controlTables), statements(createTables)...)
	for _, t := range rolled {
		all = append(all, t.create())
	}
	for _, s := range all {
		if err := c.Exec(ctx, s); err != nil {
			return fmt.Errorf("create tables: %w", err)
		}
	}
	if err := c.addColumns(ctx, append(factTables(), rolled...)); err != nil {
		return err
	}
	return c.applyRetention(ctx)
}

func (c *Client) databaseExists(ctx context.Context) (bool, error) {
	var n uint64
	err := c.One(ctx, "SELECT count() FROM system.databases WHERE name = '{db}'", &n)
	return n > 0, err
}

// refuseNewer keeps an old program from undoing what a newer one has made.
func (c *Client) refuseNewer(ctx context.Context) error {
	var version uint32
	if err := c.One(ctx, "SELECT max(version) FROM {db}.schema_version", &version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if version > schemaVersion {
		return fmt.Errorf("database %s has schema version %d, this attune knows %d: use a newer attune", c.cfg.Database, version, schemaVersion)
	}
	return nil
}

// addColumns adds columns that a newer schema has and the tables do not.
func (c *Client) addColumns(ctx context.Context, tables []tableSpec) error {
	for _, t := range tables {
		have, err := c.columns(ctx, c.cfg.TablePrefix+t.Name)
		if err != nil {
			return err
		}
		after := ""
		for _, want := range t.Columns {
			if _, ok := have[want.Name]; !ok {
				if err := c.Exec(ctx, addColumn(t, want, after)); err != nil {
					return fmt.Errorf("add column %s.%s: %w", t.Name, want.Name, err)
				}
			}
			after = " AFTER `" + want.Name + "`"
		}
	}
	return nil
}

// addColumn also puts the column into the key where it belongs there: ClickHouse takes it in that statement and in no
// later one.
func addColumn(t tableSpec, c columnSpec, after string) string {
	order := ""
	if slices.Contains(strings.Split(t.OrderBy, ", "), c.Name) {
		order = ", MODIFY ORDER BY (" + t.OrderBy + ")"
	}
	byServer := ""
	if c.Default != "" {
		byServer = " DEFAULT " + c.Default
	}
	return fmt.Sprintf("ALTER TABLE {db}.%s ADD COLUMN IF NOT EXISTS `%s` %s%s COMMENT '%s'%s",
		t.Name, c.Name, c.Type, byServer, strings.ReplaceAll(c.Comment, "'", `\'`), after+order)
}
