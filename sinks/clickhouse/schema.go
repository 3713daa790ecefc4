package clickhouse

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
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
func (t *tableSpec) insertStatement(database string) string {
	var names []string
	for _, c := range t.Columns {
		if c.Default == "" {
			names = append(names, "`"+c.Name+"`")
		}
	}
	return fmt.Sprintf("INSERT INTO %s.%s (%s)", database, t.Name, strings.Join(names, ", "))
}

//go:embed control.sql
var controlTables string

//go:embed views/*.sql
var viewFiles embed.FS

// view is one view's definition.
type view struct{ name, sql string }

// views returns the definitions in the order in which they can be created: a view may read earlier ones.
func views() ([]view, error) {
	entries, err := viewFiles.ReadDir("views")
	if err != nil {
		return nil, err
	}
	var out []view
	for _, e := range entries {
		text, err := viewFiles.ReadFile("views/" + e.Name())
		if err != nil {
			return nil, err
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		out = append(out, view{name, string(text)})
	}
	return out, nil
}

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

// Apply creates the database, tables, columns and views that are missing and replaces views that differ. It changes no
// existing column, and no key but where a new column ends it: Check, which runs last, names such differences.
func (c *Client) Apply(ctx context.Context) error {
	exists, err := c.databaseExists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		if err := c.Exec(ctx, "CREATE DATABASE IF NOT EXISTS {db}"); err != nil {
			return fmt.Errorf("create database %s: %w", c.cfg.Database, err)
		}
	}
	for _, s := range append(statements(controlTables), statements(createTables)...) {
		if err := c.Exec(ctx, s); err != nil {
			return fmt.Errorf("create tables: %w", err)
		}
	}
	if err := c.refuseNewer(ctx); err != nil {
		return err
	}
	if err := c.addColumns(ctx); err != nil {
		return err
	}
	if err := c.applyViews(ctx); err != nil {
		return err
	}
	return c.Check(ctx)
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
func (c *Client) addColumns(ctx context.Context) error {
	for _, t := range factTables() {
		have, err := c.columns(ctx, t.Name)
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

// applyViews replaces the views if one is missing, or if the database was made with other definitions.
func (c *Client) applyViews(ctx context.Context) error {
	all, err := views()
	if err != nil {
		return err
	}
	missing, err := c.missingViews(ctx, all)
	if err != nil {
		return err
	}
	fingerprint := fingerprintOf(all)
	applied, err := c.appliedViews(ctx)
	if err != nil {
		return err
	}
	if applied == fingerprint && len(missing) == 0 {
		return nil
	}
	for _, v := range all {
		if err := c.Exec(ctx, strings.TrimSuffix(strings.TrimSpace(v.sql), ";")); err != nil {
			return fmt.Errorf("create view %s: %w", v.name, err)
		}
	}
	insert := c.sql("INSERT INTO {db}.schema_version (part, version, fingerprint, applied_at) VALUES ('views', ?, ?, now64(3))")
	if err := c.conn.Exec(insertContext(ctx, nil), insert, uint32(schemaVersion), fingerprint); err != nil {
		return fmt.Errorf("write schema version: %w", c.explain(err, ""))
	}
	return nil
}

// appliedViews is the fingerprint of the views that the database was made with.
func (c *Client) appliedViews(ctx context.Context) (fingerprint string, err error) {
	if err := c.One(ctx, "SELECT argMax(fingerprint, applied_at) FROM {db}.schema_version WHERE part = 'views'", &fingerprint); err != nil {
		return "", fmt.Errorf("read schema version: %w", err)
	}
	return fingerprint, nil
}

func fingerprintOf(all []view) string {
	h := sha256.New()
	for _, v := range all {
		h.Write([]byte(v.sql))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (c *Client) missingViews(ctx context.Context, all []view) ([]string, error) {
	have := map[string]bool{}
	err := c.Each(ctx, "SELECT name FROM system.tables WHERE database = '{db}' AND engine = 'View'", func(s Scanner) error {
		var name string
		if err := s.Scan(&name); err != nil {
			return err
		}
		have[name] = true
		return nil
	})
	var missing []string
	for _, v := range all {
		if !have[v.name] {
			missing = append(missing, v.name)
		}
	}
	return missing, err
}
