// Package identify finds out whom a record is about, and lets in only what can be used.
//
//	INGEST    decode → validate → identify: source topics to attune.identified
//	IDENTITY  links to identity entries and MoveShard
//
// An identifier is known past INGEST by a keyed fingerprint, its shard. A person_ref names a person; an
// identifier that no link has named belongs to its pseudonym. Past INGEST nobody sees an identifier:
// fields that hold one are emptied, and counted.
//
// Not here: merging of two patients, which the formats allow.
package identify
