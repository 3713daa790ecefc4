// Package state holds typed keyed state in memory: Map (by key) and Value (one). A store belongs to
// one task and is used by its goroutine only. Every change is handed to the engine at the next
// commit and written to the role's changelog topic in the same transaction as the outputs; after a
// failure a new store is filled from there.
//
// Values are changed in place: Get gives a pointer into the store, MarkDirty says that it was used
// to write. A value changed without MarkDirty is lost at the next restore.
//
// Nothing is allocated by Get, MarkDirty and a commit in steady state. There is no size bound: a
// role that never deletes keeps everything it has seen. What is to go after a time is deleted by a
// timer, which is state itself.
package state
