package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

const module = "github.com/attune-health/attune"

// comments finds the comments of fields in the source of our packages.
type comments struct {
	root string
	// By import path, then by type and field.
	packages map[string]map[string]string
}

// of is the comment of a field, in the YAML's words.
func (c *comments) of(t reflect.Type, field string) (string, error) {
	fields, ok := c.packages[t.PkgPath()]
	if !ok {
		var err error
		if fields, err = c.read(t.PkgPath()); err != nil {
			return "", err
		}
		c.packages[t.PkgPath()] = fields
	}
	return inYAML(t, fields[t.Name()+"."+field]), nil
}

func (c *comments) read(path string) (map[string]string, error) {
	dir := filepath.Join(c.root, filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(path, module), "/")))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("source of %s: %w", path, err)
	}
	out := map[string]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				collect(out, spec.Name.Name, s)
			}
			return false
		})
	}
	return out, nil
}

func collect(out map[string]string, name string, s *ast.StructType) {
	for _, field := range s.Fields.List {
		text := field.Doc.Text()
		if text == "" {
			text = field.Comment.Text()
		}
		for _, id := range field.Names {
			out[name+"."+id.Name] = strings.Join(strings.Fields(text), " ")
		}
	}
}

var (
	word = regexp.MustCompile(`\b[A-Z]\w*`)
	// onlyDefault is a sentence that says no more than the value that stands below it.
	onlyDefault = regexp.MustCompile(`(^| )Default (-?[0-9][^:,;.]*(\.[0-9]+)?|[\w:.-]+)\.( |$)`)
)

// inYAML names fields by their keys: the first word, and names of several words, which can only be fields.
func inYAML(t reflect.Type, comment string) string {
	keys := map[string]string{}
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" && key != "-" {
			keys[t.Field(i).Name] = key
		}
	}
	comment = strings.TrimSpace(onlyDefault.ReplaceAllString(comment, "$1"))
	first := true
	return word.ReplaceAllStringFunc(comment, func(w string) string {
		key, ok := keys[w]
		replace := ok && (first && strings.HasPrefix(comment, w) || strings.Contains(key, "_"))
		first = false
		if replace {
			return key
		}
		return w
	})
}
