// Package simulation proves the engine by running it: several processes, each the real Runner, on a
// cluster in memory with virtual time and faults that are drawn from a seed. The same seed gives
// the same run to the byte. Everything is in tests.
//
// # How
//
// All goroutines of a run live in one testing/synctest bubble. Every request of every process parks
// (client_test.go). The world (world_test.go) runs when no goroutine can: it is a queue of events
// in virtual time, and each lets one thing happen. A request reaches the brokers or is lost, an
// answer arrives, a transaction marker is written, a process dies. So there is nothing left for the
// Go scheduler to decide. Whatever does not go through the world must not matter, and must not wake
// two goroutines that share something. Pebble's own goroutines only flush; it compacts between two
// processes. Two requests of one moment that nothing tells apart fail a run (pipeline.Caller tells
// most apart). repeat_test.go runs seeds again (-repeat; make repeat) and compares the whole trace.
//
// Most seeds run a small topology of the engine's own, exactly once, with state in memory. Others
// have dimensions of their own (settings_test.go; -with runs those alone): the product's topology,
// in which shards move from owner to owner; at least once; and state on disks that lose what was
// not synced, are old, belong to another task or cluster, are ahead of their changelog, or are
// corrupt.
//
// # What it does not do
//
// At least once nothing is fenced. What a process sends while it gives up, or after it has lost its
// partitions, has no effect here, though it may have on real brokers: a changelog into which two
// processes write at once belongs to neither. Corrupt disks are noticed when they are opened;
// states are too small for corruption to show later.
//
// # Where to read
//
// world_test.go, request_test.go and faults_test.go (what happens when); log_test.go,
// transactions_test.go and group_test.go (the brokers); client_test.go, producer_test.go and
// fetcher_test.go (a process's side); process_test.go and nemesis_test.go (what happens to
// processes); topology_test.go and input_test.go (what is computed, and from what); model_test.go
// and verify_test.go (what must have come out); job_test.go and product_test.go (the product
// instead); plain_test.go (at least once); disk_test.go (disks); simulation_test.go and
// repeat_test.go (the tests).
package simulation
