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
		files[fmt.Sprintf("views/%d_current_%s.sql", n, t.name)] = t.view("current_"+t.name, from, t.viewDoc, "")
		n++
	}
	const journey = "SELECT {columns}\nFROM {db}.current_touchpoints AS t\nLEFT JOIN {db}.current_persons AS p ON p.shard = t.shard\nSETTINGS join_use_nulls = 0"
	files["views/19_journey.sql"] = tables[0].view("journey", journey, "Each touchpoint once, with the person_ref that its shard has today: what a patient did before they were known is theirs, too.",
		"if(p.person_ref != '', p.person_ref, t.person_ref)")
	files["views/19_journey_of.sql"] = tables[0].view("journey_of", journeyOf, "What journey has of one person, whom the parameter person_ref names.", "{person_ref:String}")
}

// journeyOf reads one person's touchpoints. FINAL resolves all rows before a condition on shards reaches the indexes, so
// the keys are looked up first, in whichever copy, and FINAL resolves those alone. Whose a touchpoint is the copy says
// that FINAL leaves.
const journeyOf = `WITH theirs AS
(
    SELECT shard FROM {db}.current_persons
    WHERE person_ref = {person_ref:String} AND shard IN (SELECT shard FROM {db}.shard_moves WHERE person_ref = {person_ref:String})
)
SELECT {columns}
FROM {db}.touchpoints AS t FINAL
` + inForce + ` AND (t.channel, t.occurred_at, t.event_id) IN
(
    SELECT channel, occurred_at, event_id FROM {db}.touchpoints
    ` + inForce + ` AND shard IN theirs
    UNION ALL
    SELECT channel, occurred_at, event_id FROM {db}.touchpoints
    ` + inForce + ` AND person_ref = {person_ref:String}
)
AND
(
    t.shard IN theirs
    OR t.person_ref = {person_ref:String} AND t.shard NOT IN
    (
        SELECT shard FROM {db}.current_persons WHERE shard IN (SELECT shard FROM {db}.touchpoints WHERE person_ref = {person_ref:String})
    )
)
SETTINGS join_use_nulls = 0`

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// view writes a view with all columns that mean something to a reader. With a person the table is called t, and the
// expression stands in for person_ref.
func (t *table) view(name, query, doc, person string) []byte {
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
		if person != "" {
			columns = append(columns, "t."+quoteName(c.name)+" AS "+quoteName(c.name))
		} else {
			columns = append(columns, quoteName(c.name))
		}
	}
	list := strings.Replace(strings.Join(columns, ", "), "t.`person_ref`", person, 1)
	query = strings.Replace(query, "{columns}", list, 1)
	b.WriteString("\n)\nAS ")
	b.WriteString(query)
	fmt.Fprintf(&b, "\nCOMMENT %s;\n", quoteSQL(doc))
	return b.Bytes()
}
