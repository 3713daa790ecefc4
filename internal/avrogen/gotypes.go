package avrogen

import "fmt"

func (w *writer) namedType(t *Type) {
	switch t.Kind {
	case Record:
		w.record(t)
	case Enum:
		w.enum(t)
	case Fixed:
		w.doc(GoName(t.Name), t.Doc)
		w.line("type %s [%d]byte\n", GoName(t.Name), t.Size)
	}
}

func (w *writer) record(t *Type) {
	name := GoName(t.Name)
	w.doc(name, t.Doc)
	w.line("type %s struct {", name)
	for _, f := range t.Fields {
		if f.Doc != "" {
			w.line("// %s", f.Doc)
		}
		w.line("%s %s", GoName(f.Name), GoType(t, f))
	}
	w.line("}\n")
	for _, f := range t.Fields {
		if u := unionOf(f.Type); u != nil {
			w.union(t, f, u)
		}
	}
	w.recordAppend(t)
	w.recordDecode(t)
	w.recordClone(t)
	w.recordReset(t)
}

func (w *writer) union(owner *Type, f *Field, u *Type) {
	name := UnionName(owner, f)
	w.line("// %sKind says which branch of a %s holds.\ntype %sKind uint8\n", name, name, name)
	w.line("// The branches of %s, by their index in the schema.\nconst (", name)
	for i, b := range u.Branches {
		w.line("%s%s %sKind = %d", name, branchName(b), name, i)
	}
	w.line(")\n")
	w.stringer(name+"Kind", u.Branches, func(b *Type) string { return branchName(b) })
	w.line("// %s is one of its branches: the one that Kind says; the others are zero.\ntype %s struct {\nKind %sKind", name, name, name)
	for _, b := range u.Branches {
		if b.Kind != Null {
			w.line("%s %s", branchName(b), goType(owner, f, b))
		}
	}
	w.line("}\n")
	w.unionAppend(owner, f, u)
	w.unionDecode(owner, f, u)
	w.unionReset(owner, f, u)
	if needsClone(u) {
		w.unionClone(owner, f, u)
	}
}

func (w *writer) stringer(name string, branches []*Type, text func(*Type) string) {
	w.line("// String names the branch.\nfunc (k %s) String() string {\nswitch k {", name)
	for i, b := range branches {
		w.line("case %d:\nreturn %q", i, text(b))
	}
	w.line("}\nreturn fmt.Sprintf(\"%s(%%d)\", uint8(k))\n}\n", name)
}

func (w *writer) enum(t *Type) {
	name := GoName(t.Name)
	w.doc(name, t.Doc)
	w.line("type %s uint8\n", name)
	w.line("// The symbols of %s.\nconst (", name)
	for i, s := range t.Symbols {
		w.line("%s %s = %d", ConstName(t, s), name, i)
	}
	w.line(")\n")
	w.line("// %sCount is how many symbols %s has.\nconst %sCount = %d\n", name, name, name, len(t.Symbols))
	w.line("// String is the symbol.\nfunc (e %s) String() string {\nswitch e {", name)
	for _, s := range t.Symbols {
		w.line("case %s:\nreturn %q", ConstName(t, s), s)
	}
	w.line("}\nreturn fmt.Sprintf(\"%s(%%d)\", uint8(e))\n}\n", name)
	w.line("// Parse%s finds the value of a symbol; ok is false where there is none.", name)
	w.line("func Parse%s(symbol string) (e %s, ok bool) {\nswitch symbol {", name, name)
	for _, s := range t.Symbols {
		w.line("case %q:\nreturn %s, true", s, ConstName(t, s))
	}
	w.line("}\nreturn %s, false\n}\n", enumDefault(t))
	w.line("// MarshalText is the symbol.\nfunc (e %s) MarshalText() ([]byte, error) { return []byte(e.String()), nil }\n", name)
	w.line("// UnmarshalText reads a symbol.\nfunc (e *%s) UnmarshalText(text []byte) error {", name)
	w.line("v, ok := Parse%s(string(text))\nif !ok {\nreturn &DecodeError{Field: %q, Problem: ProblemEnum}\n}\n*e = v\nreturn nil\n}\n", name, name)
}

func enumDefault(t *Type) string {
	if t.Default != "" {
		return ConstName(t, t.Default)
	}
	return fmt.Sprintf("%s(0)", GoName(t.Name))
}
