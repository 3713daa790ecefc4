// Package person holds what a PATIENT task knows of a person, and keeps it true.
//
// Words. An identifier (cookie, phone, medical record number) has a shard: a state of its own, kept under
// owner/shard. A person owns shards, and a persona is their fold. A Journey is one trigger (a
// touchpoint, a consent, an outcome or a timer) on its way through the steps of the chain.
//
// What holds. The fold is pure: it changes no shard, so that a shard can be taken out again. What the
// fold has found out is cached with the person, and only this package marks a cache as old: whoever
// changes a shard calls a method of the Journey (AddFailed, OpenLoop, CloseLoops, AddNeed,
// LearnReason, KeepSignals, CountReason). Lists are bounded and ordered by event time, so that a shard
// does not depend on the order in which its touchpoints arrived.
//
// Not here: what a touchpoint means (observe), what follows from it (evidence, predict, decide).
package person
