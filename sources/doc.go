// Package sources is where records come from: it reads logs of other systems as
// touchpoints, and writes them to the source topics.
//
// Each format is a package of its own, and all have one shape: adapter.go reads the
// format and has Open, doc.go says what the format is, testdata holds samples.
// jsonl reads our own touchpoint as JSON lines, bank the call log of an Israeli
// bank from 1999. README.md describes both.
//
// A Reader delivers records by event time, or in the order of the files where the
// disorder itself is under test. Nothing is lost on the way: a line of our own
// format that cannot be read is delivered as raw bytes, which the pipeline rejects
// and counts. A file of a foreign format that cannot be read is refused as a whole,
// and the error lists the lines that are wrong: there are no bytes of ours that
// could stand for a row.
//
// An event has the same id however often it is read, and from whichever file.
// Importing a log twice gives duplicates, which are dropped, and no new contacts.
//
// Writer sends records as a well-behaved source system does: idempotently, in
// Confluent framing, with CloudEvents headers.
package sources
