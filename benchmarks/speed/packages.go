package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// packageRow is a row of the table that a package measures itself.
type packageRow struct {
	// The whole name, without the number of cores.
	dir, benchmark string
	// -benchtime.
	time      string
	what, bar string
	// Of the figure that the bar is about.
	unit  string
	shown string
	limit float64
	// The bar is a least figure.
	atLeast bool
	// Allocations must be 0.
	free bool
}

// packageRows are the rows in the order of the table.
var packageRows = []packageRow{
	{dir: "pipeline/kafka", benchmark: "BenchmarkFetchDecode/none", time: "1000000x", what: "fetch + decode batches, 200 B records: CPU of the client for a record", bar: "<= 250 ns, 0 allocations", unit: "cpu-ns/record", shown: "ns", limit: 250, free: true},
	{dir: "pipeline/kafka", benchmark: "BenchmarkFetchDecode/lz4", time: "1000000x", what: "... lz4", unit: "cpu-ns/record", shown: "ns"},
	{dir: "pipeline/kafka", benchmark: "BenchmarkEncodeProduce/exactly-once/none", time: "500000x", what: "encode + produce, exactly once: CPU of the client for a record", bar: "<= 350 ns, 0 allocations", unit: "cpu-ns/record", shown: "ns", limit: 350, free: true},
	{dir: "pipeline/kafka", benchmark: "BenchmarkEncodeProduce/at-least-once/none", time: "500000x", what: "... at least once", unit: "cpu-ns/record", shown: "ns"},
	{dir: "pipeline/kafka", benchmark: "BenchmarkEncodeProduce/exactly-once/lz4", time: "500000x", what: "... exactly once, lz4", unit: "cpu-ns/record", shown: "ns"},
	{dir: "schemas", benchmark: "BenchmarkDecodeTouchpoint/generated", time: "500ms", what: "decode one touchpoint (generated codec)", bar: "<= 150 ns, 0 allocations", unit: "ns/op", shown: "ns", limit: 150, free: true},
	{dir: "schemas", benchmark: "BenchmarkDecodeTouchpoint/goavro", time: "500ms", what: "... goavro", unit: "ns/op", shown: "ns"},
	{dir: "schemas", benchmark: "BenchmarkDecodeTouchpoint/hamba", time: "500ms", what: "... hamba", unit: "ns/op", shown: "ns"},
	{dir: "operators", benchmark: "BenchmarkPatientWholeChain", time: "100000x", what: "patient: one touchpoint through deduplicate .. aggregate, no I/O", bar: "<= 2.5 µs, 0 allocations", unit: "cpu-ns/op", shown: "ns", limit: 2500, free: true},
	{dir: "operators", benchmark: "BenchmarkIngestTouchpoint", time: "200000x", what: "ingest: decode, check, identify, send on", unit: "cpu-ns/op", shown: "ns"},
	{dir: "sinks/clickhouse", benchmark: "BenchmarkSink", time: "1000000x", what: "ClickHouse sink: records in memory to rows acknowledged", bar: ">= 300,000 rows/s", unit: "rows/s", shown: "rows/s", limit: 300_000, atLeast: true},
}

// result is one line of a benchmark: figures by unit.
type result map[string]float64

// packages runs the packages' benchmarks and adds their rows.
func packages(ctx context.Context, o *options, r *report) error {
	results := map[string][]result{} // by folder and name
	for i, row := range packageRows {
		if i > 0 && packageRows[i-1].dir == row.dir && packageRows[i-1].time == row.time {
			continue
		}
		if err := runPackage(ctx, o, row.dir, row.time, results); err != nil {
			r.note("%s: benchmarks failed: %v", row.dir, err)
		}
	}
	for i := range packageRows {
		r.packageRow(&packageRows[i], results)
	}
	return nil
}

// runPackage runs the benchmarks of one folder and time.
func runPackage(ctx context.Context, o *options, dir, time string, into map[string][]result) error {
	var names []string
	for _, row := range packageRows {
		if top, _, _ := strings.Cut(row.benchmark, "/"); row.dir == dir && row.time == time {
			names = append(names, top)
		}
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^("+strings.Join(names, "|")+")$",
		"-benchmem", "-benchtime", time, "-count", strconv.Itoa(o.repeats), "./"+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		if name, figures, ok := parse(lines.Text()); ok {
			key := dir + " " + name
			into[key] = append(into[key], figures)
		}
	}
	return err
}

// parse reads a line of a benchmark's output.
func parse(line string) (name string, figures result, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil, false
	}
	name = fields[0]
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	figures = result{}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil, false
		}
		figures[fields[i+1]] = value
	}
	return name, figures, true
}

// packageRow adds one row.
func (r *report) packageRow(p *packageRow, results map[string][]result) {
	runs := results[p.dir+" "+p.benchmark]
	if len(runs) == 0 {
		r.add(p.what, p.bar, "not measured", false)
		return
	}
	figure := spreadOf(runs, func(f *result) float64 { return (*f)[p.unit] })
	allocations := spreadOf(runs, func(f *result) float64 { return (*f)["allocs/op"] })
	held := figure.middle <= p.limit
	if p.atLeast {
		held = figure.middle >= p.limit
	}
	measured := figure.text("%.0f", p.shown)
	if !p.atLeast {
		measured += fmt.Sprintf(", %.0f allocations", allocations.middle)
	}
	r.add(p.what, p.bar, measured, held && (!p.free || allocations.middle == 0))
}
