// Command schemagen writes the Go types and codecs of a folder of Avro schemas beside them. With -check it writes
// nothing and fails where a generated file is not up to date.
//
//	go run ./internal/schemagen -dir schemas -check
//
// What it writes is decided in package avrogen.
package main
