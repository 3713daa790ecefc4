package telemetry_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/internal/telemetrytest"
	"github.com/attune-health/attune/pipeline"
)

func newTelemetry(t *testing.T, c telemetry.Config) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), c, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	return tel
}

var (
	webTask     = pipeline.TaskID{Role: "ingest", Source: pipeline.TopicPartition{Topic: "touchpoints.web", Partition: 3}}
	patientTask = pipeline.TaskID{Role: "patient", Source: pipeline.TopicPartition{Topic: "attune.identified", Partition: 1}}
)

func TestOneTraceFromIngestToSink(t *testing.T) {
	collector := telemetrytest.NewCollector(t)
	tel := newTelemetry(t, telemetry.Config{OTLPEndpoint: collector.URL, TraceRatio: 1})
	trace := tel.Traces()
	first, end := trace(webTask, 7, nil)
	end()
	second, end := trace(patientTask, 9, first)
	end()
	tel.SinkTraces("sink")(pipeline.TopicPartition{Topic: "next-best-actions"}, 2, second, time.Now().Add(-time.Second), time.Now())
	if err := tel.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := map[string]telemetrytest.Span{}
	for _, s := range collector.Spans() {
		spans[s.Name] = s
	}
	ingest, patient, sink := spans["ingest"], spans["patient"], spans["sink"]
	if len(spans) != 3 || ingest.Parent != "" || patient.Parent != ingest.ID || sink.Parent != patient.ID || patient.Trace != ingest.Trace || sink.Trace != ingest.Trace {
		t.Fatalf("got %+v", spans)
	}
	if string(first) != ingest.TraceParent() || string(second) != patient.TraceParent() {
		t.Errorf("headers %s and %s are not of the spans", first, second)
	}
	a := ingest.Attributes
	if len(a) != 4 || a["role"] != "ingest" || a["topic"] != "touchpoints.web" || a["partition"] != "3" || a["offset"] != "7" {
		t.Errorf("attributes: %v", a)
	}
}

func TestOnlyIngestBeginsTraces(t *testing.T) {
	collector := telemetrytest.NewCollector(t)
	tel := newTelemetry(t, telemetry.Config{OTLPEndpoint: collector.URL, TraceRatio: 1})
	if child, end := tel.Traces()(patientTask, 0, nil); child != nil || end != nil {
		t.Error("patient began a trace")
	}
	tel.Close(t.Context())
}

func TestTraceThatASourceBeganIsFollowed(t *testing.T) {
	collector := telemetrytest.NewCollector(t)
	tel := newTelemetry(t, telemetry.Config{OTLPEndpoint: collector.URL, TraceRatio: 1e-12})
	trace := tel.Traces()
	const sampled, not = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	child, end := trace(webTask, 1, []byte(sampled))
	if end == nil || !strings.HasPrefix(string(child), sampled[:36]) || string(child) == sampled {
		t.Errorf("got %s", child)
	} else {
		end()
	}
	if child, end := trace(webTask, 1, []byte(not)); string(child) != not || end != nil {
		t.Errorf("a trace that was not sampled became %s", child)
	}
	// What is no trace context is foreign text: it goes nowhere.
	for _, text := range []string{"", "MRN8812345", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", sampled + "-x", "ff" + sampled[2:], sampled[:53] + "zz", strings.Repeat("p", 55)} {
		if child, end := trace(patientTask, 1, []byte(text)); child != nil || end != nil {
			t.Errorf("%q was taken for a trace: %s", text, child)
		}
	}
	tel.Close(t.Context())
	if spans := collector.Spans(); len(spans) != 1 || spans[0].Parent != sampled[36:52] {
		t.Errorf("got spans %+v", spans)
	}
}

func TestTracesAreSampledByRatio(t *testing.T) {
	collector := telemetrytest.NewCollector(t)
	tel := newTelemetry(t, telemetry.Config{OTLPEndpoint: collector.URL, TraceRatio: 0.1})
	trace, begun := tel.Traces(), 0
	for i := range int64(10_000) {
		if _, end := trace(webTask, i, nil); end != nil {
			end()
			begun++
		}
	}
	tel.Close(t.Context())
	if begun < 800 || begun > 1200 {
		t.Errorf("%d of 10000 were traced", begun)
	}
}

func TestNothingIsTracedUnlessAskedFor(t *testing.T) {
	for _, c := range []telemetry.Config{{}, {OTLPEndpoint: "http://127.0.0.1:1"}} {
		tel := newTelemetry(t, c)
		events, err := tel.PipelineEvents(time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if events.Trace != nil || tel.SinkTraces("sink") != nil {
			t.Errorf("%+v: something listens", c)
		}
	}
}

// What a record costs that carries no trace and is not chosen for one, and what one costs that is.
func BenchmarkTrace(b *testing.B) {
	tel, err := telemetry.New(b.Context(), telemetry.Config{OTLPEndpoint: "http://127.0.0.1:1", TraceRatio: 1e-12}, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		b.Fatal(err)
	}
	trace := tel.Traces()
	b.Run("NotTraced", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			trace(webTask, 1, nil)
		}
	})
	b.Run("Traced", func(b *testing.B) {
		b.ReportAllocs()
		parent := []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		for b.Loop() {
			_, end := trace(webTask, 1, parent)
			end()
		}
	})
}
