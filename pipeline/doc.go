// Package pipeline is the stream-processing engine: tasks with keyed state, event time and timers,
// committed exactly once to a Kafka-protocol cluster. It knows no topic name, no vendor and no
// patient, and imports the standard library and x/sync only; package pipeline/kafka implements the
// interfaces in broker.go, package pipeline/state the stores.
//
// # Vocabulary
//
// A Topology has roles. A Role reads source topics and runs a Processor; each partition of its
// sources is one Task, which owns its state and is called by one goroutine. A worker owns several
// tasks, of any role, and one producer. A runner is one process: a member of the consumer group, with
// as many workers as cores. Both are package runner's.
//
// # Guarantees
//
//   - Exactly once: a commit makes outputs, changelog, timers, watermarks and source offsets of all
//     tasks of a worker durable together, or none of them. It always carries the offsets of every
//     task that it writes for, which is what fences a process that has lost them.
//   - Nothing is sent before its commit begins, and commits overlap with processing.
//   - After any failure a worker throws away all that is not committed, and restores its tasks.
//   - Records of a source partition are processed in order. Timers that a watermark has passed fire
//     in the order of time, kind and key, before any record that follows it.
//   - A watermark never goes back, is part of the state, and never overtakes the records that it
//     speaks of. A source that is silent holds time back until it has committed that it is idle.
//   - A record that cannot be used, or that makes its processor panic, costs one record.
//   - At least once, if so configured: without transactions, outputs before offsets.
//
// # Non-goals
//
// Co-partitioning of foreign topics, queries into state from outside, cooperative rebalancing.
//
// # Where to read
//
// operator.go (what operators implement), context.go and setup.go (what they may use); task.go (the
// state machine), timers.go, sourceclock.go, control.go and sourcevector.go (time), changelog.go,
// checkpoint.go and order.go (what is stored), replay.go (and how it is repeated); broker.go (what the
// engine needs of a cluster). Package runner runs the tasks.
package pipeline
