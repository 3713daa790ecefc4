package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/benchmarks/machine"
)

// report collects the table.
type report struct {
	head  []string
	rows  []row
	notes []string
}

// row is one line of the table.
type row struct{ what, bar, measured, verdict string }

func newReport(ctx context.Context) *report {
	r := &report{}
	r.head = append(r.head, "commit: "+machine.Commit(ctx))
	r.head = append(r.head, "machine: "+machine.Describe())
	r.head = append(r.head, "started: "+machine.Now())
	r.head = append(r.head, fmt.Sprintf("load at start: %.2f", machine.Load()))
	return r
}

func (r *report) add(what, bar, measured string, held bool) {
	verdict := "held"
	switch {
	case bar == "":
		verdict = ""
	case !held:
		verdict = "MISSED"
	}
	r.rows = append(r.rows, row{what, bar, measured, verdict})
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// spread is the median of several figures, with the least and the greatest.
type spread struct{ middle, least, most float64 }

func spreadOf[T any](list []T, figure func(*T) float64) spread {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = figure(&list[i])
	}
	slices.Sort(values)
	return spread{values[len(values)/2], values[0], values[len(values)-1]}
}

// text prints a spread with a number format.
func (s spread) text(format, unit string) string {
	middle := fmt.Sprintf(format, s.middle)
	if s.least == s.most {
		return middle + " " + unit
	}
	return fmt.Sprintf("%s %s (%s to %s)", middle, unit, fmt.Sprintf(format, s.least), fmt.Sprintf(format, s.most))
}

// wholeJob adds the rows of the whole job.
func (r *report) wholeJob(runs []jobRun, w *workload) {
	r.job("whole job, exactly once, state restored, patients known", w.filled[1], runs, func(run *jobRun) *processed { return &run.next })
	r.job("whole job, exactly once, from empty: every patient new", w.filled[0], runs, func(run *jobRun) *processed { return &run.first })
	r.note("Whole job: %d touchpoints sent, %d of them distinct, %d phantoms. After every run each is accounted for: identified or rejected, and copies, no others, rejected as duplicates.",
		w.sent, len(w.distinct), w.phantoms)
	var topics []string
	for _, t := range w.written {
		topics = append(topics, fmt.Sprintf("%s %d of %d B", t.topic, t.records, t.bytes/max(1, t.records)))
	}
	r.note("Records in the topics after it, and their size on average: %s.", strings.Join(topics, ", "))
}

func (r *report) job(name string, f filling, runs []jobRun, pick func(*jobRun) *processed) {
	n := float64(f.touchpoints)
	of := func(figure func(*processed) float64) spread {
		return spreadOf(runs, func(run *jobRun) float64 { return figure(pick(run)) })
	}
	cpu := of(func(p *processed) float64 { return float64(p.Usage.CPU.Microseconds()) / n })
	r.add(name+": CPU of the processor's process for a touchpoint", "<= 8 µs", cpu.text("%.2f", "µs"), cpu.middle <= 8)
	rate := of(func(p *processed) float64 { return n / p.Usage.Wall.Seconds() })
	r.add("... processor on one core, broker on another", "", rate.text("%.0f", "touchpoints/s"), true)
	allocations, bytes := of(func(p *processed) float64 { return float64(p.Usage.Mallocs) / n }), of(func(p *processed) float64 { return float64(p.Usage.Bytes) / n })
	r.add("... for a touchpoint", "", allocations.text("%.2f", "allocations")+", "+bytes.text("%.0f", "B allocated"), true)
	written := of(func(p *processed) float64 { return float64(p.Bytes) / n })
	peak := of(func(p *processed) float64 { return float64(p.Usage.PeakMemory) / (1 << 20) })
	r.add("... written for a touchpoint; peak memory", "", written.text("%.0f", "B")+"; "+peak.text("%.0f", "MiB"), true)
	r.note("%s: %d touchpoints with %d links and consents.", name, f.touchpoints, f.others)
	for i := range runs {
		p := pick(&runs[i])
		r.note("... run %d: %.2f s CPU in %.2f s, %d commits (%d urgent) of %.1f ms on average, %d collections, %d restarts.",
			i+1, p.Usage.CPU.Seconds(), p.Usage.Wall.Seconds(), p.Commits, p.Urgent, milliseconds(p.Took)/float64(max(1, p.Commits)), p.Usage.Collected, p.Restarts)
	}
}

// callToAction adds the row of one shape and rate.
func (r *report) callToAction(name string, barred bool, runs []latencies) {
	bar := ""
	if barred {
		bar = "p99 <= 100 ms"
	}
	middle := slices.SortedFunc(slices.Values(runs), func(a, b latencies) int { return cmp.Compare(a.P99, b.P99) })[len(runs)/2]
	p99 := spreadOf(runs, func(l *latencies) float64 { return milliseconds(l.P99) })
	r.add("call to action, "+name, bar, fmt.Sprintf("p50 %.1f ms, p99 %s, max %.1f ms", milliseconds(middle.P50), p99.text("%.1f", "ms"), milliseconds(middle.Max)),
		p99.middle <= 100)
	r.note("Call to action, %s: %d touchpoints sent, %d calls led to an action; source behind its times by %.1f ms at most; %d records before the processor at the end; %d commits, %.2f s CPU.",
		name, middle.Sent, middle.Calls, milliseconds(middle.Behind), middle.Unanswered, middle.Commits, middle.CPU.Seconds())
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// text is the report in Markdown.
func (r *report) text() string {
	var b strings.Builder
	b.WriteString("# Speed\n\n")
	for _, line := range append(r.head, fmt.Sprintf("load at end: %.2f", machine.Load())) {
		b.WriteString("- " + line + "\n")
	}
	b.WriteString("\nMedian of several runs, with the range. CPU per record is the claim; rates and latencies are about the machine, too.\n\n")
	b.WriteString("| what | bar | measured | |\n|---|---|---|---|\n")
	for _, row := range r.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.what, row.bar, row.measured, row.verdict)
	}
	if len(r.notes) > 0 {
		b.WriteString("\n")
		for _, n := range r.notes {
			b.WriteString("- " + n + "\n")
		}
	}
	return b.String()
}
