package avrogen

import "slices"

// check reports what the generator cannot turn into Go, or what would not be valid Avro.
func (p *parser) check(t *Type) {
	switch t.Kind {
	case Enum:
		p.checkEnum(t)
	case Array, Map:
		if t.Kind == Array && t.Items.minSize() == 0 {
			p.problem("array items must take at least one byte")
		}
		p.check(t.Items)
	case Union:
		p.checkUnion(t)
	case Fixed:
		if t.Size <= 0 {
			p.problem("fixed %s has no size", t.Name)
		}
	case Record:
		p.checkRecord(t)
	}
}

func (p *parser) checkEnum(t *Type) {
	if len(t.Symbols) == 0 || len(t.Symbols) > 256 {
		p.problem("enum %s has %d symbols; 1 to 256 are possible", t.Name, len(t.Symbols))
	}
	for _, s := range t.Symbols {
		if GoName(s) == "Count" {
			p.problem("enum %s: the symbol %q would take the name of the constant that counts them", t.Name, s)
		}
	}
	if t.Default != "" && !slices.Contains(t.Symbols, t.Default) {
		p.problem("enum %s: default is not one of its symbols", t.Name)
	}
}

func (p *parser) checkUnion(t *Type) {
	seen := map[string]bool{}
	for _, b := range t.Branches {
		if b.Kind == Union {
			p.problem("a union within a union")
		}
		if name := branchName(b); seen[name] {
			p.problem("a union with two branches %s", name)
		} else {
			seen[name] = true
		}
		p.check(b)
	}
	if len(t.Branches) == 0 || len(t.Branches) > 256 {
		p.problem("a union of %d branches", len(t.Branches))
	}
}

func (p *parser) checkRecord(t *Type) {
	seen := map[string]bool{}
	for _, f := range t.Fields {
		if name := GoName(f.Name); seen[name] || name == "" {
			p.problem("%s has no name of its own: %q", t.Name, f.Name)
		} else {
			seen[name] = true
		}
		p.check(f.Type)
	}
}
