package avrogen

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"
)

const header = "// Code generated from the .avsc files by internal/avrogen. DO NOT EDIT.\n\npackage %s\n\n"

// Generate returns the generated Go files by name: one for each schema file, the list of records, and the fuzz targets.
func Generate(m *Model, pkg string) (map[string][]byte, error) {
	if err := checkNames(m); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, top := range m.Tops {
		w := &writer{}
		w.line(header, pkg)
		for _, t := range m.InFile(top.File) {
			w.namedType(t)
		}
		w.line("// %sSchema is the self-contained Avro schema of %s.", GoName(top.Name), GoName(top.Name))
		w.line("const %sSchema = `%s`", GoName(top.Name), SelfContained(top))
		if err := w.save(files, top.File+"_gen.go"); err != nil {
			return nil, err
		}
	}
	if err := listOfRecords(m, pkg).save(files, "records_gen.go"); err != nil {
		return nil, err
	}
	if err := fuzzTargets(m, pkg).save(files, "fuzz_gen_test.go"); err != nil {
		return nil, err
	}
	return files, nil
}

func listOfRecords(m *Model, pkg string) *writer {
	w := &writer{}
	w.line(header, pkg)
	w.line("// Definitions lists all top-level records, by name of their schema file.")
	w.line("func Definitions() []Definition {\nreturn []Definition{")
	for _, t := range m.Tops {
		name := GoName(t.Name)
		w.line("{Name: %q, File: %q, Schema: %sSchema, New: func() Record { return new(%s) }},", name, t.File, name, name)
	}
	w.line("}\n}")
	return w
}

func fuzzTargets(m *Model, pkg string) *writer {
	w := &writer{}
	w.line(header, pkg)
	w.line("import \"testing\"\n")
	for _, t := range m.Tops {
		name := GoName(t.Name)
		w.line("func Fuzz%s(f *testing.F) {\nfuzzCodec(f, %sSchema, func() Record { return new(%s) })\n}\n", name, name, name)
	}
	return w
}

// checkNames refuses schemas whose Go names would clash.
func checkNames(m *Model) error {
	taken := map[string]string{}
	var clash error
	claim := func(name, by string) {
		if other, ok := taken[name]; ok && clash == nil {
			clash = fmt.Errorf("the Go name %s stands for both %s and %s", name, other, by)
		}
		taken[name] = by
	}
	for _, t := range m.Types {
		claim(GoName(t.Name), t.FullName())
		for _, s := range t.Symbols {
			claim(ConstName(t, s), "symbol "+s+" of "+t.Name)
		}
		for _, f := range t.Fields {
			if u := unionOf(f.Type); u != nil {
				claim(UnionName(t, f), "union "+t.Name+"."+f.Name)
				claim(UnionName(t, f)+"Kind", "kinds of union "+t.Name+"."+f.Name)
				for _, b := range u.Branches {
					claim(UnionName(t, f)+branchName(b), "a branch of "+t.Name+"."+f.Name)
				}
			}
		}
	}
	return clash
}

// unionOf returns the union within a field's type that needs a Go type of its own, or nil.
func unionOf(t *Type) *Type {
	switch t.Kind {
	case Array, Map:
		return unionOf(t.Items)
	case Union:
		if of, _, ok := t.Optional(); ok {
			return unionOf(of)
		}
		return t
	}
	return nil
}

// writer collects Go source.
type writer struct {
	body bytes.Buffer
	vars int
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.body, format+"\n", args...)
}

// fresh returns a variable name that is not in use.
func (w *writer) fresh(prefix string) string {
	w.vars++
	return fmt.Sprintf("%s%d", prefix, w.vars)
}

func (w *writer) doc(name, text string) {
	if text == "" {
		text = "see the schema."
	}
	w.line("// %s: %s", name, strings.TrimSpace(text))
}

func (w *writer) save(files map[string][]byte, name string) error {
	text := addImports(w.body.Bytes())
	formatted, err := format.Source(text)
	if err != nil {
		return fmt.Errorf("format %s: %w", name, err)
	}
	files[name] = formatted
	return nil
}

// addImports adds what the generated code uses after the package clause.
func addImports(text []byte) []byte {
	var imports []string
	for _, p := range []string{"fmt", "slices"} {
		if bytes.Contains(text, []byte(p+".")) {
			imports = append(imports, fmt.Sprintf("%q", p))
		}
	}
	if len(imports) == 0 {
		return text
	}
	i := bytes.Index(text, []byte("\npackage "))
	end := i + 1 + bytes.IndexByte(text[i+1:], '\n') + 1
	block := "\nimport (\n" + strings.Join(imports, "\n") + "\n)\n"
	return append(append(append([]byte{}, text[:end]...), block...), text[end:]...)
}
