package avrogen

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
)

// SelfContained writes a type as one JSON schema: named types are defined where they first occur and named after that.
func SelfContained(t *Type) string {
	w := &schemaWriter{defined: map[*Type]bool{}}
	w.write(t, "")
	return w.out.String()
}

type schemaWriter struct {
	out     bytes.Buffer
	defined map[*Type]bool
}

func (w *schemaWriter) write(t *Type, namespace string) {
	switch {
	case t.IsNamed():
		w.named(t, namespace)
	case t.Kind == Union:
		w.list(t.Branches, namespace)
	case t.Kind == Array:
		w.holder("array", "items", t, namespace)
	case t.Kind == Map:
		w.holder("map", "values", t, namespace)
	case t.Logical == "" && len(t.Props) == 0:
		w.out.WriteString(quote(string(t.Kind)))
	default:
		w.out.WriteString(`{"type":` + quote(string(t.Kind)))
		w.text("logicalType", t.Logical)
		w.props(t.Props)
		w.out.WriteByte('}')
	}
}

func (w *schemaWriter) list(types []*Type, namespace string) {
	w.out.WriteByte('[')
	for i, b := range types {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.write(b, namespace)
	}
	w.out.WriteByte(']')
}

func (w *schemaWriter) holder(kind, key string, t *Type, namespace string) {
	w.out.WriteString(`{"type":` + quote(kind) + `,` + quote(key) + `:`)
	w.write(t.Items, namespace)
	w.props(t.Props)
	w.out.WriteByte('}')
}

func (w *schemaWriter) named(t *Type, namespace string) {
	if w.defined[t] {
		w.out.WriteString(quote(t.FullName()))
		return
	}
	w.defined[t] = true
	w.out.WriteString(`{"type":` + quote(string(t.Kind)) + `,"name":` + quote(t.Name))
	if t.Namespace != namespace {
		w.text("namespace", t.Namespace)
	}
	w.text("doc", t.Doc)
	w.strings("aliases", t.Aliases)
	w.strings("symbols", t.Symbols)
	w.text("default", t.Default)
	if t.Kind == Fixed {
		w.out.WriteString(`,"size":` + strconv.Itoa(t.Size))
	}
	w.props(t.Props)
	if t.Kind == Record {
		w.fields(t)
	}
	w.out.WriteByte('}')
}

func (w *schemaWriter) fields(t *Type) {
	w.out.WriteString(`,"fields":[`)
	for i, f := range t.Fields {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.out.WriteString(`{"name":` + quote(f.Name) + `,"type":`)
		w.write(f.Type, t.Namespace)
		w.text("doc", f.Doc)
		w.strings("aliases", f.Aliases)
		if f.Default != nil {
			w.out.WriteString(`,"default":` + compact(f.Default))
		}
		w.props(f.Props)
		w.out.WriteByte('}')
	}
	w.out.WriteByte(']')
}

func (w *schemaWriter) text(key, value string) {
	if value != "" {
		w.out.WriteString(`,` + quote(key) + `:` + quote(value))
	}
}

func (w *schemaWriter) strings(key string, values []string) {
	if len(values) > 0 {
		w.out.WriteString(`,` + quote(key) + `:` + quoteAll(values))
	}
}

func (w *schemaWriter) props(props map[string]json.RawMessage) {
	keys := make([]string, 0, len(props))
	for k := range props {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		w.out.WriteString(`,` + quote(k) + `:` + compact(props[k]))
	}
}

func quote(s string) string { return encode(s) }

func quoteAll(s []string) string { return encode(s) }

func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings always encode
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		panic(err) // it was parsed before
	}
	return b.String()
}
