// Command chaos breaks everything that attune stands on, again and again, while patients come, and
// then demands that nothing was lost, nothing duplicated and nothing wrong:
//
//	go run ./benchmarks/chaos -for 10m -brokers 3
//	go run ./benchmarks/chaos -for 90s -brokers 1 -seed 7
//
// Apache Kafka, ClickHouse, three `attune run`, one `attune sink` and `attune simulate` are processes
// of their own. Three lanes of faults, drawn from one seed, run beside each other:
//
//   - the processor's: instances of run are killed with SIGKILL, alone and in pairs, stopped below and
//     past their session timeout, join and leave, have a full disk; from time to time a broker is killed or stopped;
//   - the sink's: the same of the sink and of ClickHouse, though not while a broker is down;
//   - connections: proxies before the brokers and ClickHouse cut, delay, hold up and refuse connections,
//     and swallow answers to requests that have arrived.
//
// After each fault of the first two a lane waits until every partition moves on, or 60 s. What is
// reported is the longest time in which a partition had something to do and did not move, from the
// fault on. The seed fixes which faults follow each other in a lane, not the moment at which they hit.
//
// At the end the verifier of `attune demo` recomputes, from what the simulator has written down, what
// the topics and ClickHouse must hold. It reads them with a client that is not ours. No transaction may be
// open, and all state in the changelogs must belong to a task that can take it up. The last line says
//
//	chaos: faults=N verified=N lost=0 duplicated=0 wrong=0
//
// where verified counts records and rows. The exit code is 1 where any of the last three is not 0. Then
// logs and data are kept.
//
// State is in memory in one of the runs and on disk in two. Where a file system may be mounted, the last has
// one of its own, and one fault is that it is full: then the run may end, if it says so.
package main
