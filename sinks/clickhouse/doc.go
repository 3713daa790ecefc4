// Package clickhouse writes what the pipeline found out to ClickHouse, exactly once, and reads it back for the query
// command. It is the only package that knows ClickHouse.
//
// # Exactly once, by identity
//
// Every row has an identity that the log before it fixes, and a version. Tables are ReplacingMergeTree(version),
// ordered by filter columns and the identity, so that writing a row again changes nothing. The sink is a consumer
// group: it reads committed records, inserts them in batches, and commits the offsets of a batch after ClickHouse has
// taken it. Whatever was not acknowledged, by ClickHouse or by the broker, is sent again. Insert deduplication by
// token is not relied on and switched off: a server killed at the wrong moment can lose a block that way.
//
// Analysts read the views, which resolve versions (FINAL) and show the log that table current names.
//
// # Back-pressure
//
// A Sink holds at most MaxInFlight+1 batches of BatchBytes. While ClickHouse is slow, full or down, it stops
// polling: offsets stay where they are, and nothing else in the pipeline notices. A record that cannot be decoded, or
// a row that ClickHouse refuses for what is in it, goes to touchpoints.rejected; the others go on.
//
// # Files
//
//	tables_gen.*, *_rows_gen.go   the tables, generated from the Avro schemas by internal/chgen
//	control.sql, views/           what is written by hand
//	schema*.go                    creates and compares them
//	sink.go, generation.go        the loop; filler.go, batch.go, scratch.go: records to columns
//	inserter.go                   columns to ClickHouse, retries, rows refused
//	client.go, query.go           connection, ad-hoc queries
//
// # Non-goals
//
// Clusters (ON CLUSTER, replicated tables) are the site's to create: the sink then checks columns and sorting keys and
// takes any engine of the ReplacingMergeTree family.
package clickhouse

//go:generate go run ../../internal/chgen -schemas ../../schemas -out .
