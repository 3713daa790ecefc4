package telemetry

import (
	"context"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/attune-health/attune/pipeline"
)

// startsTraces is the role that begins traces, where touchpoints come in. All others continue the
// trace that a record carries.
const startsTraces = "ingest"

// Traces returns a func for runner.Events.Trace, nil if nothing is traced.
func (t *Telemetry) Traces() func(id pipeline.TaskID, offset int64, parent []byte) (child []byte, end func()) {
	if !t.config.traces() {
		return nil
	}
	return t.span
}

// span begins the span of one source record. A source's own trace is followed if the source sampled
// it, and otherwise only passed on.
func (t *Telemetry) span(id pipeline.TaskID, offset int64, parent []byte) (child []byte, end func()) {
	ctx := context.Background()
	switch from, ok := parseTraceParent(parent); {
	case ok && !from.IsSampled():
		return parent, nil
	case ok:
		ctx = trace.ContextWithRemoteSpanContext(ctx, from)
	case id.Role != startsTraces || rand.Float64() >= t.config.TraceRatio:
		return nil, nil
	}
	_, span := t.Tracer.Start(ctx, id.Role, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(located(id.Role, id.Source, offset)...))
	return appendTraceParent(make([]byte, 0, traceParentLen), span.SpanContext()), func() { span.End() }
}

// SinkTraces returns a func that makes the span of a record that a sink has written, from when it
// was read until it was acknowledged; nil if nothing is traced.
func (t *Telemetry) SinkTraces(role string) func(tp pipeline.TopicPartition, offset int64, parent []byte, from, to time.Time) {
	if !t.config.traces() {
		return nil
	}
	return func(tp pipeline.TopicPartition, offset int64, parent []byte, from, to time.Time) {
		remote, ok := parseTraceParent(parent)
		if !ok || !remote.IsSampled() {
			return
		}
		_, span := t.Tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), remote), role,
			trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(from), trace.WithAttributes(located(role, tp, offset)...))
		span.End(trace.WithTimestamp(to))
	}
}

// located is everything that a span says: where the record is, never what is in it.
func located(role string, tp pipeline.TopicPartition, offset int64) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("role", role), attribute.String("topic", tp.Topic),
		attribute.Int("partition", int(tp.Partition)), attribute.Int64("offset", offset)}
}

// W3C trace context, version 00: 00-<trace id>-<span id>-<flags>, in lower-case hex.
const (
	traceParentLen = 55
	traceIDAt      = 3
	spanIDAt       = 36
	flagsAt        = 53
)

// parseTraceParent reads what a source wrote. The text goes on to other topics, so only a
// well-formed context of this version passes: anything else might be patient data.
func parseTraceParent(b []byte) (trace.SpanContext, bool) {
	if len(b) != traceParentLen || b[0] != '0' || b[1] != '0' || b[2] != '-' || b[spanIDAt-1] != '-' || b[flagsAt-1] != '-' {
		return trace.SpanContext{}, false
	}
	traceID, err := trace.TraceIDFromHex(string(b[traceIDAt : spanIDAt-1]))
	if err != nil {
		return trace.SpanContext{}, false
	}
	spanID, err := trace.SpanIDFromHex(string(b[spanIDAt : flagsAt-1]))
	if err != nil {
		return trace.SpanContext{}, false
	}
	if b[flagsAt] != '0' || b[flagsAt+1] != '0' && b[flagsAt+1] != '1' {
		return trace.SpanContext{}, false
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.TraceFlags(b[flagsAt+1] - '0'), Remote: true}), true
}

func appendTraceParent(b []byte, c trace.SpanContext) []byte {
	id, span := c.TraceID(), c.SpanID()
	b = append(b, "00-"...)
	b = appendHex(b, id[:])
	b = appendHex(append(b, '-'), span[:])
	if c.IsSampled() {
		return append(b, "-01"...)
	}
	return append(b, "-00"...)
}

func appendHex(b, raw []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range raw {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}
