package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// walk visits every key of a document with the line that it is on. The items of a list have the list's key.
func walk(n *yaml.Node, key string, visit func(key string, line int)) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, child := range n.Content {
			walk(child, key, visit)
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			visit(key, item.Line)
			walk(item, key, visit)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := strings.TrimPrefix(key+"."+n.Content[i].Value, ".")
			visit(at, n.Content[i].Line)
			walk(n.Content[i+1], at, visit)
		}
	}
}

// unfold puts every key on a line of its own, so that a line number in an error of the decoder
// identifies a key.
func unfold(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle
	for _, child := range n.Content {
		unfold(child)
	}
}

var (
	errorLine = regexp.MustCompile(`^line (\d+): `)
	goType    = regexp.MustCompile(` in type [\w.]+$`)
	intoType  = regexp.MustCompile(` into ([\w.\[\]]+)$`)
)

// byKey rewrites the decoder's errors to name keys. The decoder's line numbers are those of the text
// that it was given; lines has the lines of the file.
func byKey(err error, text []byte, lines map[string]int) error {
	var many *yaml.TypeError
	if !errors.As(err, &many) {
		return err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return err
	}
	keys := map[int]string{}
	walk(&root, "", func(key string, line int) { keys[line] = key })
	var errs []error
	for _, message := range many.Errors {
		key := ""
		if m := errorLine.FindStringSubmatch(message); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				key = keys[n]
			}
		}
		message = goType.ReplaceAllString(errorLine.ReplaceAllString(message, ""), "")
		message = intoType.ReplaceAllStringFunc(message, func(into string) string { return " into " + wanted(strings.TrimPrefix(into, " into ")) })
		if key != "" {
			message = fmt.Sprintf("%s (line %d): %s", key, lines[key], message)
		}
		errs = append(errs, errors.New(message))
	}
	return errors.Join(errs...)
}

// wanted is the name of a Go type for readers.
func wanted(goType string) string {
	switch goType {
	case "time.Duration":
		return "a length of time such as 24h or 90s"
	case "int", "int32", "int64", "uint64":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "[]string":
		return "a list"
	case "string", "kafka.Secret":
		return "a text"
	}
	return "a section"
}

// refuseZeros refuses a 0 that would silently become the default, since rooms take 0 for not set.
func (c *Config) refuseZeros() error {
	var errs []error
	defaults := Default()
	refuseZeros(reflect.ValueOf(c.Graph), reflect.ValueOf(defaults.Graph), "", &errs)
	return errors.Join(errs...)
}

func refuseZeros(v, def reflect.Value, key string, errs *[]error) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Tag.Get("yaml"); name != "" && name != "-" {
				refuseZeros(v.Field(i), def.Field(i), strings.TrimPrefix(key+"."+name, "."), errs)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			refuseZeros(v.Index(i), def.Index(i), fmt.Sprintf("%s[%d]", key, i), errs)
		}
	case reflect.Int, reflect.Int64, reflect.Float64:
		if v.IsZero() && !def.IsZero() {
			*errs = append(*errs, fmt.Errorf("%s: 0 is not taken; leave the key out for the default", key))
		}
	}
}
