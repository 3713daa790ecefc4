package clickhouse

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/attune-health/attune/benchmarks/crowd"
)

var crowdSize = flag.Int("views.touchpoints", 1_000_000, "BenchmarkViews: touchpoints in the tables")

// crowdBegins is the first day of the crowd.
var crowdBegins = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkViews measures how long each view and each of the queries worth running takes on tables as large as a site's.
// Views are read whole and for one day; the fastest of three is what counts, and beside it the
// server's CPU and the rows that it read, since others use this machine.
func BenchmarkViews(b *testing.B) {
	c := crowded(b, *crowdSize)
	all, err := views()
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range all {
		if strings.HasPrefix(v.name, "current_") || v.name == "journey" || v.name == "journey_of" {
			continue
		}
		sql := "SELECT * FROM {db}." + v.name
		measure(b, c, v.name, sql)
		for _, column := range []string{"started_at", "as_of", "day", "hour", "window_start", "occurred_at"} {
			if strings.Contains(v.sql, "\n    `"+column+"`") {
				measure(b, c, v.name+"/day", sql+" WHERE "+column+" >= '2026-02-10' AND "+column+" < '2026-02-11'")
				break
			}
		}
	}
	measure(b, c, "journey/person", "SELECT * FROM {db}.journey_of(person_ref = 'person-17')")
	measure(b, c, "journey/person-by-filter", "SELECT * FROM {db}.journey WHERE person_ref = 'person-17'")
	measure(b, c, "journey/day", "SELECT * FROM {db}.journey WHERE occurred_at >= '2026-02-10' AND occurred_at < '2026-02-11'")
	queries, err := filepath.Glob("queries/*.sql")
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range queries {
		sql, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		measure(b, c, filepath.Base(f), strings.ReplaceAll(string(sql), " attune.", " {db}."))
	}
}

// patience is when a view has failed whatever it would have said.
const patience = time.Minute

func measure(b *testing.B, c *Client, name, sql string) {
	b.Run(name, func(b *testing.B) {
		var took, cpu []time.Duration
		var rows uint64
		for len(took) < 3 && (len(took) == 0 || took[0] < 20*time.Second) {
			ctx, cancel := context.WithTimeout(b.Context(), patience)
			rows = 0
			ctx = driver.Context(ctx, driver.WithProgress(func(p *driver.Progress) { rows += p.Rows }))
			began, before := time.Now(), serverCPU(b)
			err := c.Exec(ctx, strings.TrimSpace(sql)+" FORMAT Null")
			cancel()
			cpu = append(cpu, serverCPU(b)-before)
			if took = append(took, time.Since(began)); err != nil {
				b.Fatalf("after %v: %v", took[len(took)-1].Round(time.Millisecond), err)
			}
		}
		b.ReportMetric(slices.Min(took).Seconds()*1000, "ms")
		b.ReportMetric(slices.Min(cpu).Seconds()*1000, "cpu-ms")
		b.ReportMetric(float64(rows), "rows-read")
		b.ReportMetric(0, "ns/op")
	})
}

// crowded opens a database with n touchpoints and what goes with them.
func crowded(b testing.TB, n int) *Client {
	server := sharedServer(b)
	cfg := testConfig(server.NativeAddr())
	cfg.SetDefaults()
	c := openClient(b, cfg)
	ctx := b.Context()
	if err := c.Apply(ctx); err != nil {
		b.Fatal(err)
	}
	if err := c.SetCurrent(ctx, testLog); err != nil {
		b.Fatal(err)
	}
	if err := crowd.Fill(ctx, c.Exec, testLog, n, crowdBegins); err != nil {
		b.Fatal(err)
	}
	return c
}
