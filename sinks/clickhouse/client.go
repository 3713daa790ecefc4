package clickhouse

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// oldestMajor and oldestMinor are the oldest server with everything that we use.
const oldestMajor, oldestMinor = 24, 8

// Client is a connection pool to one ClickHouse database.
type Client struct {
	cfg Config
	// mu guards conn and login: a login that has changed needs new connections.
	mu    sync.RWMutex
	conn  driver.Conn
	login Login
	// For error messages.
	host string
	// noted is what has been told.
	noted sync.Map
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
	given := Login{cfg.DSN, cfg.Username, cfg.Password}
	cfg.Database, cfg.Username = options.Auth.Database, options.Auth.Username
	if !inside {
		// The database may not exist yet: tables are always named with theirs.
		options.Auth.Database = ""
	}
	conn, err := ch.Open(options)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	c := &Client{cfg: cfg, conn: conn, login: given, host: strings.Join(options.Addr, ", ")}
	if err := c.greet(ctx); err != nil {
		return nil, errors.Join(c.explain(err, options.Auth.Username), conn.Close())
	}
	return c, nil
}

// options translates the configuration for the library.
func (c *Config) options() (*ch.Options, error) {
	o := &ch.Options{Addr: c.Addr}
	if c.DSN != "" {
		parsed, err := ch.ParseDSN(secured(c.DSN))
		if err != nil {
			// The DSN holds the password: do not quote it.
			return nil, errors.New("clickhouse: the DSN is not of the form clickhouse://user:password@host:port/database")
		}
		o = parsed
	}
	o.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) { return unlimited{t}, nil }
	if c.TLS != nil {
		c.encrypt(o)
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

// secured says of an https address that it is one, which the library wants to be told twice.
func secured(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "https" || u.Query().Has("secure") {
		return dsn
	}
	q := u.Query()
	q.Set("secure", "true")
	u.RawQuery = q.Encode()
	return u.String()
}

// encrypt has each connection take the certificates of its moment. The library would keep those of the start.
func (c *Config) encrypt(o *ch.Options) {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		config, err := c.TLS()
		if err != nil {
			return nil, err
		}
		// It takes the server's name from the address.
		return (&tls.Dialer{NetDialer: &net.Dialer{Timeout: c.DialTimeout}, Config: config}).DialContext(ctx, network, address)
	}
	// The library has to know that it is https, and uses this for nothing else.
	o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if o.Protocol == ch.HTTP {
		o.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) {
			t.DialTLSContext = dial
			return unlimited{t}, nil
		}
		return
	}
	o.DialContext = func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, "tcp", address) }
}

func (c *Client) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.DialTimeout+5*time.Second)
	defer cancel()
	v, err := c.server().ServerVersion()
	if err != nil {
		return err
	}
	if err := checkVersion(v.Version.Major, v.Version.Minor, v.Version.Patch); err != nil {
		return err
	}
	return c.server().Ping(ctx)
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
func (c *Client) Close() error { return c.server().Close() }

// server is the pool of connections in use.
func (c *Client) server() driver.Conn {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.conn
}

// logIn reads the login anew, after the server has refused the one in use, and takes it if it is another. It reports
// whether there is hope now.
func (c *Client) logIn() (bool, error) {
	if c.cfg.Login == nil {
		return false, nil
	}
	now, err := c.cfg.Login()
	if err != nil {
		return false, fmt.Errorf("read the login of ClickHouse again: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now == c.login {
		return false, nil
	}
	cfg := c.cfg
	cfg.DSN, cfg.Username, cfg.Password = now.DSN, now.Username, now.Password
	options, err := cfg.options()
	if err != nil {
		return false, err
	}
	options.Auth.Database = ""
	conn, err := ch.Open(options)
	if err != nil {
		return false, fmt.Errorf("clickhouse: %w", err)
	}
	old := c.conn
	c.conn, c.login = conn, now
	return true, old.Close()
}

// Database is the name of the database.
func (c *Client) Database() string { return c.cfg.Database }

// Exec runs a statement. {db} in it stands for the database, and {db}.x for the table or view x of ours.
func (c *Client) Exec(ctx context.Context, sql string) error {
	return c.explain(c.server().Exec(patient{ctx}, c.sql(sql)), "")
}

// patient hides the deadline of a context. The library sends it along as a setting, and a user who may only read may
// change none. It still ends with the context.
type patient struct{ context.Context }

func (patient) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// unlimited is the same for requests over HTTP, which the library itself gives a deadline.
type unlimited struct{ http.RoundTripper }

func (u unlimited) RoundTrip(r *http.Request) (*http.Response, error) {
	if q := r.URL.Query(); q.Has("max_execution_time") {
		q.Del("max_execution_time")
		// A round tripper must not change the request.
		r = r.Clone(r.Context())
		r.URL.RawQuery = q.Encode()
	}
	return u.RoundTripper.RoundTrip(r)
}

// Scanner reads the current row.
type Scanner interface{ Scan(dest ...any) error }

// Each runs a query and calls f for each row. {db} in the text stands for the database, ? for the arguments.
func (c *Client) Each(ctx context.Context, sql string, f func(Scanner) error, args ...any) (err error) {
	rows, err := c.server().Query(patient{ctx}, c.sql(sql), args...)
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
	return c.explain(c.server().QueryRow(patient{ctx}, c.sql(sql)).Scan(dest...), "")
}

func (c *Client) sql(text string) string {
	return strings.NewReplacer("{db}.", c.cfg.Database+"."+c.cfg.TablePrefix, "{db}", c.cfg.Database, "{tz}", c.cfg.TimeZone).Replace(text)
}

// SetCurrent makes the views show a log. If they show it already, nothing changes.
func (c *Client) SetCurrent(ctx context.Context, logID string) error {
	current, err := c.Current(ctx)
	if err != nil || current == logID {
		return err
	}
	settings, err := c.usableSettings(ctx)
	if err != nil {
		return err
	}
	insert := c.sql("INSERT INTO {db}.current (name, log, set_at) VALUES ('attune.identified', ?, now64(3))")
	return c.explain(c.server().Exec(withSettings(ctx, settings), insert, logID), "")
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

// withSettings sends settings along with an insert.
func withSettings(ctx context.Context, settings ch.Settings) context.Context {
	return ch.Context(ctx, ch.WithSettings(settings))
}

// usableSettings are the usable ones of insertSettings.
func (c *Client) usableSettings(ctx context.Context) (ch.Settings, error) {
	return c.usable(ctx, insertSettings())
}

// usable are those settings that the server knows, without those that this user may not change: a server refuses an insert for
// either. What is left out is noted once.
func (c *Client) usable(ctx context.Context, want ch.Settings) (ch.Settings, error) {
	usable := ch.Settings{}
	err := c.Each(ctx, "SELECT name, value, readonly FROM system.settings", func(s Scanner) error {
		var name, value string
		var fixed uint8
		if err := s.Scan(&name, &value, &fixed); err != nil {
			return err
		}
		// The newer name of insert_deduplicate.
		ours, ok := want[name]
		if name == "deduplicate_insert" {
			ours, ok = "disable", true
		}
		switch {
		case !ok:
		case fixed == 0:
			usable[name] = ours
		case value != fmt.Sprint(ours):
			c.note("the server lets this user not change setting %s, which is %s and should be %v for inserts: left out", name, value, ours)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return usable, nil
}

// note tells whoever runs this something, once.
func (c *Client) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if _, told := c.noted.LoadOrStore(text, true); !told && c.cfg.Events.Noted != nil {
		c.cfg.Events.Noted(text)
	}
}
