package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

const (
	hotShare = 0.3
	// hotLimit is touchpoints of one identifier in a minute: two a second, more than any person makes.
	hotLimit = 120
	// hotRise is how many times the p99 of the other keys may rise.
	hotRise = 2
)

// hotKeys measures the calls of others while one kiosk sends a large share of all touchpoints, beside
// the same rate without a kiosk, with and without a limit for each identifier.
func hotKeys(ctx context.Context, o *options, r *report) error {
	shapes := []struct {
		name  string
		hot   float64
		limit int
	}{{"none", 0, 0}, {"no limit", hotShare, 0}, {fmt.Sprintf("limit %d a minute", hotLimit), hotShare, hotLimit}}
	runs := make([][]latencies, len(shapes))
	for range o.repeats {
		for i, s := range shapes {
			measured, err := hotKey(ctx, o, s.hot, s.limit)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			runs[i] = append(runs[i], measured)
		}
	}
	for i, s := range shapes {
		r.hotKey(o, s.name, i > 0, runs[i], runs[0])
	}
	return nil
}

func hotKey(ctx context.Context, o *options, hot float64, limit int) (measured latencies, err error) {
	dir, err := os.MkdirTemp("", "attune-speed-")
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var at address
	broker, err := start(ctx, order{Role: "broker", Dir: dir}, -1, &at)
	if err != nil {
		return measured, err
	}
	defer func() { err = errors.Join(err, broker.end()) }()
	work := order{Broker: at.Broker, Checkpoints: o.checkpoints, Limit: limit, Profile: o.profile}
	return offer(ctx, work, -1, loopConfig{Rate: o.hotRate, Patients: int(25 * o.hotRate), For: o.latency, Warm: 3 * time.Second, Hot: hot})
}

func (r *report) hotKey(o *options, name string, hot bool, runs, base []latencies) {
	p99 := func(l *latencies) float64 { return milliseconds(l.P99) }
	figures, without := spreadOf(runs, p99), spreadOf(base, p99)
	what, bar, rise := fmt.Sprintf("calls at %.0f touchpoints/s, no kiosk", o.hotRate), "", ""
	if hot {
		what = fmt.Sprintf("... %.0f %% of them one kiosk's, %s", 100*hotShare, name)
		bar = fmt.Sprintf("p99 <= %d times that without", hotRise)
		rise = fmt.Sprintf(": %.2f times", figures.middle/without.middle)
	}
	middle := middleOf(runs)
	r.add(what, bar, middle.figures(figures)+rise, figures.middle <= hotRise*without.middle)
	r.note("%s: %d of the touchpoints the kiosk's, %d of them over the limit; %s", what, middle.Hot, middle.Processed.Reasons["rejected_records.over_limit"], middle.circumstances())
}

// middleOf is the run with the median p99.
func middleOf(runs []latencies) *latencies {
	sorted := slices.SortedFunc(slices.Values(runs), func(a, b latencies) int { return cmp.Compare(a.P99, b.P99) })
	return &sorted[len(runs)/2]
}

// figures prints the latencies, with the range of their p99.
func (l *latencies) figures(p99 spread) string {
	return fmt.Sprintf("p50 %.1f ms, p99 %s, max %.1f ms", milliseconds(l.P50), p99.text("%.1f", "ms"), milliseconds(l.Max))
}

// circumstances prints the rest of what was measured.
func (l *latencies) circumstances() string {
	return fmt.Sprintf("%d touchpoints sent, %d calls led to an action, half of them decided on within %.0f ms; source behind its times by %.1f ms at most; %d records before the processor at the end; %.2f s CPU.",
		l.Sent, l.Calls, milliseconds(l.Decided), milliseconds(l.Behind), l.Unanswered, l.CPU.Seconds())
}
