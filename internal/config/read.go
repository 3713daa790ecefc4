package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
)

// Read parses a configuration over the defaults. It first replaces ${env:NAME} and ${file:PATH}, so
// that secrets need not be in the file.
func Read(text []byte) (Config, error) {
	c := Default()
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return c, err
	}
	if root.Kind == 0 {
		return c, nil
	}
	if err := expand(&root); err != nil {
		return c, err
	}
	lines := map[string]int{}
	walk(&root, "", func(key string, line int) {
		if lines[key] == 0 {
			lines[key] = line
		}
	})
	unfold(&root)
	expanded, err := yaml.Marshal(&root)
	if err != nil {
		return c, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(expanded))
	decoder.KnownFields(true)
	if err = decoder.Decode(&c); errors.Is(err, io.EOF) {
		err = nil
	}
	return c, errors.Join(byKey(err, expanded, lines), c.refuseZeros(), c.Validate())
}

// expand replaces ${env:NAME} and ${file:PATH} in scalars.
func expand(n *yaml.Node) error {
	for _, child := range n.Content {
		if err := expand(child); err != nil {
			return err
		}
	}
	if n.Kind != yaml.ScalarNode || !strings.HasPrefix(n.Value, "${") || !strings.HasSuffix(n.Value, "}") {
		return nil
	}
	kind, name, _ := strings.Cut(n.Value[2:len(n.Value)-1], ":")
	switch kind {
	case "env":
		value, ok := os.LookupEnv(name)
		if !ok {
			return fmt.Errorf("line %d: environment variable %s is not set", n.Line, name)
		}
		n.Value = value
	case "file":
		value, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
		n.Value = strings.TrimRight(string(value), "\r\n")
	default:
		return fmt.Errorf("line %d: %q is neither ${env:NAME} nor ${file:PATH}", n.Line, n.Value)
	}
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	return nil
}

// Overrides take precedence over the file; empty ones change nothing.
type Overrides struct {
	Brokers    []string
	Registry   string
	Clickhouse string
}

// Load reads the file, if one is named, and applies the overrides.
func Load(file string, over *Overrides) (Config, error) {
	c := Default()
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, exit.Usage(fmt.Errorf("--config: %w", err))
		}
		if c, err = Read(text); err != nil {
			return c, exit.Usage(fmt.Errorf("%s: %w", file, err))
		}
	}
	if len(over.Brokers) > 0 {
		c.Kafka.Brokers = over.Brokers
	}
	if over.Registry != "" {
		c.Registry.URL = over.Registry
	}
	if over.Clickhouse != "" {
		c.ClickHouse.DSN = kafka.Secret(over.Clickhouse)
	}
	if err := c.Validate(); err != nil {
		return c, exit.Usage(err)
	}
	return c, nil
}

// Text is the configuration as a file would have it, with secrets hidden.
func (c *Config) Text() ([]byte, error) { return yaml.Marshal(c) }
