// Package runner runs a topology for real: it does the I/O, owns the goroutines and reads the clock,
// so that the tasks of package pipeline need do none of it.
//
// A Runner is one process: a member of the consumer group, with as many workers as cores. A worker owns
// several tasks, of any role, and one producer; one goroutine calls all of them. Beside it run two
// feeds, which fetch one response ahead, the restorer, and the commit under way. Each has one owner,
// which waits for its end: when Run returns, all have ended.
//
// # Guarantees
//
//   - A commit makes outputs, changelog, timers, watermarks and source offsets of all tasks of a worker
//     durable together, or none of them. It carries the offsets of every task that it writes for, which
//     is what fences a process that has lost them.
//   - Nothing is sent before its commit begins, and commits overlap with processing.
//   - After any failure a worker throws away all that is not committed, and restores its tasks.
//
// # Where to read
//
// worker.go (the loop), feed.go and slice.go (what it takes in), backlog.go and room.go (how much),
// commit.go and schedule.go (when and how it commits), restarts.go (after a failure); restore.go, tail.go
// and standby.go (a task's way to its last commit, beside the loop), standbys.go and standbyplan.go
// (other processes' tasks); runner.go and spread.go (generations), tables.go, topiccounts.go, ends.go
// (what the whole process shares); drain.go (the end of the input); events.go (what it tells of itself).
package runner
