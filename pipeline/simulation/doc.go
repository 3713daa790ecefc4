// Package simulation proves the engine by running it: several processes of it, each the real Runner,
// on a cluster in memory with virtual time, where everything that can go wrong does, drawn from a
// seed. The same seed gives the same run to the byte. Everything is in tests.
//
// # How
//
// All goroutines of a run live in one testing/synctest bubble. Every request of every process parks
// (client_test.go). The world (world_test.go) runs when nothing else can: it is a queue of events in
// virtual time, each of which lets one thing happen: a request reaches the brokers or is lost, an
// answer arrives, a transaction marker is written, a process dies. So there is nothing left for the
// Go scheduler to decide. What does not go through the world must not matter, or wake two goroutines
// that share something. Pebble's own goroutines only flush; it compacts between two processes. Two
// requests of one moment that nothing tells apart fail a run (pipeline.Caller tells most), and
// repeat_test.go runs seeds again (-repeat; make repeat) and compares all that is traced.
//
// Most seeds run a small topology of the engine's own, exactly once, with state in memory. Others have
// dimensions of their own (settings_test.go; -with runs those alone): the product's topology, in which
// shards move from owner to owner; at least once; and state on disks that lose what was not synced, or
// turn out to be old, another's, another cluster's, ahead of their changelog, or spoilt.
//
// # What it does not do
//
// At least once nothing is fenced. What a process has sent when it gives up, or loses its partitions, has
// no effect here, though it may have on brokers: a changelog into which two processes write at once
// belongs to neither. Spoilt disks are noticed when they are opened: states are too small for more.
//
// # Where to read
//
// world_test.go, request_test.go and faults_test.go (what happens when); log_test.go,
// transactions_test.go and group_test.go (the brokers); client_test.go, producer_test.go and
// fetcher_test.go (a process's side); process_test.go and nemesis_test.go (what befalls processes);
// topology_test.go and input_test.go (what is computed from what); model_test.go and verify_test.go
// (what must have come of it); job_test.go and product_test.go (the product instead); plain_test.go (at
// least once); disk_test.go (disks); simulation_test.go and
// repeat_test.go (the tests).
package simulation
