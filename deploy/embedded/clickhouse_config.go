package embedded

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// ClickHouseConfig says how the embedded ClickHouse server runs.
type ClickHouseConfig struct {
	// Dir holds tables, logs and generated configuration. Required.
	Dir string
	// CacheDir keeps the fetched engine; empty means the user's cache directory, see CacheDir.
	CacheDir string
	// NativePort and HTTPPort to listen on; 0 takes free ones, which this process keeps until it ends.
	NativePort, HTTPPort int
	// User and Password for clients to log in. Empty means "default" without a password: anyone on this machine.
	// With another user, "default" can log in but has no rights.
	User, Password string
	// Binary is a clickhouse program to run instead of the fetched engine. Empty takes the one on PATH if it is new
	// enough, and otherwise the engine. "-" always takes the engine.
	Binary string
	// Yields lets all other processes of the machine come first: a demo's calls must not wait for inserts.
	Yields bool
	// Progress, if not nil, is told how far the one-time fetch of the engine is.
	Progress Progress
}

// engineOnly as Binary leaves a clickhouse program on PATH unused.
const engineOnly = "-"

// userName is narrow on purpose: the name becomes an XML element.
var userName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Validate reports every problem of the configuration.
func (c *ClickHouseConfig) Validate() error {
	var errs []error
	if c.Dir == "" {
		errs = append(errs, errors.New("clickhouse: Dir is empty"))
	}
	if strings.ContainsAny(c.Dir, "'\\\n") {
		errs = append(errs, fmt.Errorf("clickhouse: directory %q has a quote, backslash or line break in its name", c.Dir))
	}
	for _, port := range []int{c.NativePort, c.HTTPPort} {
		if port < 0 || port > 65535 {
			errs = append(errs, fmt.Errorf("clickhouse: port %d is not in 0..65535", port))
		}
	}
	if !userName.MatchString(c.User) {
		errs = append(errs, fmt.Errorf("clickhouse: user %q is not lower-case letters, digits and underscores", c.User))
	}
	if c.Password != "" && c.User == "default" {
		errs = append(errs, errors.New("clickhouse: a password needs a User other than default, which the engine itself uses without one"))
	}
	return errors.Join(errs...)
}

func (c *ClickHouseConfig) setDefaults() error {
	if c.User == "" {
		c.User = "default"
	}
	if c.Dir == "" {
		return nil
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("clickhouse directory: %w", err)
	}
	c.Dir = dir
	return nil
}

func (c *ClickHouseConfig) path(name string) string { return filepath.Join(c.Dir, name) }

//go:embed clickhouse_config.xml.tmpl
var clickHouseConfigXML string

//go:embed clickhouse_users.xml.tmpl
var clickHouseUsersXML string

// writeFiles writes the server's configuration into its directory. It holds the password, so only the owner may
// read it.
func (c *ClickHouseConfig) writeFiles() error {
	for name, text := range map[string]string{"config.xml": clickHouseConfigXML, "users.xml": clickHouseUsersXML} {
		tmpl, err := template.New(name).Funcs(template.FuncMap{"xml": escapeXML}).Parse(text)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		var out bytes.Buffer
		if err := tmpl.Execute(&out, c); err != nil {
			return fmt.Errorf("generate %s: %w", name, err)
		}
		if err := os.WriteFile(c.path(name), out.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write ClickHouse configuration: %w", err)
		}
	}
	return nil
}

func escapeXML(text string) (string, error) {
	var out bytes.Buffer
	err := xml.EscapeText(&out, []byte(text))
	return out.String(), err
}
