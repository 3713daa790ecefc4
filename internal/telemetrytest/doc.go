// Package telemetrytest is an OpenTelemetry collector for tests: it takes OTLP over HTTP and keeps
// the spans, and all bytes for those who look for what must not be in them.
package telemetrytest
