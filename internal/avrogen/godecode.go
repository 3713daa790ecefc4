package avrogen

func (w *writer) recordDecode(t *Type) {
	name := GoName(t.Name)
	w.line("// DecodeAvro reads the Avro binary form and returns what follows it. Strings and bytes alias src: they hold as long")
	w.line("// as src is neither changed nor reused (Clone copies them). Slices of v are reused. After an error v is unspecified.")
	w.line("func (v *%s) DecodeAvro(src []byte) (rest []byte, err error) {", name)
	w.line("i, err := v.decodeAvro(src, 0)\nif err != nil {\nreturn nil, err\n}\nreturn src[i:], nil\n}\n")
	w.line("func (v *%s) decodeAvro(src []byte, i int) (_ int, err error) {", name)
	for _, f := range t.Fields {
		w.decode(t, f, f.Type, "v."+GoName(f.Name))
	}
	w.line("return i, nil\n}\n")
}

func (w *writer) unionDecode(owner *Type, f *Field, u *Type) {
	name := UnionName(owner, f)
	w.line("func (v *%s) decodeAvro(src []byte, i int) (_ int, err error) {\nvar k int", name)
	w.read(owner, f, "k", "readIndex(src, i, %d)", len(u.Branches))
	w.line("if kind := %sKind(k); kind != v.Kind {\nv.Reset()\nv.Kind = kind\n}\nswitch v.Kind {", name)
	for _, b := range u.Branches {
		if b.Kind == Null {
			continue
		}
		w.line("case %s%s:", name, branchName(b))
		w.decode(owner, f, b, "v."+branchName(b))
	}
	w.line("}\nreturn i, nil\n}\n")
}

// read writes one call of a read function, with its check.
func (w *writer) read(owner *Type, f *Field, to, call string, args ...any) {
	w.line("if "+to+", i = "+call+"; i < 0 {", args...)
	w.fail(owner, f)
}

func (w *writer) fail(owner *Type, f *Field) {
	w.line("return 0, &DecodeError{Field: \"%s.%s\", Problem: Problem(i)}\n}", owner.Name, f.Name)
}

// decode writes the code that reads into the addressable expression e of type t.
func (w *writer) decode(owner *Type, f *Field, t *Type, e string) {
	switch t.Kind {
	case Null:
	case Boolean:
		w.read(owner, f, e, "readBool(src, i)")
	case Int:
		w.read(owner, f, e, "readInt(src, i)")
	case Long:
		w.decodeAs(owner, f, t, e, "int64", "readLong(src, i)")
	case Float:
		w.read(owner, f, e, "readFloat(src, i)")
	case Double:
		w.read(owner, f, e, "readDouble(src, i)")
	case Bytes:
		w.decodeAs(owner, f, t, e, "[]byte", "readBytes(src, i)")
	case String:
		w.decodeAs(owner, f, t, e, "string", "readString(src, i)")
	case Fixed:
		w.line("if i = readFixed(%s[:], src, i); i < 0 {", e)
		w.fail(owner, f)
	case Enum:
		w.decodeEnum(owner, f, t, e)
	case Record:
		w.line("if i, err = %s.decodeAvro(src, i); err != nil {\nreturn 0, err\n}", e)
	case Array, Map:
		w.decodeItems(owner, f, t, e)
	case Union:
		w.decodeUnion(owner, f, t, e)
	}
}

// decodeAs reads a value of a plain type into one of a derived type.
func (w *writer) decodeAs(owner *Type, f *Field, t *Type, e, plain, call string) {
	named := goType(owner, f, t)
	if named == plain {
		w.read(owner, f, e, call)
		return
	}
	x := w.fresh("x")
	w.line("var %s %s", x, plain)
	w.read(owner, f, x, call)
	w.line("%s = %s(%s)", e, named, x)
}

func (w *writer) decodeEnum(owner *Type, f *Field, t *Type, e string) {
	x := w.fresh("x")
	w.line("var %s int", x)
	w.read(owner, f, x, "readIndex(src, i, %d)", len(t.Symbols))
	w.line("%s = %s(%s)", e, GoName(t.Name), x)
}

// decodeItems reads blocks of items. Each block's count is bounded by the bytes that remain.
func (w *writer) decodeItems(owner *Type, f *Field, t *Type, e string) {
	n, item, least := w.fresh("n"), w.fresh("item"), t.Items.minSize()
	if t.Kind == Map {
		least++
	}
	w.line("%s = %s[:0]\nfor {\nvar %s int", e, e, n)
	w.read(owner, f, n, "readBlock(src, i, %d)", least)
	w.line("if %s == 0 {\nbreak\n}\n%s = reserve(%s, %s)", n, e, e, n)
	w.line("for range %s {\n%s = extend(%s)\n%s := &%s[len(%s)-1]", n, e, e, item, e, e)
	if t.Kind == Map {
		w.read(owner, f, item+".Key", "readString(src, i)")
		w.decode(owner, f, t.Items, item+".Value")
	} else if isPlain(t.Items) {
		w.decode(owner, f, t.Items, "*"+item)
	} else {
		w.decode(owner, f, t.Items, "(*"+item+")")
	}
	w.line("}\n}")
	if t.Kind == Map {
		w.line("if i = checkKeys(%s, i); i < 0 {", e)
		w.fail(owner, f)
	}
}

// isPlain says whether a value is set by simple assignment, which needs no brackets around the dereference.
func isPlain(t *Type) bool {
	switch t.Kind {
	case Record, Union, Array, Map, Fixed:
		return false
	}
	return true
}

func (w *writer) decodeUnion(owner *Type, f *Field, t *Type, e string) {
	of, null, ok := t.Optional()
	if !ok {
		w.line("if i, err = %s.decodeAvro(src, i); err != nil {\nreturn 0, err\n}", e)
		return
	}
	x := w.fresh("x")
	w.line("var %s int", x)
	w.read(owner, f, x, "readIndex(src, i, 2)")
	w.line("if %s.OK = %s != %d; %s.OK {", e, x, null, e)
	w.decode(owner, f, of, e+".V")
	w.line("} else {\n%s = %s{}\n}", e, goType(owner, f, t))
}
