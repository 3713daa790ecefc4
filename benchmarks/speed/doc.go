// Command speed measures the project against its bars and prints a table of them:
//
//	go run ./benchmarks/speed            everything, in a few minutes
//	go run ./benchmarks/speed -only whole-job -profile cpu.prof
//	go run ./benchmarks/speed -only kafka-throughput,kafka-latency,overload,hot-key -repeats 2
//
// On the embedded broker, with touchpoints of the simulator, it measures:
//
//   - The whole job: the source topics hold hundreds of thousands of touchpoints, and the real
//     topology processes them exactly once. The figure is the CPU time of the processor's process for
//     a touchpoint, from joining the group to the last commit, with everything that such a process
//     does. Broker and processor are processes of their own, each on a core of its own if there are
//     two.
//   - Call to action: touchpoints come at their appointed times whatever the pipeline does (an open
//     loop). The time runs from the moment at which a call was due to be sent to the moment at which a
//     read-committed consumer has its next best action. Once with every part in a process of its own,
//     once with all parts in one, and once as `attune demo` measures it.
//   - Overload: calls come at a normal rate, while more page views wait before a processor of one core
//     than it can process meanwhile: twice as many as it did alone, just before.
//   - Hot key: the calls of others while one kiosk sends 30 % of all touchpoints under one cookie,
//     beside the same rate without it, with and without a limit for each identifier.
//   - What packages measure themselves: `go test -bench`, several times; the table has the median and
//     the range.
//
// On Apache Kafka, if Java and Maven are installed, it measures the whole job's throughput and the
// time from call to action, exactly once and at least once, with the round trips of a commit. Most
// patients who call are known by then; calls of new patients are measured separately.
//
// CPU per record is the figure to compare, since it is about the program; rates and latencies are
// about the machine, too. Each table says what machine it was, and how busy.
package main
