package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/internal/exit"
	"github.com/attune-health/attune/pipeline/kafka"
)

// Read parses a configuration over the defaults. It first replaces ${env:NAME} and ${file:PATH}, so
// that secrets need not be in the file.
func Read(text []byte) (Config, error) {
	c := Default()
	root, err := document(text)
	if err != nil || root.Kind == 0 {
		return c, err
	}
	if err := expand(&root); err != nil {
		return c, err
	}
	list(&root, reflect.TypeFor[Config]())
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

// document parses a file that has one document, or none.
func document(text []byte) (root yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		return root, nil
	} else if err != nil {
		return root, err
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		return root, fmt.Errorf("line %d: a second document: one file has one configuration", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return root, err
	}
	return root, nil
}

// list makes lists of texts of what stands for one: "a:9092, b:9092", as a variable of the environment has it. Items
// lose blanks around them.
func list(n *yaml.Node, of reflect.Type) {
	switch {
	case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
		list(n.Content[0], of)
	case n.Kind == yaml.MappingNode && of.Kind() == reflect.Struct:
		for i := 0; i+1 < len(n.Content); i += 2 {
			for j := range of.NumField() {
				if name, _, _ := strings.Cut(of.Field(j).Tag.Get("yaml"), ","); name == n.Content[i].Value {
					list(n.Content[i+1], of.Field(j).Type)
				}
			}
		}
	case of == reflect.TypeFor[[]string]():
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
			items := strings.Split(n.Value, ",")
			*n = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line, Column: n.Column}
			for _, item := range items {
				n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: item, Line: n.Line, Style: yaml.DoubleQuotedStyle})
			}
		}
		for _, item := range n.Content {
			item.Value = strings.TrimSpace(item.Value)
		}
	}
}

var reference = regexp.MustCompile(`\$\{(env|file):([^}]*)\}`)

// expand replaces ${env:NAME} and ${file:PATH} in scalars.
func expand(n *yaml.Node) error {
	for _, child := range n.Content {
		if err := expand(child); err != nil {
			return err
		}
	}
	if n.Kind != yaml.ScalarNode || !strings.Contains(n.Value, "${") {
		return nil
	}
	if strings.HasPrefix(n.Value, "${") && strings.HasSuffix(n.Value, "}") && !reference.MatchString(n.Value) {
		return fmt.Errorf("line %d: %q is neither ${env:NAME} nor ${file:PATH}", n.Line, n.Value)
	}
	var errs []error
	value := reference.ReplaceAllStringFunc(n.Value, func(text string) string {
		value, err := referred(reference.FindStringSubmatch(text))
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n.Line, err))
		}
		return value
	})
	if err := errors.Join(errs...); err != nil || value == n.Value {
		return err
	}
	n.Value = value
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	return nil
}

// referred is what a match of reference stands for.
func referred(match []string) (string, error) {
	if match[1] == "env" {
		value, ok := os.LookupEnv(match[2])
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", match[2])
		}
		return value, nil
	}
	value, err := os.ReadFile(match[2])
	return strings.TrimRight(string(value), "\r\n"), err
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
	c.Again = func() (Config, error) { return Load(file, over) }
	c.Kafka.SASL.Again = func() (kafka.SASL, error) {
		now, err := Load(file, over)
		return now.Kafka.SASL, err
	}
	return c, nil
}

// Text is the configuration as a file would have it, with secrets hidden.
func (c *Config) Text() ([]byte, error) { return yaml.Marshal(c) }
