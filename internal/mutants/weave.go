package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// variable tells a test binary which of the mutants that are woven into it to be.
const variable = "ATTUNE_MUTANT"

// weave writes mutants into one file so that the variable chooses one of them at run time. The function that a
// mutant changes gets a twin with the change, and begins by asking whether to be its twin:
//
//	func (t *Task) commit(at Time) error {
//		if planted_1 == "offsets-first" { return t.offsets_first_commit(at) }
//
// So one build serves all: what a mutant costs is compiling all that depends on it, not running its test. What
// cannot be woven, because it changes something else than the body of a function, is returned.
func weave(number int, text string, mutants []mutant) (woven string, alone []mutant, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if err != nil {
		return "", nil, err
	}
	at := func(p token.Pos) int { return files.Position(p).Offset }
	planted := fmt.Sprintf("planted_%d", number)
	edits := []edit{{at(file.Name.End()), at(file.Name.End()), `; import mutants_os "os"`}}
	named := map[*ast.FuncDecl]bool{}
	var twins strings.Builder
	for _, m := range mutants {
		from := strings.Index(text, m.before)
		if from < 0 {
			return "", nil, fmt.Errorf("%s: its text is not in %s", m.name, m.file)
		}
		// What a mutant quotes around its change, to be found once only, may lie outside the body.
		before, after := m.before, m.after
		n := len(commonPrefix(before, after))
		from, before, after = from+n, before[n:], after[n:]
		n = len(commonSuffix(before, after))
		before, after = before[:len(before)-n], after[:len(after)-n]
		d := bodyAround(file, at, from, from+len(before))
		if d == nil {
			alone = append(alone, m)
			continue
		}
		if !named[d] {
			named[d] = true
			edits = append(edits, nameParameters(d, at)...)
		}
		twin := strings.NewReplacer("-", "_").Replace(m.name) + "_" + d.Name.Name
		edits = append(edits, edit{at(d.Body.Lbrace) + 1, at(d.Body.Lbrace) + 1, fmt.Sprintf(" if %s == %q { %s };", planted, m.name, call(d, twin))})
		begin, name, end := at(d.Pos()), at(d.Name.Pos()), at(d.End())
		twins.WriteString("\n" + text[begin:name] + twin + text[name+len(d.Name.Name):from] + after + text[from+len(before):end] + "\n")
	}
	return apply(text, edits) + fmt.Sprintf("\nvar %s = mutants_os.Getenv(%q)\n", planted, variable) + twins.String(), alone, nil
}

func commonPrefix(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

func commonSuffix(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return a[len(a)-n:]
}

// bodyAround is the function whose body holds a part of the text.
func bodyAround(file *ast.File, at func(token.Pos) int, from, to int) *ast.FuncDecl {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && at(f.Body.Lbrace) < from && to <= at(f.Body.Rbrace) {
			return f
		}
	}
	return nil
}

// edit puts text in the place of a part.
type edit struct {
	from, to int
	text     string
}

func apply(text string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for _, e := range edits {
		b.WriteString(text[done:e.from] + e.text)
		done = e.to
	}
	return b.String() + text[done:]
}

// nameParameters gives a name to each parameter that has none, so that they can be passed on.
func nameParameters(d *ast.FuncDecl, at func(token.Pos) int) (edits []edit) {
	n := 0
	for _, list := range []*ast.FieldList{d.Recv, d.Type.Params} {
		if list == nil {
			continue
		}
		for _, f := range list.List {
			if len(f.Names) == 0 {
				n++
				name := fmt.Sprintf("mutants_p%d", n)
				edits = append(edits, edit{at(f.Type.Pos()), at(f.Type.Pos()), name + " "})
				f.Names = []*ast.Ident{{Name: name}}
			}
			for _, id := range f.Names {
				if id.Name == "_" {
					n++
					id.Name = fmt.Sprintf("mutants_p%d", n)
					edits = append(edits, edit{at(id.Pos()), at(id.Pos()) + 1, id.Name})
				}
			}
		}
	}
	return edits
}

// call is the statement with which a function becomes its twin.
func call(d *ast.FuncDecl, twin string) string {
	var arguments []string
	for _, f := range d.Type.Params.List {
		for _, id := range f.Names {
			name := id.Name
			if _, variadic := f.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			arguments = append(arguments, name)
		}
	}
	if d.Recv != nil {
		twin = d.Recv.List[0].Names[0].Name + "." + twin
	} else if d.Type.TypeParams != nil {
		var types []string
		for _, f := range d.Type.TypeParams.List {
			for _, id := range f.Names {
				types = append(types, id.Name)
			}
		}
		twin += "[" + strings.Join(types, ", ") + "]"
	}
	s := twin + "(" + strings.Join(arguments, ", ") + ")"
	if d.Type.Results == nil {
		return s + "; return"
	}
	return "return " + s
}
