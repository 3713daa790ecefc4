package roles

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/sinks/desk"
)

func TestProcessIsNotWellThenItsMeasuresSayWhat(t *testing.T) {
	tel, err := telemetry.New(t.Context(), telemetry.Config{}, slog.New(slog.DiscardHandler), "v7")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tel.Close(context.WithoutCancel(t.Context())) }()
	fresh, err1 := tel.Meter.Float64Gauge("attune_source_freshness", metric.WithUnit("s"))
	late, err2 := tel.Meter.Int64Counter("attune_late_records")
	lag, err3 := tel.Meter.Int64Gauge("attune_source_lag_records")
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	of := func(topic string, partition int) metric.MeasurementOption {
		return metric.WithAttributes(attribute.String("topic", topic), attribute.Int("partition", partition))
	}
	fresh.Record(t.Context(), 3, of("web", 0))
	fresh.Record(t.Context(), 70, of("call", 0))
	fresh.Record(t.Context(), 10, of("call", 1))
	lag.Record(t.Context(), 6000, of("web", 0))
	lag.Record(t.Context(), 5000, of("web", 1))
	late.Add(t.Context(), 2, metric.WithAttributes(attribute.String("reason", "too_late"), attribute.String("topic", "web")))
	got, err := measuresOf(tel)()
	if err != nil {
		t.Fatal(err)
	}
	want := []desk.Measure{
		{Group: "time", Name: "freshness", Detail: "call", Value: 70, Unit: "s", State: desk.MeasureBad}, {Group: "time", Name: "freshness", Detail: "web", Value: 3, Unit: "s", State: desk.MeasureOK},
		{Group: "lag", Name: "source_lag", Detail: "web", Value: 11000, Unit: "records", State: desk.MeasureWarn}, {Group: "late", Name: "late", Detail: "too_late", Value: 2, Unit: "records", State: desk.MeasureOK},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the measures are %+v, want %+v", got, want)
	}
}

// Every measure has words in every language, and a metric that docs/metrics.md names.
func TestEveryMeasureHasWords(t *testing.T) {
	metrics, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "es"} {
		text, err := os.ReadFile("../../sinks/desk/static/" + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]string{}
		if err := json.Unmarshal(text, &words); err != nil {
			t.Fatal(err)
		}
		for _, m := range measured {
			if words["m_"+m.name] == "" || words["g_"+m.group] == "" {
				t.Errorf("%s: %s of %s has no words", language, m.name, m.group)
			}
			if !bytes.Contains(metrics, []byte("`"+m.metric+"`")) {
				t.Errorf("docs/metrics.md does not name %s", m.metric)
			}
		}
	}
}
