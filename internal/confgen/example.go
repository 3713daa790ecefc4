package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/attune-health/attune/internal/config"
	"github.com/attune-health/attune/schemas"
)

const head = `# attune: one configuration for all roles. Generated from the program's own comments and defaults by
# make generate. Every key may be left out: what stands here is the default. Unknown keys are refused.
# Any value may be ${env:NAME} or ${file:PATH}. Times are such as 500ms, 90s or 24h.
# attune config --config FILE prints what is in effect, secrets hidden.
`

// width is how wide comments are.
const width = 110

// example is the file: the default configuration with comments from the source below root.
func example(root string) ([]byte, error) {
	p := &printer{comments: comments{root: root, packages: map[string]map[string]string{}}, told: map[reflect.Type]bool{}}
	p.out.WriteString(head)
	if err := p.section(reflect.ValueOf(config.Default()), 0); err != nil {
		return nil, err
	}
	return p.out.Bytes(), nil
}

type printer struct {
	out      bytes.Buffer
	comments comments
	// Types whose keys were explained.
	told map[reflect.Type]bool
}

// section writes the keys of a struct.
func (p *printer) section(v reflect.Value, depth int) error {
	t := v.Type()
	told := p.told[t]
	p.told[t] = true
	for i := range t.NumField() {
		key, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case key == "-":
		case option == "inline":
			if err := p.section(v.Field(i), depth); err != nil {
				return err
			}
		case key == "":
			return fmt.Errorf("%s.%s has no key", t, t.Field(i).Name)
		default:
			comment, err := p.comments.of(t, t.Field(i).Name)
			if err != nil {
				return err
			}
			nested := v.Field(i).Kind() == reflect.Struct
			if comment == "" && !nested {
				return fmt.Errorf("%s.%s has no comment", t, t.Field(i).Name)
			}
			if depth == 0 {
				p.out.WriteByte('\n')
			}
			if !told {
				p.comment(comment, depth)
			}
			if err := p.key(key, v.Field(i), depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *printer) key(key string, v reflect.Value, depth int) error {
	indent := strings.Repeat("  ", depth)
	if v.Kind() == reflect.Struct {
		fmt.Fprintf(&p.out, "%s%s:\n", indent, key)
		return p.section(v, depth+1)
	}
	if v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct {
		fmt.Fprintf(&p.out, "%s%s:\n", indent, key)
		return p.entries(v, depth+1)
	}
	var n yaml.Node
	if err := n.Encode(v.Interface()); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if d, ok := v.Interface().(time.Duration); ok {
		n.Value = schemas.DurationText(d)
	}
	if n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
	}
	text, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: key}, &n}})
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	for line := range strings.Lines(string(text)) {
		p.out.WriteString(indent + line)
	}
	return nil
}

// entries writes the structs of a map by their keys, in order. The first explains the keys of all.
func (p *printer) entries(v reflect.Value, depth int) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if err := p.key(k.String(), v.MapIndex(k), depth); err != nil {
			return err
		}
	}
	return nil
}

// comment writes a comment in lines of at most width.
func (p *printer) comment(text string, depth int) {
	begin := strings.Repeat("  ", depth) + "#"
	line := begin
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > width && line != begin {
			p.out.WriteString(line + "\n")
			line = begin
		}
		line += " " + w
	}
	if line != begin {
		p.out.WriteString(line + "\n")
	}
}
