// Package kafka connects the engine to a Kafka cluster. It implements the broker interfaces of
// package pipeline (Cluster, Fetcher, Chunk, Producer, Transaction, Group, Generation) and the
// administration that our commands need. It is the only package that imports kafka-go.
//
// # What is kafka-go's and what is ours
//
// kafka-go provides connections: Transport pools them, with TLS and SASL, and ConsumerGroup keeps a
// group membership. This package encodes and decodes requests and record batches itself (call.go,
// wire.go, batch.go, builder.go), and sends them over Transport as raw exchanges. kafka-go's own
// clients have no transactions, do not leave out aborted records, read no stable offsets and
// allocate for each record.
//
// # Guarantees
//
//   - A Fetcher returns what a read-committed reader may see, in offset order within a partition.
//   - A Producer sends nothing before Transaction.Commit. A Commit that returns nil has made its
//     outputs and its offsets durable together (with a transactional id), or first its outputs and
//     then its offsets (without one).
//   - A Commit that returns an error may have taken effect or not. Init decides: it waits for the
//     outcome and fences older producers of the same id.
//   - Every wait is bounded by the caller's context and by a limit of ours; retries have one policy
//     (retry.go).
//
// # Non-goals
//
// Cooperative rebalancing, static membership, the KIP-848 protocol, message formats before version
// 2 (Kafka 0.11), and brokers before Kafka 2.8.
//
// # Where to read
//
// dial.go and route.go (how a request finds its broker), fetcher.go and chunk.go (in), producer.go
// and transaction.go (out), group.go and balancer.go (who owns what).
package kafka
