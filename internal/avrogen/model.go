package avrogen

import (
	"encoding/json"
	"sort"
)

// Kind is the sort of an Avro type.
type Kind string

// The Avro types.
const (
	Null    Kind = "null"
	Boolean Kind = "boolean"
	Int     Kind = "int"
	Long    Kind = "long"
	Float   Kind = "float"
	Double  Kind = "double"
	Bytes   Kind = "bytes"
	String  Kind = "string"
	Record  Kind = "record"
	Enum    Kind = "enum"
	Array   Kind = "array"
	Map     Kind = "map"
	Union   Kind = "union"
	Fixed   Kind = "fixed"
)

// TimestampMillis is the one logical type that has a Go type of its own.
const TimestampMillis = "timestamp-millis"

// Type is one Avro type with all references resolved: a record that two others use is the same *Type in both.
type Type struct {
	Kind      Kind
	Logical   string   // logicalType, or empty
	Name      string   // of records, enums and fixed
	Namespace string   // of records, enums and fixed
	Doc       string   // of records, enums and fixed
	Aliases   []string // of records, enums and fixed
	Fields    []*Field // of records
	Symbols   []string // of enums
	Default   string   // of enums, or empty
	Items     *Type    // of arrays, and the values of maps
	Branches  []*Type  // of unions
	Size      int      // of fixed
	File      string   // the schema file, without extension, that defines a named type
	Props     map[string]json.RawMessage

	reference string // an unresolved name, while loading
}

// Field is one field of a record.
type Field struct {
	Name    string
	Doc     string
	Type    *Type
	Default json.RawMessage // nil where there is none
	Aliases []string
	Tag     string // "attune.tag": phi, identifier, consent-scope, or empty
	Props   map[string]json.RawMessage
}

// FullName is the name with its namespace.
func (t *Type) FullName() string {
	if t.Namespace == "" {
		return t.Name
	}
	return t.Namespace + "." + t.Name
}

// IsNamed says whether the type has a name of its own.
func (t *Type) IsNamed() bool {
	return t.Kind == Record || t.Kind == Enum || t.Kind == Fixed
}

// Optional returns X and the index of null where the type is ["null", X] or [X, "null"].
func (t *Type) Optional() (of *Type, null int, ok bool) {
	if t.Kind != Union || len(t.Branches) != 2 {
		return nil, 0, false
	}
	for i, b := range t.Branches {
		if other := t.Branches[1-i]; b.Kind == Null && other.Kind != Null {
			return other, i, true
		}
	}
	return nil, 0, false
}

// IsProtected says whether the field holds patient data that must not be shown.
func (f *Field) IsProtected() bool {
	return f.Tag == "phi" || f.Tag == "identifier"
}

// IsPersonRef says whether the field names a person: person_ref, or any with the property attune.type person_ref.
func (f *Field) IsPersonRef() bool {
	return f.Name == "person_ref" || string(f.Props["attune.type"]) == `"person_ref"`
}

// Model is everything that a folder of schemas defines.
type Model struct {
	Tops  []*Type          // the records that files are named for, in file order
	Types map[string]*Type // all named types by full name
}

// Top returns the top-level record of the name, without namespace, or nil.
func (m *Model) Top(name string) *Type {
	for _, t := range m.Tops {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// InFile returns the named types that a file defines: the top-level one first, then by name.
func (m *Model) InFile(file string) []*Type {
	var found []*Type
	for _, t := range m.Types {
		if t.File == file {
			found = append(found, t)
		}
	}
	isTop := func(t *Type) bool { return m.Top(t.Name) == t }
	sort.Slice(found, func(i, j int) bool {
		if a, b := isTop(found[i]), isTop(found[j]); a != b {
			return a
		}
		return found[i].Name < found[j].Name
	})
	return found
}

// minSize is the least number of bytes that a value takes. It bounds hostile array counts.
func (t *Type) minSize() int {
	switch t.Kind {
	case Null:
		return 0
	case Float:
		return 4
	case Double:
		return 8
	case Fixed:
		return t.Size
	case Record:
		n := 0
		for _, f := range t.Fields {
			n += f.Type.minSize()
		}
		return n
	case Union:
		least := t.Branches[0].minSize()
		for _, b := range t.Branches[1:] {
			least = min(least, b.minSize())
		}
		return 1 + least
	default:
		return 1
	}
}
