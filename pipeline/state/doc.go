// Package state holds typed keyed state: Map (by key) and Value (one). A store belongs to one task and
// is used by its goroutine only. Every change is handed to the engine at the next commit and written
// to the role's changelog topic in the same transaction as the outputs; after a failure a new store
// is filled from there.
//
// Values are changed in place: Get gives a pointer into the store, MarkDirty or Changed says that it
// was used to write. A value changed without that is lost at the next restore. A value that encodes to
// no bytes is a value: only Delete and a TTL remove its key.
//
// In memory, which is the default, nothing is allocated by Get, MarkDirty and a commit in steady state,
// and there is no size bound. With Pebble the values of Maps are on disk, and those in use in memory too, as
// many as PebbleConfig.CacheBytes and CacheEntries allow; pointers are valid until the next commit of the
// task. Timers, single values and keys that are about to be committed are in memory in either case.
//
// A role that never deletes keeps everything it has seen. A key that should go after some event time without
// a write has a TTL (NewExpiringMap). It is removed after the step in which the watermark has passed it, with
// a tombstone in the changelog, counted under "expired"; a replay removes it in the same step. Each value
// then holds the time of its last write, some 8 bytes; an entry in memory takes 40 bytes more. On disk an
// index by time is written with the values. Where something must be told when a key goes, use a timer.
//
// The changelog is the truth, the directory a cache of it (pebblecopy.go):
//
//   - what is in it was committed, and its position in the changelog was written with it, in one
//     batch. There is no log beside: after a crash it is as it was at some commit of the last seconds,
//     and the position says at which;
//   - a restore begins at that position if topic id, layout of the stores, bounds of the topic and age
//     (12 hours, half of what brokers keep tombstones for) say that nothing can be missing between,
//     else the task's share is dropped and all is read;
//   - a full disk ends the process with an error before anything is spoilt; what cannot be read is
//     thrown away at the next start.
//
// Values of a SchemaCodec begin with the number of their schema, one byte, and the changelog has the
// schemas by number (schema.go): old values are read by new code, and by whoever reads the changelog.
package state
