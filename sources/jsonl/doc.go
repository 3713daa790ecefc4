// Package jsonl reads and writes format touchpoints-jsonl: our touchpoint, one
// JSON object a line. Files may be compressed by gzip.
//
// A line that cannot be read is delivered as it stands, to the topic of the line
// before it, where the pipeline rejects it and counts it.
package jsonl
