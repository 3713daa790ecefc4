package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
)

// readable is a writer's schema in the form that our libraries take. Java takes more: defaults that do not fit their
// type, which no reader of the writer's bytes needs, and names of fields outside ASCII, which match none of ours.
func readable(text string) (string, error) {
	schema, err := parseJSON(text)
	if err != nil {
		return "", fmt.Errorf("parse schema: %w", err)
	}
	simplify(schema)
	out, err := json.Marshal(schema)
	return string(out), err
}

func simplify(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "default")
		if fields, ok := v["fields"].([]any); ok {
			for _, f := range fields {
				if f, ok := f.(map[string]any); ok {
					if name, ok := f["name"].(string); ok {
						f["name"] = plainName(name)
					}
				}
			}
		}
		for _, inner := range v {
			simplify(inner)
		}
	case []any:
		for _, inner := range v {
			simplify(inner)
		}
	}
}

// plainName writes what is no letter, digit or underscore of ASCII as its number.
func plainName(name string) string {
	var b strings.Builder
	for i, c := range name {
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "_u%x", c)
		}
	}
	return b.String()
}
