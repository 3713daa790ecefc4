package avrogen

import (
	"fmt"
	"strings"
)

// initialism returns the usual Go spelling of words that are written in capitals.
func initialism(word string) (string, bool) {
	switch strings.ToLower(word) {
	case "id", "url", "uri", "uuid", "api", "http", "json", "ip", "sql":
		return strings.ToUpper(word), true
	case "ids":
		return "IDs", true
	}
	return "", false
}

// GoName turns snake_case into the exported Go name: event_id is EventID, p_15m is P15m.
func GoName(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		if capitals, ok := initialism(word); ok {
			b.WriteString(capitals)
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// branchName is the Go name of a union's branch, unique within the union.
func branchName(t *Type) string {
	if t.IsNamed() {
		return GoName(t.Name)
	}
	return GoName(string(t.Kind))
}

// ConstName is the Go name of an enum's symbol.
func ConstName(t *Type, symbol string) string {
	return GoName(t.Name) + GoName(symbol)
}

// UnionName is the Go name of the type for a union that is not simply optional.
func UnionName(owner *Type, f *Field) string {
	return GoName(owner.Name) + GoName(f.Name)
}

// GoType is the Go type of a field.
func GoType(owner *Type, f *Field) string {
	return goType(owner, f, f.Type)
}

func goType(owner *Type, f *Field, t *Type) string {
	switch t.Kind {
	case Null:
		return "struct{}"
	case Boolean:
		return "bool"
	case Int:
		return "int32"
	case Long:
		if t.Logical == TimestampMillis {
			return "Millis"
		}
		return "int64"
	case Float:
		return "float32"
	case Double:
		return "float64"
	case Bytes:
		if f.IsProtected() {
			return "ProtectedBytes"
		}
		return "[]byte"
	case String:
		return stringType(f)
	case Array:
		return "[]" + goType(owner, f, t.Items)
	case Map:
		return "[]Pair[" + goType(owner, f, t.Items) + "]"
	case Union:
		if of, _, ok := t.Optional(); ok {
			return "Opt[" + goType(owner, f, of) + "]"
		}
		return UnionName(owner, f)
	case Record, Enum, Fixed:
		return GoName(t.Name)
	}
	panic(fmt.Sprintf("no Go type for %q", t.Kind))
}

func stringType(f *Field) string {
	switch {
	case f.IsPersonRef():
		return "PersonRef"
	case f.IsProtected():
		return "Protected"
	default:
		return "string"
	}
}
