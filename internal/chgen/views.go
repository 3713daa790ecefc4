package main

import (
	"bytes"
	"fmt"
)

const inForce = "WHERE log = (SELECT argMax(log, set_at) FROM {db}.current WHERE name = 'attune.identified')"

// viewFiles writes for each table the view that shows each row once, and for touchpoints the one that names the
// present person. They are generated so that their columns have comments.
func viewFiles(tables []*table, files map[string][]byte) {
	n := 10
	for _, t := range tables {
		if t.viewDoc == "" {
			continue
		}
		where := "\n" + inForce
		if t.column("log") == nil {
			where = ""
		}
		if t.withdrawn != "" {
			where += " AND NOT " + t.withdrawn
		}
		from := fmt.Sprintf("SELECT %s\nFROM {db}.%s FINAL%s", "{columns}", t.name, where)
		files[fmt.Sprintf("views/%d_current_%s.sql", n, t.name)] = t.view("current_"+t.name, from, t.viewDoc, nil)
		n++
	}
	journey := "SELECT {columns}\nFROM {db}.current_touchpoints AS t\nLEFT JOIN {db}.current_persons AS p ON p.shard = t.shard\nSETTINGS join_use_nulls = 0"
	files["views/19_journey.sql"] = tables[0].view("journey", journey, "Each touchpoint once, with the person_ref that its shard has today: what a patient did before they were known is theirs, too.",
		map[string]string{"person_ref": "if(p.person_ref != '', p.person_ref, t.person_ref)"})
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// view writes a view with all columns that mean something to a reader. Expressions stand in for some of them.
func (t *table) view(name, query, doc string, expressions map[string]string) []byte {
	var b, columns bytes.Buffer
	b.WriteString(sqlHeader)
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW {db}.%s\n(\n", name)
	separator := ""
	for _, c := range t.columns {
		if c.name == "version" || c.name == "refused" || c.name == "inserted_at" {
			continue
		}
		fmt.Fprintf(&b, "%s    %s %s COMMENT %s", separator, quoteName(c.name), c.sqlType(), quoteSQL(c.comment))
		separator = ",\n"
		if columns.Len() > 0 {
			columns.WriteString(", ")
		}
		switch e, ok := expressions[c.name]; {
		case ok:
			fmt.Fprintf(&columns, "%s AS %s", e, quoteName(c.name))
		case expressions != nil:
			fmt.Fprintf(&columns, "t.%s AS %s", quoteName(c.name), quoteName(c.name))
		default:
			columns.WriteString(quoteName(c.name))
		}
	}
	b.WriteString("\n)\nAS ")
	b.Write(bytes.Replace([]byte(query), []byte("{columns}"), columns.Bytes(), 1))
	fmt.Fprintf(&b, "\nCOMMENT %s;\n", quoteSQL(doc))
	return b.Bytes()
}
