// Package consume is everything that a consumer of attune's topics needs apart from its backend: a consumer
// group, positions, reading of committed records, batches delivered in order, offsets committed only after what
// they stand for is visible, rejection of unusable records, and pauses while something does not answer.
//
// A backend implements Batch. The consumer fills one batch with records, delivers it, and commits its offsets;
// meanwhile it fills the next:
//
//	poll, Add ──full──► Deliver ──in order──► commit     batches go round
//	     ▲──────────────────Reset─────────────────┘
//
// Without an empty batch it does not poll: that is the back-pressure. A record may be delivered twice, after a
// failure or by the next owner of a partition. The backend must recognise the second time, by an id or a version;
// its readers then see each record exactly once. The consumer keeps nothing that a restart needs.
//
// A record that a backend cannot use goes to touchpoints.rejected, with its place and a reason; the others go on.
// While a backend does not answer, offsets stay where they are, and nothing is lost.
//
// A backend that is a complete copy, such as the desk's, is a Replica: it reads all partitions by itself, without a
// group, and keeps the positions that it has reached along with what it read.
//
// Package sinktest tests all of this; each sink runs its suite against itself. sinks/clickhouse is a consumer.
package consume
