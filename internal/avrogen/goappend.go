package avrogen

func (w *writer) recordAppend(t *Type) {
	name := GoName(t.Name)
	w.line("// AppendAvro appends the Avro binary form to dst.\nfunc (v *%s) AppendAvro(dst []byte) []byte {", name)
	for _, f := range t.Fields {
		w.append(t, f, f.Type, "v."+GoName(f.Name))
	}
	w.line("return dst\n}\n")
}

func (w *writer) unionAppend(owner *Type, f *Field, u *Type) {
	name := UnionName(owner, f)
	w.line("func (v *%s) AppendAvro(dst []byte) []byte {", name)
	w.line("dst = appendIndex(dst, uint8(v.Kind), %d)\nswitch v.Kind {", len(u.Branches))
	for _, b := range u.Branches {
		if b.Kind == Null {
			continue
		}
		w.line("case %s%s:", name, branchName(b))
		w.append(owner, f, b, "v."+branchName(b))
	}
	w.line("}\nreturn dst\n}\n")
}

// append writes the code that appends the addressable expression e of type t.
func (w *writer) append(owner *Type, f *Field, t *Type, e string) {
	switch t.Kind {
	case Null:
	case Boolean:
		w.line("dst = appendBool(dst, %s)", e)
	case Int, Long:
		w.line("dst = appendLong(dst, int64(%s))", e)
	case Float:
		w.line("dst = appendFloat(dst, %s)", e)
	case Double:
		w.line("dst = appendDouble(dst, %s)", e)
	case Bytes:
		w.line("dst = appendBytes(dst, %s)", e)
	case String:
		w.line("dst = appendString(dst, string(%s))", e)
	case Fixed:
		w.line("dst = append(dst, %s[:]...)", e)
	case Enum:
		w.line("dst = appendIndex(dst, uint8(%s), %d)", e, len(t.Symbols))
	case Record:
		w.line("dst = %s.AppendAvro(dst)", e)
	case Array, Map:
		w.appendItems(owner, f, t, e)
	case Union:
		w.appendUnion(owner, f, t, e)
	}
}

func (w *writer) appendItems(owner *Type, f *Field, t *Type, e string) {
	i := w.fresh("n")
	w.line("if len(%s) > 0 {\ndst = appendLong(dst, int64(len(%s)))\nfor %s := range %s {", e, e, i, e)
	item := e + "[" + i + "]"
	if t.Kind == Map {
		w.line("dst = appendString(dst, %s.Key)", item)
		item += ".Value"
	}
	w.append(owner, f, t.Items, item)
	w.line("}\n}\ndst = append(dst, 0)")
}

func (w *writer) appendUnion(owner *Type, f *Field, t *Type, e string) {
	of, null, ok := t.Optional()
	if !ok {
		w.line("dst = %s.AppendAvro(dst)", e)
		return
	}
	w.line("if %s.OK {\ndst = append(dst, %d)", e, (1-null)*2)
	w.append(owner, f, of, e+".V")
	w.line("} else {\ndst = append(dst, %d)\n}", null*2)
}
