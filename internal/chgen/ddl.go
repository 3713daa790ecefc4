package main

import (
	"bytes"
	"fmt"
	"strings"
)

const sqlHeader = "-- Generated from the .avsc files by internal/chgen. DO NOT EDIT.\n" +
	"-- {db} stands for the database.\n\n"

// widePart keeps what one insert brings in a compact part, which is one file instead of some for each column. As
// measured, that halves what an insert costs the server.
const widePart = 128 << 20

// ddl writes CREATE TABLE statements.
func ddl(tables []*table) []byte {
	var b bytes.Buffer
	b.WriteString(sqlHeader)
	for _, t := range tables {
		fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS {db}.%s\n(\n", t.name)
		var lines []string
		for _, c := range t.columns {
			lines = append(lines, "    "+c.definition())
		}
		for _, name := range t.lookups {
			lines = append(lines, fmt.Sprintf("    INDEX by_%s %s TYPE bloom_filter(0.01) GRANULARITY 1", name, name))
		}
		b.WriteString(strings.Join(lines, ",\n"))
		fmt.Fprintf(&b, "\n)\nENGINE = ReplacingMergeTree(%s)\n%sORDER BY (%s)\nSETTINGS min_bytes_for_wide_part = %d\nCOMMENT %s;\n\n",
			t.engineArguments(), t.partitionClause(), strings.Join(t.orderBy, ", "), widePart, quoteSQL(t.doc))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// partitionBy is the expression by which rows are parted, empty for none.
func (t *table) partitionBy() string {
	if t.eventTime == "" {
		return ""
	}
	return "toYYYYMM(" + t.eventTime + ")"
}

func (t *table) partitionClause() string {
	if t.eventTime == "" {
		return ""
	}
	return "PARTITION BY " + t.partitionBy() + "\n"
}

// engineArguments are the columns by which copies replace each other.
func (t *table) engineArguments() string {
	if t.refusable {
		return "version, refused"
	}
	return "version"
}

func (c *column) definition() string {
	byServer := ""
	if c.byServer != "" {
		byServer = " DEFAULT " + c.byServer
	}
	return fmt.Sprintf("%s %s%s COMMENT %s", quoteName(c.name), c.sqlType(), byServer, quoteSQL(c.comment))
}

func quoteName(name string) string { return "`" + name + "`" }

func quoteSQL(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
