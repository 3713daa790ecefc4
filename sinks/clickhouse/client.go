package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// oldestMajor and oldestMinor are the oldest server with everything that we use.
const oldestMajor, oldestMinor = 24, 8

// Client is a connection pool to one ClickHouse database.
type Client struct {
	cfg  Config
	conn driver.Conn
	// For error messages.
	host string
}

// Open connects, and checks that the server answers, accepts the user and is recent enough. Each problem is one line
// that says what is wrong.
func Open(ctx context.Context, cfg Config) (*Client, error) { return open(ctx, cfg, false) }

// OpenInside is Open for queries that people write: a table name without a database means one of ours. The database
// must exist.
func OpenInside(ctx context.Context, cfg Config) (*Client, error) { return open(ctx, cfg, true) }

func open(ctx context.Context, cfg Config, inside bool) (*Client, error) {
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	options, err := cfg.options()
	if err != nil {
		return nil, err
	}
	cfg.Database, cfg.Username = options.Auth.Database, options.Auth.Username
	if !inside {
		// The database may not exist yet: tables are always named with theirs.
		options.Auth.Database = ""
	}
	conn, err := ch.Open(options)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	c := &Client{cfg: cfg, conn: conn, host: strings.Join(options.Addr, ", ")}
	if err := c.greet(ctx); err != nil {
		return nil, errors.Join(c.explain(err, options.Auth.Username), conn.Close())
	}
	return c, nil
}

// options translates the configuration for the library.
func (c *Config) options() (*ch.Options, error) {
	o := &ch.Options{Addr: c.Addr}
	if c.DSN != "" {
		parsed, err := ch.ParseDSN(c.DSN)
		if err != nil {
			// The DSN holds the password: do not quote it.
			return nil, errors.New("clickhouse: the DSN is not of the form clickhouse://user:password@host:port/database")
		}
		o = parsed
	}
	if c.TLS != nil {
		o.TLS = c.TLS
	}
	orString(&o.Auth.Database, c.Database)
	orString(&o.Auth.Username, c.Username)
	orString(&o.Auth.Password, c.Password)
	if !isIdentifier(o.Auth.Database) {
		return nil, fmt.Errorf("clickhouse: database %q is not letters, digits and underscores", o.Auth.Database)
	}
	o.DialTimeout = c.DialTimeout
	o.MaxOpenConns = 4
	o.MaxIdleConns = 2
	o.ClientInfo.Products = append(o.ClientInfo.Products, struct{ Name, Version string }{"attune", "1"})
	return o, nil
}

func (c *Client) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.DialTimeout+5*time.Second)
	defer cancel()
	v, err := c.conn.ServerVersion()
	if err != nil {
		return err
	}
	if err := checkVersion(v.Version.Major, v.Version.Minor, v.Version.Patch); err != nil {
		return err
	}
	return c.conn.Ping(ctx)
}

// tooOldError refuses a server that lacks what we use.
type tooOldError struct{ major, minor, patch uint64 }

func (e *tooOldError) Error() string {
	return fmt.Sprintf("ClickHouse %d.%d.%d is too old: attune needs %d.%d or newer", e.major, e.minor, e.patch, oldestMajor, oldestMinor)
}

func checkVersion(major, minor, patch uint64) error {
	if major > oldestMajor || major == oldestMajor && minor >= oldestMinor {
		return nil
	}
	return &tooOldError{major, minor, patch}
}

// Close ends the connections.
func (c *Client) Close() error { return c.conn.Close() }

// Database is the name of the database.
func (c *Client) Database() string { return c.cfg.Database }

// Exec runs a statement. {db} in it stands for the database.
func (c *Client) Exec(ctx context.Context, sql string) error {
	return c.explain(c.conn.Exec(ctx, c.sql(sql)), "")
}

// Scanner reads the current row.
type Scanner interface{ Scan(dest ...any) error }

// Each runs a query and calls f for each row. {db} in the text stands for the database, ? for the arguments.
func (c *Client) Each(ctx context.Context, sql string, f func(Scanner) error, args ...any) (err error) {
	rows, err := c.conn.Query(ctx, c.sql(sql), args...)
	if err != nil {
		return c.explain(err, "")
	}
	// Both calls report an error of the query: the first is enough.
	defer func() { err = cmp.Or(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return c.explain(rows.Err(), "")
}

// One runs a query that gives one row and scans it.
func (c *Client) One(ctx context.Context, sql string, dest ...any) error {
	return c.explain(c.conn.QueryRow(ctx, c.sql(sql)).Scan(dest...), "")
}

func (c *Client) sql(text string) string {
	return strings.ReplaceAll(text, "{db}", c.cfg.Database)
}

// SetCurrent makes the views show a log. If they show it already, nothing changes.
func (c *Client) SetCurrent(ctx context.Context, logID string) error {
	current, err := c.Current(ctx)
	if err != nil || current == logID {
		return err
	}
	insert := c.sql("INSERT INTO {db}.current (name, log, set_at) VALUES ('attune.identified', ?, now64(3))")
	return c.explain(c.conn.Exec(insertContext(ctx, nil), insert, logID), "")
}

// Current is the log that the views show, or empty before the first.
func (c *Client) Current(ctx context.Context) (log string, err error) {
	err = c.One(ctx, "SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified'", &log)
	return log, err
}

// insertSettings names every setting that an insert depends on, since defaults have changed between versions.
func insertSettings() ch.Settings {
	return ch.Settings{
		"async_insert": 0, "wait_for_async_insert": 1, "insert_deduplicate": 0,
		"deduplicate_blocks_in_dependent_materialized_views": 0,
		// Copies within a block are rare and FINAL resolves them: looking for them costs the server a third of an insert.
		"optimize_on_insert": 0,
		// An import may span many months in one block.
		"max_partitions_per_insert_block": 0,
	}
}

// insertContext sends our settings along with an insert: those in known, or all where known is nil. A server refuses
// an insert for a setting that it does not know.
func insertContext(ctx context.Context, known []string) context.Context {
	settings := insertSettings()
	if known != nil {
		for name := range settings {
			if !slices.Contains(known, name) {
				delete(settings, name)
			}
		}
		if slices.Contains(known, "deduplicate_insert") {
			settings["deduplicate_insert"] = "disable"
		}
	}
	return ch.Context(ctx, ch.WithSettings(settings))
}

// knownSettings are the settings of ours that the server knows.
func (c *Client) knownSettings(ctx context.Context) ([]string, error) {
	var known []string
	err := c.Each(ctx, "SELECT name FROM system.settings", func(s Scanner) error {
		var name string
		if err := s.Scan(&name); err != nil {
			return err
		}
		if _, ok := insertSettings()[name]; ok || name == "deduplicate_insert" {
			known = append(known, name)
		}
		return nil
	})
	return known, err
}
