// Package telemetry turns the Events of engine and sinks into OpenTelemetry metrics and traces and
// slog lines. It serves /metrics for Prometheus, /healthz (the process works) and /readyz (it has
// its partitions, and their state is restored).
//
// No label, attribute or line holds the name of a patient or anything else from a record: records
// are named by topic, partition and offset only.
package telemetry
