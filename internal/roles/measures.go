package roles

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"github.com/attune-health/attune/internal/telemetry"
	"github.com/attune-health/attune/sinks/desk"
)

// measured are the metrics of this process that the desk's page of health shows, in the order in which an engineer on call
// asks for them. Of the series of one the worst is shown, or their sum by a label. Bounds are those of deploy/alerts.yaml.
var measured = []struct {
	metric, name, group, unit string
	// by is the label by which series are told apart; sum adds those that are not.
	by  string
	sum bool
	// Above warn somebody should look, above bad at once; zero is never.
	warn, bad float64
	// always is shown where it is zero, too.
	always bool
}{
	{metric: "attune_stopped_tasks", name: "stopped_tasks", group: "lost", by: "role", sum: true, bad: .5},
	{metric: "attune_parked_partitions", name: "parked_partitions", group: "lost", by: "topic", sum: true, bad: .5},
	{metric: "attune_lost_records_total", name: "lost_records", group: "lost", unit: "records", by: "topic", sum: true, bad: .5},
	{metric: "attune_sink_lost_records_total", name: "sink_lost_records", group: "lost", unit: "records", by: "topic", sum: true, bad: .5},
	{metric: "attune_desk_lost_records_total", name: "desk_lost_records", group: "lost", unit: "records", by: "topic", sum: true, bad: .5},
	{metric: "attune_source_freshness_seconds", name: "freshness", group: "time", unit: "s", by: "topic", warn: 5, bad: 60, always: true},
	{metric: "attune_watermark_delay_seconds", name: "watermark_delay", group: "time", unit: "s", by: "channel", always: true},
	{metric: "attune_source_lag_records", name: "source_lag", group: "lag", unit: "records", by: "topic", sum: true, warn: 10_000, always: true},
	{metric: "attune_sink_lag_records", name: "sink_lag", group: "lag", unit: "records", by: "topic", sum: true, warn: 10_000},
	{metric: "attune_desk_lag_records", name: "desk_lag", group: "lag", unit: "records", by: "topic", sum: true, warn: 10_000},
	{metric: "attune_restore_remaining_seconds", name: "restoring", group: "restore", unit: "s", by: "role", warn: .5},
	{metric: "attune_rejected_records_total", name: "rejected", group: "rejected", unit: "records", by: "reason", sum: true},
	{metric: "attune_record_failures_total", name: "record_failures", group: "rejected", unit: "records", by: "reason", sum: true, warn: .5},
	{metric: "attune_sink_rejected_total", name: "sink_rejected", group: "rejected", unit: "records", by: "reason", sum: true},
	{metric: "attune_desk_rejected_total", name: "desk_rejected", group: "rejected", unit: "records", by: "reason", sum: true},
	{metric: "attune_late_records_total", name: "late", group: "late", unit: "records", by: "reason", sum: true},
}

// measuresOf reads the process's metrics for the desk's page of health.
func measuresOf(t *telemetry.Telemetry) func() ([]desk.Measure, error) {
	return func() ([]desk.Measure, error) {
		families, err := t.Gather()
		if err != nil {
			return nil, err
		}
		return measures(families), nil
	}
}

func measures(families []*dto.MetricFamily) []desk.Measure {
	out := []desk.Measure{}
	for _, m := range measured {
		i := slices.IndexFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == m.metric })
		if i < 0 {
			continue
		}
		values := map[string]float64{}
		for _, series := range families[i].GetMetric() {
			v := series.GetGauge().GetValue() + series.GetCounter().GetValue()
			if by := label(series, m.by); m.sum {
				values[by] += v
			} else {
				values[by] = max(values[by], v)
			}
		}
		for _, by := range slices.SortedFunc(maps.Keys(values), func(a, b string) int { return cmp.Or(cmp.Compare(values[b], values[a]), strings.Compare(a, b)) }) {
			if v := values[by]; v > 0 || m.always {
				out = append(out, desk.Measure{Group: m.group, Name: m.name, Detail: by, Value: v, Unit: m.unit, State: stateOf(v, m.warn, m.bad)})
			}
		}
	}
	return out
}

func label(series *dto.Metric, name string) string {
	for _, l := range series.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

func stateOf(v, warn, bad float64) string {
	switch {
	case bad > 0 && v > bad:
		return desk.MeasureBad
	case warn > 0 && v > warn:
		return desk.MeasureWarn
	}
	return desk.MeasureOK
}
