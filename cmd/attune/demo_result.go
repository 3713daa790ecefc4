package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	attune "github.com/attune-health/attune"
	"github.com/attune-health/attune/internal/verify"
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/pipeline/runner"
	"github.com/attune-health/attune/schemas"
)

// demoResult is what --json prints.
type demoResult struct {
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
	Reconciled  bool     `json:"reconciled"`
	Differences []string `json:"differences"`
	Elapsed     float64  `json:"elapsed_s"`
}

func (d *demo) result(r *verify.Report) demoResult {
	var out demoResult
	t := &out.Touchpoints
	t.Produced, t.Processed, t.Duplicate, t.Late, t.Rejected = r.Produced, r.Processed, r.Duplicate, r.Late, r.Rejected
	t.ByChannel = map[string]int{}
	for _, c := range channels {
		t.ByChannel[c.String()] = r.ByChannel[c.String()]
	}
	out.Personas, out.Predictions, out.NextBestActions, out.ByAction = r.Personas, r.Predictions, r.Decisions, r.ByAction
	out.ClickHouse.Touchpoints, out.ClickHouse.Predictions = r.Rows["touchpoints"], r.Rows["predictions"]
	out.ClickHouse.Actions, out.ClickHouse.Aggregates = r.Rows["actions"], r.Rows["aggregates"]
	out.ClickHouse.HTTP, out.ClickHouse.Native = d.parts.clickhouse.HTTPAddr(), d.parts.clickhouse.NativeAddr()
	out.Kafka.Brokers, out.Kafka.Registry = d.parts.broker.Addr(), d.parts.registry.URL()
	d.stats.mu.Lock()
	q := d.stats.callToAction.quantiles(0.5, 0.99, 1)
	out.Latency.CallToAction.P50, out.Latency.CallToAction.P99, out.Latency.CallToAction.Max = q[0], q[1], q[2]
	q = d.stats.toClickHouse.quantiles(0.5, 0.99)
	out.Latency.ToClickHouse.P50, out.Latency.ToClickHouse.P99 = q[0], q[1]
	d.stats.mu.Unlock()
	out.Reconciled, out.Differences = r.Found == 0, r.Differences
	out.Elapsed = float64(time.Since(d.began).Milliseconds()) / 1000
	return out
}

// verifyWindows tells the verifier which windows the run has.
func verifyWindows(c attune.Config) []verify.Window {
	var out []verify.Window
	for _, w := range c.Aggregate.Windows() {
		out = append(out, verify.Window{Aggregate: w.Name, Size: int64(w.Size), Lateness: int64(w.Lateness)})
	}
	return out
}

// watch adds the view's needs to the engine's events.
func (s *stats) watch(events *runner.Events) {
	inner := events.Watermark
	events.Watermark = func(id pipeline.TaskID, channel string, value pipeline.Time, basis pipeline.Basis) {
		inner(id, channel, value, basis)
		if id.Role != "patient" || value == pipeline.MinTime {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watermarks[channel] = time.Since(time.UnixMilli(int64(value)))
	}
}

func (s *stats) wasResent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resent
}

// view shows the demo until ctx ends: a screen on a terminal, else a line every five seconds.
func (d *demo) view(ctx context.Context) error {
	width, live := 0, false
	if f, ok := d.progress.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			width, live = w, true
		}
	}
	interval := 5 * time.Second
	if live {
		interval = 250 * time.Millisecond
		fmt.Fprint(d.progress, "\x1b[2J\x1b[?25l")
		defer fmt.Fprint(d.progress, "\x1b[?25h")
	} else {
		for _, a := range d.addresses() {
			fmt.Fprintln(d.progress, a)
		}
	}
	st := newStyle(lipgloss.NewRenderer(d.progress))
	before, last := map[schemas.Channel]int{}, time.Now()
	turned := last
	names := reasonNames(d.processor.topology)
	for {
		ended := !sleep(ctx, interval)
		now := time.Now()
		s := d.stats.take(now.Sub(d.began), now.Sub(last), before, names)
		before, last = s.sent, now
		if d.ceiling != nil {
			s.ceiling = d.ceiling()
		}
		s.addresses = d.addresses()
		if now.Sub(turned) > 30*time.Second {
			d.stats.turn()
			turned = now
		}
		if live {
			paint(d.progress, s.screen(st, width))
		} else {
			fmt.Fprintln(d.progress, s.line())
		}
		if ended {
			return nil
		}
	}
}

// reasonNames turns reason codes into words.
func reasonNames(c attune.Config) func(code string) string {
	names := map[string]string{}
	for _, r := range c.Taxonomy.Reasons {
		names[r.Code] = r.Words
	}
	return func(code string) string {
		if name := names[code]; name != "" {
			return name
		}
		return code
	}
}
