// Command speed measures the project against its bars and prints a table of them:
//
//	go run ./benchmarks/speed            everything, in a few minutes
//	go run ./benchmarks/speed -only whole-job -profile cpu.prof
//	go run ./benchmarks/speed -only kafka-throughput,kafka-latency,overload,hot-key -repeats 2
//
// These things are measured here, on the embedded broker, with touchpoints of the simulator:
//
//   - The whole job: hundreds of thousands of touchpoints lie in the source topics, and the real
//     topology works through them exactly once. The claim is the CPU time that the processor's
//     process takes for a touchpoint, from joining the group to the last commit, with everything
//     that such a process does. Broker and processor are processes of their own, each on a core of
//     its own where there are two.
//   - Call to action: touchpoints come at their appointed times whatever the pipeline does (an open
//     loop), and the time from the one at which a call was to be sent to the moment a read-committed
//     consumer has its next best action is taken. Once with every part in a process of its own, once
//     with all of them in one, and once as `attune demo` says of itself.
//   - Overload: calls come at a normal rate while more page views lie before a processor of one core
//     than it can work through meanwhile: twice as many as it did alone, just before.
//   - Hot key: the calls of others while one kiosk sends 30 % of all touchpoints under one cookie,
//     beside the same rate without it, with and without a limit for each identifier.
//   - What packages measure themselves: `go test -bench` of theirs, several times, the middle one
//     with its range.
//
// On Apache Kafka, where Java and Maven are, the whole job's throughput and the time from call to
// action are measured exactly once and at least once, with the round trips that a commit takes. Most
// patients who call are known by then; calls of patients who are all new are measured beside them.
//
// CPU per record is the claim, since it is about the program; rates and latencies are about the
// machine, too. Each table says what machine it was, and how busy.
package main
