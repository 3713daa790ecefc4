// Package roles wires what an attune process runs, once for the commands, the demo, the benchmarks and the
// tests: the processor, which is the topology on a cluster, and the ClickHouse sink.
//
//	Group           the run group of a process: its members, the first exit of which ends the others
//	NewProcessor    the topology, its runner, its state and the name of its instance
//	NewSink         the sink with its metrics
//	TopologyConfig  the configuration in the topology's own terms
//
// Everything that can be checked is checked before the first record. What a role needs of the outside is
// handed to it: clients come from internal/connect, settings from internal/config.
package roles
