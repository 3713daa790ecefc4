package main

import (
	"fmt"
	"slices"
	"strings"
)

// spread is the middle of several figures, and how far they lie apart.
type spread struct{ middle, least, most float64 }

func spreadOf[T any](list []T, figure func(T) float64) spread {
	values := make([]float64, len(list))
	for i := range list {
		values[i] = figure(list[i])
	}
	slices.Sort(values)
	return spread{values[len(values)/2], values[0], values[len(values)-1]}
}

func (s spread) text(format string) string {
	if s.middle == 0 {
		return "too short to say"
	}
	middle := fmt.Sprintf(format, s.middle)
	if s.least == s.most {
		return middle
	}
	return fmt.Sprintf("%s [%s-%s]", middle, fmt.Sprintf(format, s.least), fmt.Sprintf(format, s.most))
}

// tables are the report in Markdown.
func (r *report) tables() string {
	var b strings.Builder
	o := r.Settings
	fmt.Fprintf(&b, "# attune's engine beside others\n\n- commit: %s\n- machine: %s\n- started: %s\n- load at start %.2f, at end %.2f\n", r.Commit, r.Machine, r.Started, r.LoadBefore, r.LoadAfter)
	fmt.Fprintf(&b, "- broker: one Apache Kafka %s on the same cores, %d partitions; Kafka Streams %s, Flink %s; %d threads each; attune and Kafka Streams commit every %v, attune and Flink take a checkpoint every %v\n",
		r.Versions["broker"], partitions, r.Versions["kafka-streams"], r.Versions["flink"], threads, o.Commit, o.Checkpoint)
	fmt.Fprintf(&b, "- medians of %d, with ranges. CPU is that of the engine's process, seconds for a million records between %.0f and %.0f %% of the input; whole is that of the process from its start\n", o.Repeats, 100*steadyFrom, 100*steadyTo)
	r.throughputTable(&b)
	r.latencyTable(&b)
	r.shuffleTable(&b)
	return b.String()
}

func (r *report) throughputTable(b *strings.Builder) {
	if len(r.Throughput) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## The touchpoint job, %d records\n\nEvery run of every engine wrote %d actions and %d aggregates, equal to what a recomputation without an engine gives: the same hash, independent of order (%016x, %016x), activity within %g.\n\n",
		r.Settings.Records, r.Expected[0].Records, r.Expected[1].Records, r.Expected[0].Hash, r.Expected[1].Hash, tolerance)
	b.WriteString("| engine | records/s | CPU s/M | times attune's | whole CPU s/M | broker CPU s/M | peak MB | other cores busy |\n|---|---|---|---|---|---|---|---|\n")
	ours := 0.0
	for _, e := range engines {
		list := of(r.Throughput, e.name, func(d *drained) string { return d.Engine })
		if len(list) == 0 {
			continue
		}
		cpu := spreadOf(list, func(d *drained) float64 { return d.CPU })
		if e.name == "attune" {
			ours = cpu.middle
		}
		times := ""
		if ours > 0 && e.name != "attune" {
			times = fmt.Sprintf("%.1f", cpu.middle/ours)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", e.title, spreadOf(list, func(d *drained) float64 { return d.Rate }).text("%.0f"), cpu.text("%.2f"), times, rest(list))
	}
	b.WriteString(statsLine(of(r.Throughput, "attune", func(d *drained) string { return d.Engine })))
}

// rest are the columns that both tables of drains have.
func rest(list []*drained) string {
	return strings.Join([]string{
		spreadOf(list, func(d *drained) float64 { return d.WholeCPU }).text("%.2f"),
		spreadOf(list, func(d *drained) float64 { return d.BrokerCPU }).text("%.2f"),
		spreadOf(list, func(d *drained) float64 { return float64(d.PeakMemory) / (1 << 20) }).text("%.0f"),
		spreadOf(list, func(d *drained) float64 { return d.Others }).text("%.2f"),
	}, " | ")
}

func statsLine(list []*drained) string {
	if len(list) == 0 || list[len(list)-1].Stats == nil {
		return ""
	}
	s := list[len(list)-1].Stats
	return fmt.Sprintf("\nattune's last run: %d commits, %d checkpoints of tasks, %d MB written, %d allocations, %d collections, %d restarts.\n", s.Commits, s.Checkpoints, s.Written>>20, s.Mallocs, s.Collected, s.Restarts)
}

func of[T any](list []T, name string, engine func(T) string) []T {
	var found []T
	for _, v := range list {
		if engine(v) == name {
			found = append(found, v)
		}
	}
	return found
}

func (r *report) latencyTable(b *strings.Builder) {
	if len(r.Latency) == 0 {
		return
	}
	o := r.Settings
	fmt.Fprintf(b, "\n## Latency at %d touchpoints a second\n\nFrom the moment a touchpoint is due to be sent until a read-committed reader has its action; open loop; %v after %v of warming up.\n\n", o.Rate, o.Latency, o.Warm)
	b.WriteString("| engine | p50 ms | p99 ms | p99.9 ms | max ms | CPU s/M | actions | source late ms |\n|---|---|---|---|---|---|---|---|\n")
	for _, e := range engines {
		list := of(r.Latency, e.name, func(d *delays) string { return d.Engine })
		if len(list) == 0 {
			continue
		}
		column := func(format string, figure func(d *delays) float64) string { return spreadOf(list, figure).text(format) }
		fmt.Fprintf(b, "| %s | %s |\n", e.title, strings.Join([]string{
			column("%.1f", func(d *delays) float64 { return d.P50 }),
			column("%.1f", func(d *delays) float64 { return d.P99 }),
			column("%.1f", func(d *delays) float64 { return d.P999 }),
			column("%.1f", func(d *delays) float64 { return d.Max }),
			column("%.1f", func(d *delays) float64 { return d.CPU }),
			column("%.0f", func(d *delays) float64 { return float64(d.Actions) }),
			column("%.1f", func(d *delays) float64 { return d.Behind }),
		}, " | "))
	}
}

func (r *report) shuffleTable(b *strings.Builder) {
	if len(r.Shuffle) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## ShuffleBench, %d records of %d bytes, %d rules, selectivity %g\n\nConsumers' state 32 bytes, an output for every tenth record; every consumer gave the number of outputs that a recomputation gives.\n\n", r.Settings.Shuffle, shuffleRecord, r.Settings.Rules, selectivity)
	b.WriteString("| engine | records/s | CPU s/M | whole CPU s/M | broker CPU s/M | peak MB | other cores busy |\n|---|---|---|---|---|---|---|\n")
	fmt.Fprintf(b, "| attune, state in memory, exactly once | %s | %s | %s |\n", spreadOf(r.Shuffle, func(d *drained) float64 { return d.Rate }).text("%.0f"),
		spreadOf(r.Shuffle, func(d *drained) float64 { return d.CPU }).text("%.2f"), rest(r.Shuffle))
	b.WriteString(statsLine(r.Shuffle))
}
