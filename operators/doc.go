// Package operators holds the logic of the product: what the tasks of each role do with a record.
// It is pure logic over the engine's interfaces: no I/O, no clock, no goroutine, no lock.
//
//	INGEST    decode → validate → identify: source topics to attune.identified
//	IDENTITY  links to identity entries and MoveShard
//	PATIENT   deduplicate → lateness → sessionize → persona → last-resort → predict → decide → aggregate
//	TRAINER   training examples to models
//
// Words. An identifier (cookie, phone, medical record number) has a shard: a keyed fingerprint, and a
// state of its own in the PATIENT task of whoever owns it. A person_ref names a person; an identifier
// that no link has named belongs to its pseudonym. A persona is the fold of a person's shards. Links
// move shards from owner to owner, and each move has an epoch, so that a touchpoint that was looked up
// before or after finds its shard: it is held until the shard has arrived, or forwarded after it.
//
// What holds. Each touchpoint has exactly one fate: rejected, duplicate, late or processed. A persona
// does not depend on when a link arrived, nor on the order in which a move and the touchpoints around
// it reached the tasks, save for signals that compare a touchpoint with the ones before it. Everything
// is a function of the records, their order and the ticks; nothing draws lots or reads a clock. Past
// INGEST nobody sees an identifier.
//
// Not here: topics, schema ids and site settings (Config), merging of two patients (the formats allow
// it), sinks.
package operators
