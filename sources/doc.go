// Package sources is where records come from: what the outside speaks is read
// here as touchpoints, and written to the source topics.
//
// Each format is a package of its own, of one shape: adapter.go reads the format
// and has Open, doc.go says what it is, testdata holds samples. jsonl reads our
// own touchpoint as JSON lines, bank the call log of an Israeli bank from 1999.
// README.md describes both.
//
// A Reader delivers records in order of event time, or in the order of the files
// where the disorder itself is what is to be tested. Nothing is lost on the way: a
// line of our own format that cannot be read is delivered as raw bytes, which the
// pipeline rejects and counts. A file of a foreign format that cannot be read is
// refused as a whole, with every line that is wrong, since there are no bytes of
// ours that could stand for a row.
//
// Records name the same event by the same id however often, and from whichever
// file, they are read: importing twice gives duplicates, not new contacts.
//
// Writer sends records as a well-behaved source system does: idempotently, in
// Confluent framing, with CloudEvents headers.
package sources
