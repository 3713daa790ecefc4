// Package clickhouse writes the pipeline's outputs to ClickHouse, each exactly once, and reads them back for the
// query command. It is the only package that knows ClickHouse.
//
// # Exactly once, by identity
//
// Every row has an identity and a version, and both follow from the log alone. Tables are
// ReplacingMergeTree(version), ordered by filter columns and the identity: a row that is written again changes
// nothing. The sink is a consumer group. It reads committed records, inserts them in batches, and commits a
// batch's offsets after ClickHouse has acknowledged it. Whatever ClickHouse or the broker did not acknowledge is
// sent again. Insert deduplication by token is switched off: a server that is killed at the wrong moment can lose
// a block by it.
//
// Analysts read the views. These resolve versions (FINAL), and show the log that table current names.
//
// # Back-pressure
//
// A Sink holds at most MaxInFlight+1 batches of BatchBytes. While ClickHouse is slow, full or down it stops
// polling: offsets stay where they are, and the rest of the pipeline goes on. A record that cannot be decoded, or
// a row that ClickHouse refuses for its content, goes to touchpoints.rejected, and the others are inserted. A site's
// materialized view that fails holds up nobody (docs/clickhouse.md).
//
// # Files
//
//	tables_gen.*, *_rows_gen.go   the tables, generated from the Avro schemas by internal/chgen
//	control.sql, views/           what is written by hand
//	schema*.go                    looks, creates and compares both
//	sink.go                       the consumer (sinks/consume has its loop)
//	filler.go, batch.go, scratch.go   records to columns
//	inserter.go                   columns to ClickHouse, retries, refused rows
//	codes.go                      what codes mean, for analysts
//	rollups.go                    days of views that are kept: which, their tables and the views that show them
//	rollup_refresh.go             computes those for which something has come
//	client.go, query*.go          connection, ad-hoc queries
//
// # Non-goals
//
// The sink creates no clusters (ON CLUSTER, replicated tables). Where a site has created its tables so, it checks
// columns and sorting keys, and accepts any engine of the ReplacingMergeTree family.
package clickhouse

//go:generate go run ../../internal/chgen -schemas ../../schemas -out .
