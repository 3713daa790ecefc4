package main

import (
	"bytes"
	"fmt"
	"strings"
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
		files[fmt.Sprintf("views/%d_current_%s.sql", n, t.name)] = t.view("current_"+t.name, from, t.viewDoc)
		n++
	}
	// Shards that have moved and those that have not stand apart, so that a filter by person reaches the table.
	journey := `SELECT {columns}
FROM {db}.current_touchpoints AS t
WHERE t.shard NOT IN (SELECT shard FROM {db}.current_persons)
UNION ALL
SELECT {columns}
FROM {db}.current_touchpoints AS t
INNER JOIN {db}.current_persons AS p ON p.shard = t.shard`
	files["views/19_journey.sql"] = tables[0].view("journey", journey, "Each touchpoint once, with the person_ref that its shard has today: what a patient did before they were known is theirs, too.",
		"t.person_ref", "p.person_ref")
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// view writes a view with all columns that mean something to a reader. Where the query names them more than once, each
// time the person is another one of persons.
func (t *table) view(name, query, doc string, persons ...string) []byte {
	var b bytes.Buffer
	var columns []string
	b.WriteString(sqlHeader)
	fmt.Fprintf(&b, "CREATE OR REPLACE VIEW {db}.%s\n(\n", name)
	separator := ""
	for _, c := range t.columns {
		if c.name == "version" || c.name == "refused" || c.name == "inserted_at" {
			continue
		}
		fmt.Fprintf(&b, "%s    %s %s COMMENT %s", separator, quoteName(c.name), c.sqlType(), quoteSQL(c.comment))
		separator = ",\n"
		if len(persons) > 0 {
			columns = append(columns, "t."+quoteName(c.name)+" AS "+quoteName(c.name))
		} else {
			columns = append(columns, quoteName(c.name))
		}
	}
	list := strings.Join(columns, ", ")
	for _, person := range persons {
		query = strings.Replace(query, "{columns}", strings.Replace(list, "t.`person_ref`", person, 1), 1)
	}
	query = strings.Replace(query, "{columns}", list, 1)
	b.WriteString("\n)\nAS ")
	b.WriteString(query)
	fmt.Fprintf(&b, "\nCOMMENT %s;\n", quoteSQL(doc))
	return b.Bytes()
}
