// Package pipelinetest tests topologies without a cluster.
//
// Driver runs a whole topology in the calling goroutine, on topics in memory and a clock that only
// Advance moves. It does nothing by itself: the same calls give the same records. It is for tests
// of operators.
//
// Broker is a cluster in memory with transactions, fencing, groups and read-committed readers. Its
// Clients implement pipeline.Cluster, so that the real Runner works on it, in real time or in a
// testing/synctest bubble. Client.Kill is the death of a process. Client.Fault decides for each
// request whether it fails, before or after it has taken effect. It is for tests of the engine.
//
// TestStore is the contract of keyed stores: every kind of store must pass it.
package pipelinetest
