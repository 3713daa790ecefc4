// Command chgen writes what package sinks/clickhouse knows of its tables, from one list of tables and the Avro schemas:
//
//	tables_gen.sql   CREATE TABLE statements, a comment on each column (the Avro field's own)
//	tables_gen.go    the same as data, to compare a server with
//	*_rows_gen.go    for each table, rows kept by column, how a record becomes one, how columns are inserted
//
// tables.go is the list. Each field of a record there becomes a column or is left out with a reason; a field that is
// new in a schema becomes a column by itself, and a left-out field that no longer exists is an error.
//
// Avro to Go to ClickHouse:
//
//	string                   string         String; LowCardinality(String) where tables.go names it a code
//	enum                     its type       LowCardinality(String), the symbol
//	boolean                  bool           Bool
//	int, long, double        int32, ...     Int32, Int64, Float64
//	timestamp-millis         Millis         DateTime64(3, 'UTC')
//	["null", string]         Opt[string]    as string, empty where null
//	record                   struct         its fields, with a prefix
//	array of X               []X            Array(X)
//	array of record          []struct       `name.field` Array(X), a column each (what ClickHouse calls Nested)
//	union of records         struct, Kind   the fields of all branches, those of one name sharing a column
package main
