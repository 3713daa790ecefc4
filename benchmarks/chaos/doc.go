// Command chaos breaks everything that attune depends on, again and again, while patients come.
// Then it demands that nothing is lost, duplicated or wrong:
//
//	go run ./benchmarks/chaos -for 10m -brokers 3
//	go run ./benchmarks/chaos -for 90s -brokers 1 -seed 7
//
// Apache Kafka, ClickHouse, three `attune run`, one `attune sink` and `attune simulate` are
// processes of their own. Four lanes of faults, drawn from one seed, run concurrently:
//
//   - the processor's: instances of run are killed with SIGKILL, alone and in pairs, stopped for less
//     and for more than their session timeout, join and leave, have a full disk, find their group deleted; from time
//     to time a broker is killed or stopped;
//   - the sink's: the same for the sink and ClickHouse, though not while a broker is down;
//   - what others run, while no broker is down: the registry answers 503, 401, pages or nothing as records with schemas
//     arrive that nobody has read; quotas; the right to write to a topic taken away; batches that cannot be read;
//   - connections: proxies before the brokers and ClickHouse cut, delay, hold up and refuse
//     connections, and swallow answers to requests that have arrived.
//
// Two builds of attune take turns: each start of a processor is another one's, so that whoever takes over after a kill
// mostly repeats what another build has sent, and must come to the same.
//
// After each fault of the first two, the lane waits until every partition moves again, for 60 s at
// most. The report has the longest time, from the fault on, in which a partition had something to
// do and did not move. The seed decides which faults follow each other in a lane, not the moment at
// which they hit.
//
// At the end the verifier of `attune demo` recomputes, from what the simulator has written down,
// what the topics and ClickHouse must hold. It reads them with a client that is not ours. No
// transaction may be open, and all state in the changelogs must belong to a task that can restore
// it. The last line is
//
//	chaos: faults=N verified=N lost=0 duplicated=0 wrong=0
//
// where verified counts records and rows. A process that ended by itself is wrong. The exit code is 1 if one of the last three is not 0;
// then logs and data are kept.
//
// One of the runs has its state in memory, two on disk. If a file system may be mounted, the last
// one has a disk of its own, and one of the faults is that it is full: the run may then end, if it
// says so.
package main
