package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/attune-health/attune/internal/avrogen"
)

// table is a tableSpec with its columns.
type table struct {
	tableSpec
	columns []*column
	groups  []*group // what append does, in order
}

// column is one column: in SQL, in Go, and how it is filled.
type column struct {
	name     string
	comment  string
	kind     kind
	array    bool
	byServer string // DEFAULT expression of a column that is not inserted
}

// kind is the mapping of one scalar type.
type kind struct {
	sql   string // ClickHouse type
	store string // Go type of a stored value
	set   string // Go expression that turns %s into the stored value
	slab  string // field of scratch that holds such arrays
	zero  string // stored value where there is none
	width int    // bytes that a value takes apart from text
}

// group is columns that are filled together.
type group struct {
	from     string     // Go expression of the record
	sets     []set      // of plain columns
	arrays   []arraySet // of arrays
	branches []branch   // of a union, instead of sets
	union    string     // Go expression of the union
	merged   []*column  // columns of the union
}

type set struct {
	column *column
	value  string // Go expression, without the kind's conversion
}

type arraySet struct {
	field   string // Go name of the array field
	items   []set  // value is relative to the item e
	scalars bool
}

type branch struct {
	kind  string // Go constant
	field string // Go name of the branch
	sets  []set
}

func (c *column) goName() string { return lowerFirst(avrogen.GoName(c.name)) }

func (c *column) sqlType() string {
	if c.array {
		return "Array(" + c.kind.sql + ")"
	}
	return c.kind.sql
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// resolver collects the columns of one table.
type resolver struct {
	model    *avrogen.Model
	table    *table
	problems []error
}

func (r *resolver) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func resolve(model *avrogen.Model, spec tableSpec) (*table, error) {
	r := &resolver{model: model, table: &table{tableSpec: spec}}
	if spec.log {
		k := codeKind()
		k.set = "%s"
		r.own("log", k, "Topic UUID of the attune.identified that this was computed from.", "s.log")
	}
	for _, p := range spec.parts {
		record := r.named(p.record)
		if record == nil {
			continue
		}
		r.checkLeftOut(record, p)
		if p.union != "" {
			r.union(record, p)
		} else {
			r.fields(record, p)
		}
	}
	topic := codeKind()
	topic.set = "%s"
	r.own("record_topic", topic, "Topic that this row was read from.", "at.topic")
	r.own("record_partition", kinds()["int"], "Partition of that topic.", "at.partition")
	r.own("record_offset", kinds()["long"], "Offset of the record there.", "at.offset")
	version := kinds()["long"]
	version.sql, version.store, version.set = "UInt64", "uint64", "%s"
	r.own("version", version, "Of the copies of a row the one with the highest stays: "+spec.versionIs+".", spec.version)
	if spec.refusable {
		r.own("refused", kind{sql: "UInt8", store: "uint8", set: "%s", zero: "0", width: 1},
			"1 where the patient's task refused this copy (event_id_conflict, processing_failed): with FINAL the row is gone.", "at.refused")
	}
	r.table.columns = append(r.table.columns, &column{name: "inserted_at", kind: kinds()["millis"], byServer: "now64(3)",
		comment: "Wall clock of the server when this copy arrived; minus ingested_at it is the freshness."})
	r.check()
	return r.table, errors.Join(r.problems...)
}

// named finds a record by its short name.
func (r *resolver) named(name string) *avrogen.Type {
	for _, t := range r.model.Types {
		if t.Name == name && t.Kind == avrogen.Record {
			return t
		}
	}
	r.problem("there is no record %s", name)
	return nil
}

func (r *resolver) own(name string, k kind, comment, value string) {
	c := r.add(&column{name: name, kind: k, comment: comment})
	r.table.groups = append(r.table.groups, &group{sets: []set{{c, value}}})
}

func (r *resolver) add(c *column) *column {
	r.table.columns = append(r.table.columns, c)
	return c
}

func (r *resolver) checkLeftOut(record *avrogen.Type, p part) {
	known := fieldNames(record)
	if p.union != "" {
		for _, b := range r.branches(record, p) {
			known = append(known, fieldNames(b)...)
		}
	}
	for name := range p.leftOut {
		if !slices.Contains(known, name) {
			r.problem("left-out field %s of %s does not exist", name, p.record)
		}
	}
	for name := range p.rename {
		if !slices.Contains(known, name) {
			r.problem("renamed field %s of %s does not exist", name, p.record)
		}
	}
}

func fieldNames(record *avrogen.Type) []string {
	var names []string
	for _, f := range record.Fields {
		names = append(names, f.Name)
	}
	return names
}

func (p part) columnName(f *avrogen.Field) (string, bool) {
	if _, out := p.leftOut[f.Name]; out {
		return "", false
	}
	if name, ok := p.rename[f.Name]; ok {
		return p.prefix + name, true
	}
	return p.prefix + f.Name, true
}

// fields makes a column of each field of a record.
func (r *resolver) fields(record *avrogen.Type, p part) {
	g := &group{from: p.from}
	for _, f := range record.Fields {
		name, ok := p.columnName(f)
		if !ok {
			continue
		}
		if f.Type.Kind == avrogen.Array {
			g.arrays = append(g.arrays, r.array(record, f, name))
			continue
		}
		k, value, ok := r.scalar(record, f, f.Type)
		if !ok {
			r.problem("field %s.%s has no column type", record.Name, f.Name)
			continue
		}
		c := r.add(&column{name: name, kind: k, comment: f.Doc})
		g.sets = append(g.sets, set{c, p.from + "." + value})
	}
	r.table.groups = append(r.table.groups, g)
}

// array makes one column of an array of scalars, or one of each field of an array of records.
func (r *resolver) array(record *avrogen.Type, f *avrogen.Field, name string) arraySet {
	a := arraySet{field: avrogen.GoName(f.Name)}
	items := f.Type.Items
	if items.Kind != avrogen.Record {
		k, _, ok := r.scalar(record, f, items)
		if !ok {
			r.problem("array %s.%s has no column type", record.Name, f.Name)
		}
		c := r.add(&column{name: name, kind: k, comment: f.Doc, array: true})
		a.scalars, a.items = true, []set{{c, "*e"}}
		return a
	}
	for _, sub := range items.Fields {
		k, value, ok := r.scalar(items, sub, sub.Type)
		if !ok {
			r.problem("field %s.%s within an array has no column type", items.Name, sub.Name)
			continue
		}
		c := r.add(&column{name: name + "." + sub.Name, kind: k, array: true, comment: f.Doc + " " + sub.Doc})
		a.items = append(a.items, set{c, "e." + value})
	}
	return a
}

func (r *resolver) branches(record *avrogen.Type, p part) []*avrogen.Type {
	for _, f := range record.Fields {
		if f.Name == p.union && f.Type.Kind == avrogen.Union {
			return f.Type.Branches
		}
	}
	r.problem("%s has no union %s", record.Name, p.union)
	return nil
}

// union makes a column of each name that occurs in a branch.
func (r *resolver) union(record *avrogen.Type, p part) {
	goType := avrogen.GoName(record.Name) + avrogen.GoName(p.union)
	g := &group{from: p.from, union: p.from + "." + avrogen.GoName(p.union)}
	byName := map[string]*column{}
	docs := map[string][]string{}
	for _, b := range r.branches(record, p) {
		br := branch{kind: goType + avrogen.GoName(b.Name), field: avrogen.GoName(b.Name)}
		for _, f := range b.Fields {
			name, ok := p.columnName(f)
			if !ok {
				continue
			}
			k, value, ok := r.scalar(b, f, f.Type)
			if !ok {
				r.problem("field %s.%s has no column type", b.Name, f.Name)
				continue
			}
			c := byName[name]
			if c == nil {
				c = r.add(&column{name: name, kind: k})
				byName[name] = c
				g.merged = append(g.merged, c)
			} else if c.kind != k {
				r.problem("column %s would have two types", name)
			}
			docs[name] = append(docs[name], strings.ToLower(b.Name)+": "+f.Doc)
			br.sets = append(br.sets, set{c, "b." + value})
		}
		g.branches = append(g.branches, br)
	}
	for name, c := range byName {
		c.comment = joinDocs(docs[name])
	}
	r.table.groups = append(r.table.groups, g)
}

// joinDocs gives a text that all branches share once, and others after the branch's name.
func joinDocs(docs []string) string {
	bare := func(d string) string { _, text, _ := strings.Cut(d, ": "); return text }
	for _, d := range docs {
		if bare(d) != bare(docs[0]) {
			return strings.Join(docs, " ")
		}
	}
	return bare(docs[0])
}

// check compares the spec with the columns.
func (r *resolver) check() {
	seen := map[string]bool{}
	for _, c := range r.table.columns {
		if seen[c.name] {
			r.problem("two columns %s", c.name)
		}
		seen[c.name] = true
		if c.comment == "" {
			r.problem("column %s has no comment", c.name)
		}
	}
	for _, name := range append(slices.Clone(r.table.orderBy), r.table.lookups...) {
		if !seen[name] {
			r.problem("there is no column %s", name)
		}
	}
	if r.table.eventTime != "" && !slices.Contains(r.table.orderBy, r.table.eventTime) {
		r.problem("the partition must be a function of the sorting key")
	}
}
