package main

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"

	"github.com/attune-health/attune/internal/avrogen"
)

const goHeader = "// Code generated from the .avsc files by internal/chgen. DO NOT EDIT.\n\npackage clickhouse\n\n"

type source struct{ bytes.Buffer }

func (s *source) line(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func (s *source) formatted() ([]byte, error) {
	text, err := format.Source(s.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w in\n%s", err, s.String())
	}
	return text, nil
}

// tablesFile writes the tables as data.
func tablesFile(tables []*table) ([]byte, error) {
	s := &source{}
	s.line(goHeader + "import _ \"embed\"\n")
	s.line("//go:embed tables_gen.sql\nvar createTables string\n")
	s.line("// factTables lists what tables_gen.sql creates.\nfunc factTables() []tableSpec {\nreturn []tableSpec{")
	for _, t := range tables {
		s.line("{\nName: %q,\nEventTime: %q,\nReplaces: %q,\nPartitionBy: %q,\nOrderBy: %q,\nColumns: []columnSpec{",
			t.name, t.eventTime, t.engineArguments(), t.partitionBy(), strings.Join(t.orderBy, ", "))
		for _, c := range t.columns {
			s.line("{Name: %q, Type: %q, Default: %q, Comment: %q},", c.name, c.sqlType(), c.byServer, c.comment)
		}
		s.line("},\n},")
	}
	s.line("}\n}")
	return s.formatted()
}

// rowsFile writes the type that keeps rows of one table by column.
func rowsFile(t *table) ([]byte, error) {
	s := &source{}
	s.line("%s", goHeader)
	s.line("import (")
	s.line("%q\n)\n", "github.com/attune-health/attune/schemas")
	s.structType(t)
	s.appendMethod(t)
	s.bookkeeping(t)
	s.writeMethod(t)
	return s.formatted()
}

func (t *table) goType() string { return lowerFirst(avrogen.GoName(t.name)) + "Rows" }

func (t *table) inserted() []*column {
	var out []*column
	for _, c := range t.columns {
		if c.byServer == "" {
			out = append(out, c)
		}
	}
	return out
}

func (s *source) structType(t *table) {
	s.line("// %s keeps rows of table %s by column.\ntype %s struct {", t.goType(), t.name, t.goType())
	for _, c := range t.inserted() {
		stars := ""
		if c.array {
			stars = "[]"
		}
		s.line("%s []%s%s", c.goName(), stars, c.kind.store)
	}
	s.line("}\n")
}

func (s *source) appendMethod(t *table) {
	s.line("// append adds the row of one record. What the row keeps is copied to the scratch memory.")
	s.line("func (c *%s) append(s *scratch, r *schemas.%s, at place) {", t.goType(), avrogen.GoName(t.record))
	for _, g := range t.groups {
		if g.union != "" {
			s.unionGroup(g)
			continue
		}
		for _, x := range g.sets {
			s.appendTo(x.column, fmt.Sprintf(x.column.kind.set, x.value))
		}
		for _, a := range g.arrays {
			s.arrayGroup(g, a)
		}
	}
	s.line("s.size += %d", t.width())
	s.line("}\n")
}

func (s *source) appendTo(c *column, value string) {
	s.line("c.%s = append(c.%s, %s)", c.goName(), c.goName(), value)
}

func (s *source) unionGroup(g *group) {
	s.line("switch u := &%s; u.Kind {", g.union)
	for _, b := range g.branches {
		s.line("case schemas.%s:\nb := &u.%s", b.kind, b.field)
		for _, c := range g.merged {
			value := c.kind.zero
			for _, x := range b.sets {
				if x.column == c {
					value = fmt.Sprintf(c.kind.set, x.value)
				}
			}
			s.appendTo(c, value)
		}
	}
	s.line("}")
}

func (s *source) arrayGroup(g *group, a arraySet) {
	s.line("{")
	s.line("n := len(%s.%s)", g.from, a.field)
	for i, x := range a.items {
		s.line("a%d := s.%s.take(n)", i, x.column.kind.slab)
	}
	s.line("for i := range n {\ne := &%s.%s[i]", g.from, a.field)
	for i, x := range a.items {
		s.line("a%d[i] = %s", i, fmt.Sprintf(x.column.kind.set, x.value))
	}
	s.line("}")
	for i, x := range a.items {
		s.appendTo(x.column, fmt.Sprintf("a%d", i))
		s.line("s.size += n * %d", x.column.kind.width)
	}
	s.line("}")
}

// width is what a row takes apart from text and array items.
func (t *table) width() int {
	n := 0
	for _, c := range t.inserted() {
		if c.array {
			n += 24
		} else {
			n += c.kind.width
		}
	}
	return n
}

func (s *source) bookkeeping(t *table) {
	first := t.inserted()[0].goName()
	s.line("func (c *%s) spec() tableSpec { return factTable(%q) }\n", t.goType(), t.name)
	s.line("func (c *%s) rows() int { return len(c.%s) }\n", t.goType(), first)
	s.line("func (c *%s) reset() {", t.goType())
	for _, c := range t.inserted() {
		s.line("c.%s = c.%s[:0]", c.goName(), c.goName())
	}
	s.line("}\n")
	s.line("func (c *%s) place(i int) place {\nreturn place{topic: c.recordTopic[i], partition: c.recordPartition[i], offset: c.recordOffset[i]}\n}\n", t.goType())
}

func (s *source) writeMethod(t *table) {
	s.line("// write gives rows [from, to) to an insert, column by column in the order of the table.")
	s.line("func (c *%s) write(w *columnWriter, from, to int) {", t.goType())
	for _, c := range t.inserted() {
		f := "writeColumn"
		if c.array {
			f = "writeArrays"
		}
		s.line("%s(w, c.%s[from:to])", f, c.goName())
	}
	s.line("}")
}
