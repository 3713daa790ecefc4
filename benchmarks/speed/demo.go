package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
)

// demoResult is the part of the demo's result that is of interest here.
type demoResult struct {
	Touchpoints struct{ Produced int } `json:"touchpoints"`
	Latency     struct {
		CallToAction struct{ P50, P99, Max float64 } `json:"call_to_action"`
		ToClickHouse struct{ P50, P99 float64 }      `json:"touchpoint_to_clickhouse"`
	} `json:"latency_ms"`
	Reconciled bool `json:"reconciled"`
}

// demos lets the demo measure itself: everything in one process, with ClickHouse and the simulator.
func demos(ctx context.Context, o *options, r *report) error {
	if o.demo == "" {
		return nil
	}
	if _, err := os.Stat(o.demo); errors.Is(err, fs.ErrNotExist) {
		r.note("The demo was not measured: there is no %s.", o.demo)
		return nil
	}
	cmd := exec.CommandContext(ctx, o.demo, "demo", "--rate", "2000", "--for", "20s", "--json")
	out, err := cmd.Output()
	if err != nil {
		r.note("The demo failed: %v.", err)
		return nil
	}
	var d demoResult
	if err := json.Unmarshal(out, &d); err != nil {
		return fmt.Errorf("result of the demo: %w", err)
	}
	c := d.Latency.CallToAction
	r.add("call to action, 2,000/s, `attune demo` with simulator, sink and ClickHouse, of 20 s with its start", "p99 <= 100 ms",
		fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, max %.1f ms", c.P50, c.P99, c.Max), c.P99 <= 100)
	r.add("... touchpoint to ClickHouse", "", fmt.Sprintf("p50 %.0f ms, p99 %.0f ms", d.Latency.ToClickHouse.P50, d.Latency.ToClickHouse.P99), true)
	if !d.Reconciled {
		return errors.New("the demo did not reconcile")
	}
	return nil
}
