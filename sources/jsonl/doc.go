// Package jsonl reads and writes format touchpoints-jsonl: our touchpoint, one JSON
// object a line. Files may be compressed by gzip. A line with the one field identity_link
// or consent holds such a record instead.
//
// A line that cannot be read is delivered unchanged, to the topic of the line
// before it. The pipeline rejects and counts it there.
package jsonl
