package avrogen

// needsClone says whether a copy of the value shares memory with it.
func needsClone(t *Type) bool {
	switch t.Kind {
	case String, Bytes, Array, Map:
		return true
	case Record:
		for _, f := range t.Fields {
			if needsClone(f.Type) {
				return true
			}
		}
	case Union:
		for _, b := range t.Branches {
			if needsClone(b) {
				return true
			}
		}
	}
	return false
}

func (w *writer) recordClone(t *Type) {
	name := GoName(t.Name)
	w.line("// Clone returns a copy that shares no memory with v.\nfunc (v *%s) Clone() %s {\nc := *v", name, name)
	for _, f := range t.Fields {
		w.clone(f.Type, "c."+GoName(f.Name))
	}
	w.line("return c\n}\n")
}

func (w *writer) unionClone(owner *Type, f *Field, u *Type) {
	name := UnionName(owner, f)
	w.line("// Clone returns a copy that shares no memory with v.\nfunc (v *%s) Clone() %s {\nc := *v\nswitch v.Kind {", name, name)
	for _, b := range u.Branches {
		if needsClone(b) {
			w.line("case %s%s:", name, branchName(b))
			w.clone(b, "c."+branchName(b))
		}
	}
	w.line("}\nreturn c\n}\n")
}

// clone writes the code that gives the expression e, a flat copy, memory of its own.
func (w *writer) clone(t *Type, e string) {
	if !needsClone(t) {
		return
	}
	switch t.Kind {
	case String:
		w.line("%s = cloneString(%s)", e, e)
	case Bytes:
		w.line("%s = slices.Clone(%s)", e, e)
	case Record:
		w.line("%s = %s.Clone()", e, e)
	case Array, Map:
		w.cloneItems(t, e)
	case Union:
		of, _, ok := t.Optional()
		if !ok {
			w.line("%s = %s.Clone()", e, e)
			return
		}
		w.clone(of, e+".V")
	}
}

func (w *writer) cloneItems(t *Type, e string) {
	w.line("%s = slices.Clone(%s)", e, e)
	if t.Kind == Array && !needsClone(t.Items) {
		return
	}
	i := w.fresh("n")
	item := e + "[" + i + "]"
	w.line("for %s := range %s {", i, e)
	if t.Kind == Map {
		w.line("%s.Key = cloneString(%s.Key)", item, item)
		item += ".Value"
	}
	w.clone(t.Items, item)
	w.line("}")
}

// keepsMemory says whether Reset of the value keeps memory for reuse.
func keepsMemory(t *Type) bool {
	switch t.Kind {
	case Array, Map:
		return true
	case Record:
		for _, f := range t.Fields {
			if keepsMemory(f.Type) {
				return true
			}
		}
	case Union:
		if _, _, ok := t.Optional(); ok {
			return false
		}
		for _, b := range t.Branches {
			if keepsMemory(b) {
				return true
			}
		}
	}
	return false
}

func (w *writer) recordReset(t *Type) {
	name := GoName(t.Name)
	w.line("// Reset makes all fields zero; slices keep their memory for reuse.\nfunc (v *%s) Reset() {", name)
	if !keepsMemory(t) {
		w.line("*v = %s{}\n}\n", name)
		return
	}
	for _, f := range t.Fields {
		w.reset(t, f, f.Type, "v."+GoName(f.Name))
	}
	w.line("}\n")
}

func (w *writer) unionReset(owner *Type, f *Field, u *Type) {
	name := UnionName(owner, f)
	w.line("// Reset makes the first branch hold, with all its fields zero; slices keep their memory for reuse.\nfunc (v *%s) Reset() {", name)
	if !keepsMemory(u) {
		w.line("*v = %s{}\n}\n", name)
		return
	}
	w.line("switch v.Kind {")
	for _, b := range u.Branches {
		if b.Kind != Null {
			w.line("case %s%s:", name, branchName(b))
			w.reset(owner, f, b, "v."+branchName(b))
		}
	}
	w.line("}\nv.Kind = 0\n}\n")
}

func (w *writer) reset(owner *Type, f *Field, t *Type, e string) {
	switch {
	case t.Kind == Null:
	case t.Kind == Array || t.Kind == Map:
		w.line("%s = %s[:0]", e, e)
	case t.Kind == Record && keepsMemory(t), t.Kind == Union && keepsMemory(t):
		w.line("%s.Reset()", e)
	default:
		w.line("%s = %s", e, zero(owner, f, t))
	}
}

func zero(owner *Type, f *Field, t *Type) string {
	switch t.Kind {
	case Boolean:
		return "false"
	case Int, Long, Float, Double, Enum:
		return "0"
	case String:
		return `""`
	case Bytes:
		return "nil"
	default:
		return goType(owner, f, t) + "{}"
	}
}
