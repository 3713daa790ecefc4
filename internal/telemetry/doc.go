// Package telemetry turns what the engine and the sinks report through their Events into
// OpenTelemetry metrics and traces and slog lines, and serves them: /metrics for Prometheus,
// /healthz (the process works), /readyz (it has its partitions and has caught up with its state).
//
// No name of a patient, and nothing that came out of a record, is ever a label, an attribute or
// part of a line: records are located by topic, partition and offset only.
package telemetry
