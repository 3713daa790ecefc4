package schemas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
)

// maxReferences bounds the schemas that one may be made of.
const maxReferences = 200

// selfContained is the text of a schema with those in it that it refers to: registries may hold a record's types as
// subjects of their own, as Apicurio's serializer does by default.
func (r *Registry) selfContained(ctx context.Context, id int32, s sr.Schema) (string, error) {
	if len(s.References) == 0 {
		return s.Schema, nil
	}
	// The compatible API does not say in which group a subject is that is referred to.
	if r.apicurio != nil {
		if text, err := r.apicurio.whole(ctx, id, &s); !errors.Is(err, errNoAPI) {
			return text, err
		}
	}
	in := inliner{types: map[string]any{}, defined: map[string]bool{}}
	if err := r.collect(ctx, s.References, &in, map[string]bool{}); err != nil {
		return "", err
	}
	return in.whole(s.Schema)
}

var errTooManyReferences = errors.New("the schema refers to too many others")

// collect fetches what is referred to, and what that refers to.
func (r *Registry) collect(ctx context.Context, refs []sr.SchemaReference, in *inliner, seen map[string]bool) error {
	for _, ref := range refs {
		key := fmt.Sprint(ref.Subject, "/", ref.Version)
		if seen[key] {
			continue
		}
		if seen[key] = true; len(seen) > maxReferences {
			return errTooManyReferences
		}
		got, err := r.client.SchemaByVersion(ctx, ref.Subject, ref.Version)
		if err != nil {
			return err
		}
		schema, err := parseJSON(got.Schema.Schema)
		if err != nil {
			return err
		}
		in.add(schema)
		if err := r.collect(ctx, got.References, in, seen); err != nil {
			return err
		}
	}
	return nil
}

// inliner puts definitions of named types where they are first named.
type inliner struct {
	// types has the definitions that were referred to, by full name.
	types map[string]any
	// defined are the full names that the schema has defined so far.
	defined map[string]bool
}

// add takes the named types of a schema that is referred to: one, or a union of several.
func (in *inliner) add(schema any) {
	switch s := schema.(type) {
	case []any:
		for _, branch := range s {
			in.add(branch)
		}
	case map[string]any:
		if name, _ := fullName(s, ""); name != "" {
			in.types[name] = s
		}
	}
}

// whole is a schema's text with what was added in it.
func (in *inliner) whole(schema string) (string, error) {
	parsed, err := parseJSON(schema)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(in.inline(parsed, ""))
	return string(text), err
}

// inline returns a type with each name of a type that is not defined yet replaced by its definition, and each
// definition that comes again by its name.
func (in *inliner) inline(schema any, namespace string) any {
	switch s := schema.(type) {
	case string:
		return in.named(s, namespace)
	case []any:
		for i := range s {
			s[i] = in.inline(s[i], namespace)
		}
	case map[string]any:
		if name, inner := fullName(s, namespace); name != "" {
			if in.defined[name] {
				return name
			}
			in.defined[name], namespace = true, inner
		}
		fields, _ := s["fields"].([]any)
		for _, f := range fields {
			if f, ok := f.(map[string]any); ok {
				f["type"] = in.inline(f["type"], namespace)
			}
		}
		for _, key := range []string{"items", "values"} {
			if t, ok := s[key]; ok {
				s[key] = in.inline(t, namespace)
			}
		}
		if t, ok := s["type"]; ok && len(fields) == 0 {
			if _, simple := t.(string); !simple {
				s["type"] = in.inline(t, namespace)
			}
		}
	}
	return schema
}

func (in *inliner) named(name, namespace string) any {
	full := name
	if !strings.Contains(name, ".") && namespace != "" {
		full = namespace + "." + name
	}
	for _, n := range []string{full, name} {
		if t, ok := in.types[n]; ok && !in.defined[n] {
			definition, err := cloneJSON(t)
			if err != nil {
				return name
			}
			// Names without a namespace of their own must not take that of the place.
			if d, ok := definition.(map[string]any); ok && !strings.Contains(n, ".") {
				d["namespace"] = ""
			}
			return in.inline(definition, "")
		}
	}
	return name
}

// fullName is the full name of a type that has one, and the namespace of what is in it.
func fullName(s map[string]any, namespace string) (name, inner string) {
	switch s["type"] {
	case "record", "error", "enum", "fixed":
	default:
		return "", namespace
	}
	name, _ = s["name"].(string)
	if own, ok := s["namespace"].(string); ok {
		namespace = own
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name, name[:i]
	}
	if namespace != "" && name != "" {
		return namespace + "." + name, namespace
	}
	return name, namespace
}

func parseJSON(text string) (any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func cloneJSON(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parseJSON(string(text))
}
