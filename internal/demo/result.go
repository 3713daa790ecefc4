package demo

import (
	"time"

	"github.com/attune-health/attune/internal/evaluate"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/schemas"
)

// Result is what --json prints.
type Result struct {
	Touchpoints struct {
		Produced  int            `json:"produced"`
		Processed int            `json:"processed"`
		Duplicate int            `json:"duplicate"`
		Late      int            `json:"late"`
		Rejected  int            `json:"rejected"`
		ByChannel map[string]int `json:"by_channel"`
	} `json:"touchpoints"`
	Personas        int            `json:"personas"`
	Predictions     int            `json:"predictions"`
	NextBestActions int            `json:"next_best_actions"`
	ByAction        map[string]int `json:"by_action"`
	ClickHouse      struct {
		Touchpoints int    `json:"touchpoints"`
		Predictions int    `json:"predictions"`
		Actions     int    `json:"actions"`
		Aggregates  int    `json:"aggregates"`
		HTTP        string `json:"http"`
		Native      string `json:"native"`
	} `json:"clickhouse"`
	Kafka struct {
		Brokers  string `json:"brokers"`
		Registry string `json:"registry"`
	} `json:"kafka"`
	Latency struct {
		CallToAction struct {
			P50 float64 `json:"p50"`
			P99 float64 `json:"p99"`
			Max float64 `json:"max"`
		} `json:"call_to_action"`
		ToClickHouse struct {
			P50 float64 `json:"p50"`
			P99 float64 `json:"p99"`
		} `json:"touchpoint_to_clickhouse"`
	} `json:"latency_ms"`
	// Prediction is of the contacts that have come since the demo went live; Learned also of those before.
	Prediction struct {
		evaluate.Score
		Learned int `json:"learned"`
	} `json:"prediction"`
	// Speed is how much faster than ours the patients' time passed, LiveAfter from when on.
	Speed       float64  `json:"speed"`
	LiveAfter   float64  `json:"live_after_s"`
	Reconciled  bool     `json:"reconciled"`
	Differences []string `json:"differences"`
	Elapsed     float64  `json:"elapsed_s"`
}

func (d *Demo) result(r *verify.Report) Result {
	var out Result
	t := &out.Touchpoints
	t.Produced, t.Processed, t.Duplicate, t.Late, t.Rejected = r.Produced, r.Processed, r.Duplicate, r.Late, r.Rejected
	t.ByChannel = map[string]int{}
	for _, row := range schemas.Channels() {
		c := row.Channel
		t.ByChannel[c.String()] = r.ByChannel[c.String()]
	}
	out.Personas, out.Predictions, out.NextBestActions, out.ByAction = r.Personas, r.Predictions, r.Decisions, r.ByAction
	out.ClickHouse.Touchpoints, out.ClickHouse.Predictions = r.Rows["touchpoints"], r.Rows["predictions"]
	out.ClickHouse.Actions, out.ClickHouse.Aggregates = r.Rows["actions"], r.Rows["aggregates"]
	out.ClickHouse.HTTP, out.ClickHouse.Native = d.parts.ClickHouse.HTTPAddr(), d.parts.ClickHouse.NativeAddr()
	out.Kafka.Brokers, out.Kafka.Registry = d.parts.Broker.Addr(), d.parts.Registry.URL()
	d.stats.mu.Lock()
	q := d.stats.callToAction.quantiles(0.5, 0.99, 1)
	out.Latency.CallToAction.P50, out.Latency.CallToAction.P99, out.Latency.CallToAction.Max = q[0], q[1], q[2]
	q = d.stats.toClickHouse.quantiles(0.5, 0.99)
	out.Latency.ToClickHouse.P50, out.Latency.ToClickHouse.P99 = q[0], q[1]
	out.Speed, out.LiveAfter = d.Simulation.Speed, float64(d.stats.live.Sub(d.began).Milliseconds())/1000
	d.stats.mu.Unlock()
	out.Prediction.Score, out.Prediction.Learned = d.foresight.scores()
	out.Reconciled, out.Differences = r.Found == 0, r.Differences
	out.Elapsed = float64(time.Since(d.began).Milliseconds()) / 1000
	return out
}
