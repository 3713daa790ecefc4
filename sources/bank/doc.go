// Package bank reads format technion-bank: the call log of an Israeli bank, 1999,
// of the Technion's Service Engineering laboratory. Each row is a call that has
// ended and becomes the touchpoints of its stages. Files may be compressed by
// gzip; they are not part of this repository.
//
// A file with rows that cannot be read is refused as a whole. The error names the
// lines and columns and never holds a value.
package bank
