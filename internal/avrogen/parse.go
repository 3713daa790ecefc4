package avrogen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Load reads and checks all .avsc files of a folder. It returns every problem that it finds.
func Load(dir string) (*Model, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.avsc"))
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	sort.Strings(files)
	p := &parser{model: &Model{Types: map[string]*Type{}}}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		p.file(strings.TrimSuffix(filepath.Base(path), ".avsc"), text)
	}
	return p.finish()
}

// Parse reads one self-contained schema.
func Parse(name string, text []byte) (*Type, error) {
	p := &parser{model: &Model{Types: map[string]*Type{}}}
	p.file(name, text)
	m, err := p.finish()
	if err != nil {
		return nil, err
	}
	return m.Tops[0], nil
}

type parser struct {
	model    *Model
	name     string // of the file being read
	problems []error
}

func (p *parser) problem(format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf(p.name+".avsc: "+format, args...))
}

func (p *parser) file(name string, text []byte) {
	p.name = name
	t := p.parse(text, "")
	if t.Kind != Record {
		p.problem("the top of a schema file must be a record")
		return
	}
	p.model.Tops = append(p.model.Tops, t)
}

func (p *parser) finish() (*Model, error) {
	for _, t := range p.model.Tops {
		p.name = t.File
		p.resolve(t, map[*Type]bool{})
	}
	if len(p.problems) == 0 {
		for _, t := range p.model.Tops {
			p.name = t.File
			p.check(t)
		}
	}
	return p.model, errors.Join(p.problems...)
}

// definition holds every attribute that an Avro type may have.
type definition struct {
	Type      json.RawMessage
	Logical   string `json:"logicalType"`
	Name      string
	Namespace string
	Doc       string
	Aliases   []string
	Fields    []json.RawMessage
	Symbols   []string
	Default   json.RawMessage
	Items     json.RawMessage
	Values    json.RawMessage
	Size      int
}

func (p *parser) parse(text []byte, namespace string) *Type {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		p.problem("a type is missing")
		return &Type{Kind: Null}
	}
	switch text[0] {
	case '"':
		var name string
		p.decode(text, &name)
		return p.named(name, namespace)
	case '[':
		return p.union(text, namespace)
	default:
		return p.definition(text, namespace)
	}
}

func (p *parser) decode(text []byte, into any) {
	if err := json.Unmarshal(text, into); err != nil {
		p.problem("not readable: %w", err)
	}
}

func (p *parser) named(name, namespace string) *Type {
	switch k := Kind(name); k {
	case Null, Boolean, Int, Long, Float, Double, Bytes, String:
		return &Type{Kind: k}
	}
	if !strings.Contains(name, ".") && namespace != "" {
		name = namespace + "." + name
	}
	return &Type{reference: name}
}

func (p *parser) union(text []byte, namespace string) *Type {
	var branches []json.RawMessage
	p.decode(text, &branches)
	t := &Type{Kind: Union}
	for _, b := range branches {
		t.Branches = append(t.Branches, p.parse(b, namespace))
	}
	return t
}

func (p *parser) definition(text []byte, namespace string) *Type {
	var d definition
	p.decode(text, &d)
	var kind string
	if json.Unmarshal(d.Type, &kind) != nil {
		return p.parse(d.Type, namespace) // {"type": {...}}
	}
	t := &Type{Kind: Kind(kind), Logical: d.Logical, Doc: d.Doc, Size: d.Size, Symbols: d.Symbols, Aliases: d.Aliases}
	t.Props = p.props(text, "type", "logicalType", "name", "namespace", "doc", "aliases", "fields", "symbols", "default", "items", "values", "size")
	switch t.Kind {
	case Record, Enum, Fixed:
		p.define(t, d, namespace)
	case Array:
		t.Items = p.parse(d.Items, namespace)
	case Map:
		t.Items = p.parse(d.Values, namespace)
	case Null, Boolean, Int, Long, Float, Double, Bytes, String:
	default:
		return p.named(kind, namespace)
	}
	return t
}

func (p *parser) define(t *Type, d definition, namespace string) {
	t.Name, t.Namespace, t.File = d.Name, d.Namespace, p.name
	if i := strings.LastIndexByte(t.Name, '.'); i >= 0 {
		t.Namespace, t.Name = t.Name[:i], t.Name[i+1:]
	}
	if t.Namespace == "" {
		t.Namespace = namespace
	}
	if other := p.model.Types[t.FullName()]; other != nil {
		p.problem("%s is defined in %s.avsc, too", t.Name, other.File)
	}
	p.model.Types[t.FullName()] = t
	if t.Kind == Enum && d.Default != nil {
		p.decode(d.Default, &t.Default)
	}
	for _, f := range d.Fields {
		t.Fields = append(t.Fields, p.field(f, t.Namespace))
	}
}

func (p *parser) field(text []byte, namespace string) *Field {
	var d definition
	p.decode(text, &d)
	f := &Field{Name: d.Name, Doc: d.Doc, Default: d.Default, Aliases: d.Aliases, Type: p.parse(d.Type, namespace)}
	f.Props = p.props(text, "name", "type", "doc", "default", "aliases")
	if tag := f.Props["attune.tag"]; tag != nil {
		p.decode(tag, &f.Tag)
	}
	return f
}

func (p *parser) props(text []byte, known ...string) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	p.decode(text, &all)
	for _, k := range known {
		delete(all, k)
	}
	return all
}

// resolve replaces references by the types that they name.
func (p *parser) resolve(t *Type, open map[*Type]bool) *Type {
	if t.reference != "" {
		found := p.model.Types[t.reference]
		if found == nil {
			p.problem("type %s is not defined", t.reference)
			return &Type{Kind: Null}
		}
		t = found
	}
	if open[t] {
		p.problem("record %s contains itself", t.Name)
		return &Type{Kind: Null}
	}
	open[t] = true
	defer delete(open, t)
	for _, f := range t.Fields {
		f.Type = p.resolve(f.Type, open)
	}
	for i, b := range t.Branches {
		t.Branches[i] = p.resolve(b, open)
	}
	if t.Items != nil {
		t.Items = p.resolve(t.Items, open)
	}
	return t
}
