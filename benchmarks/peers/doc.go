// Command peers measures attune's engine beside other stream processors: the same input on the same
// Apache Kafka broker, the same job, equal outputs, one after the other in one run. `make bench-peers`
// runs it.
//
// The touchpoint job: touchpoint.go (records), persona.go, windows.go and job.go (on attune's engine),
// java/ (the same on Kafka Streams and Flink), expected.go (recomputed without any engine; what every
// engine wrote is compared with it).
//
// ShuffleBench: rules.go (matching), consumers.go and shuffle.go (on attune's engine).
//
// Measuring: engines.go (how each engine is started), drain.go (throughput and CPU), latency.go,
// usage.go (what the kernel says of a process), report.go and table.go.
package main
