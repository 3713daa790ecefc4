// Package consume is what every consumer of attune's topics needs, so that a new one is its backend alone: a
// consumer group of its own, positions, reading of committed records, batches that are delivered in order,
// offsets that are committed only after what they stand for is visible, rejection of what cannot be used, and
// pauses where something is away.
//
// A backend implements Batch. The consumer fills one batch with records, delivers it, and commits its offsets;
// meanwhile it fills the next:
//
//	poll, Add ──full──► Deliver ──in order──► commit     batches go round
//	     ▲──────────────────Reset─────────────────┘
//
// No free batch means no polling: that is the back-pressure. A record may be delivered twice: after a failure,
// and by the next owner of a partition. The backend makes the second time change nothing, by an id or a version;
// then its readers see each record exactly once. The consumer keeps nothing that a restart needs.
//
// What a backend cannot use goes to touchpoints.rejected, with its place and a reason, and stops nothing. A
// backend that is away holds offsets back and loses nothing.
//
// sinks/sinktest holds all of this as tests, which each sink runs against itself. sinks/clickhouse is a consumer.
package consume
