// Package logs reads recorded logs of patient and customer contacts as
// touchpoints, so that real history can run through the pipeline.
//
// A reader delivers records in order of event time, or in the order of the
// files where the disorder itself is what is to be tested. Nothing is lost on
// the way: a line of our own format that cannot be read is delivered as raw
// bytes, which the pipeline rejects and counts. A file of a foreign format that
// cannot be read is refused as a whole, with every line that is wrong, since
// there are no bytes of ours that could stand for a row.
//
// Records name the same event by the same id however often, and from whichever
// file, they are read: importing twice gives duplicates, not new contacts.
//
// Formats: technion-bank, the call log of an Israeli bank from 1999, and
// touchpoints-jsonl, our touchpoint as JSON lines, which Writer writes. README.md
// describes both. Files may be compressed by gzip.
package logs
