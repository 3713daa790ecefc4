package grafana

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/attune-health/attune/deploy/boardstest"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/sinks/boards"
)

var crowdSize = flag.Int("boards.touchpoints", 1_000_000, "BenchmarkBoards: touchpoints in the tables")

func TestMain(m *testing.M) {
	embedded.RunEngineIfChild()
	os.Exit(m.Run())
}

// file is what a test reads of a board's JSON.
type file struct {
	name  string
	UID   string
	Title string
	Time  struct{ From string }
	// Templating has the variables.
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
	Panels []struct {
		Type, Title, Description string
		Targets                  []struct {
			RawSQL    string `json:"rawSql"`
			QueryType string
			Expr      string
		}
	}
}

// files are the boards as they are handed out.
func files(t testing.TB) []*file {
	t.Helper()
	names, err := filepath.Glob("boards/*.json")
	if err != nil || len(names) != len(all()) {
		t.Fatalf("%d files for %d boards: %v", len(names), len(all()), err)
	}
	var out []*file
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := &file{name: filepath.Base(name)}
		if err := json.Unmarshal(text, f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, f)
	}
	return out
}

func TestFilesAreWhatTheCodeMakes(t *testing.T) {
	made, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join("boards", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code makes: run make generate\n%s", name, cmp.Diff(string(want), string(got)))
		}
	}
}

func TestBoardsCanBeGivenToAnySite(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range files(t) {
		if f.UID == "" || seen[f.UID] {
			t.Errorf("%s has no uid of its own: %q", f.name, f.UID)
		}
		seen[f.UID] = true
		titles := map[string]bool{}
		for _, p := range f.Panels {
			if p.Title == "" || titles[p.Type+p.Title] {
				t.Errorf("%s has two panels %q of a kind, or one without a title", f.name, p.Title)
			}
			titles[p.Type+p.Title] = true
		}
		text, err := os.ReadFile(filepath.Join("boards", f.name))
		if err != nil {
			t.Fatal(err)
		}
		for _, uid := range regexp.MustCompile(`"uid": "([^"]*)"`).FindAllSubmatch(text, -1) {
			if u := string(uid[1]); u != f.UID && u != "${clickhouse}" && u != "${prometheus}" && u != "grafana" && u != "-- Grafana --" {
				t.Errorf("%s names data source %q, which no other site has", f.name, u)
			}
		}
	}
}

// span is what a board shows: the site's zone, the interval of time, and the queues chosen, none for all.
type span struct {
	from, to time.Time
	zone     string
	queues   []string
}

var macro = regexp.MustCompile(`\$__(timeFilter_ms|timeFilter|dateFilter)\(([^()]+)\)`)

// expand does what the plug-in does with a query before it sends it, as its documentation says (macros of
// grafana/clickhouse-datasource), and what Grafana does with variables.
func (s *span) expand(sql, database string) string {
	sql = macro.ReplaceAllStringFunc(sql, func(m string) string {
		parts := macro.FindStringSubmatch(m)
		column := parts[2]
		switch parts[1] {
		case "timeFilter":
			return fmt.Sprintf("%[1]s >= toDateTime(%[2]d) AND %[1]s <= toDateTime(%[3]d)", column, s.from.Unix(), s.to.Unix())
		case "timeFilter_ms":
			return fmt.Sprintf("%[1]s >= fromUnixTimestamp64Milli(%[2]d) AND %[1]s <= fromUnixTimestamp64Milli(%[3]d)", column, s.from.UnixMilli(), s.to.UnixMilli())
		}
		return fmt.Sprintf("%[1]s >= toDate('%[2]s') AND %[1]s <= toDate('%[3]s')", column, s.from.Format(time.DateOnly), s.to.Format(time.DateOnly))
	})
	var quoted []string
	for _, q := range s.queues {
		quoted = append(quoted, "'"+q+"'")
	}
	chosen := "1=1"
	if len(quoted) > 0 {
		chosen = "queue IN (" + strings.Join(quoted, ",") + ")"
	}
	return strings.NewReplacer(boards.OfQueues, chosen, "$__fromTime", fmt.Sprintf("toDateTime(%d)", s.from.Unix()), "$__toTime", fmt.Sprintf("toDateTime(%d)", s.to.Unix()),
		"${database}", database, "${zone}", s.zone).Replace(sql)
}

func TestBoardsAnswer(t *testing.T) {
	c := boardstest.Crowded(t, 60_000, boardstest.Begins)
	t.Run("every query", func(t *testing.T) { everyQuery(t, c) })
	t.Run("headlines are what the touchpoints say", func(t *testing.T) { headlines(t, c) })
}

// kinds are ours, by the types of Grafana's panels.
var kinds = map[string]boards.Kind{"stat": boards.Figure, "timeseries": boards.Lines, "barchart": boards.Bars, "table": boards.Table}

// everyQuery asks each query of each board, and again of some queues only where a board has them.
func everyQuery(t *testing.T, c *boardstest.Tables) {
	for _, s := range []*span{{from: boardstest.Begins, to: boardstest.Ends, zone: boardstest.Zone}, {from: boardstest.Begins, to: boardstest.Ends, zone: boardstest.Zone, queues: []string{"general", "east"}}} {
		for _, f := range files(t) {
			if s.queues != nil && !strings.Contains(f.name, "today") {
				continue
			}
			for _, v := range f.Templating.List {
				if v.Type == "query" {
					rows := c.Rows(t, s.expand(v.Query, "attune"))
					if len(rows) == 0 || v.Name == zoneVariable && fmt.Sprint(rows[0]) != "map["+firstKey(rows[0])+":"+boardstest.Zone+"]" {
						t.Errorf("%s: variable %s gives %v", f.name, v.Name, rows)
					}
				}
			}
			for _, p := range f.Panels {
				for _, q := range p.Targets {
					if q.RawSQL != "" {
						got := c.Rows(t, s.expand(q.RawSQL, "attune"))
						boardstest.Check(t, f.name+": "+p.Title, kinds[p.Type], got)
						if facts := ofFacts(q.RawSQL); facts != q.RawSQL {
							if diff := cmp.Diff(rounded(got), rounded(c.Rows(t, s.expand(facts, "attune")))); diff != "" {
								t.Errorf("%s: %s is by what is kept (-) and by the facts (+)\n%s", f.name, p.Title, diff)
							}
						}
					}
				}
			}
		}
	}
}

// ofFacts is a query of what is kept, asked of the facts.
func ofFacts(sql string) string {
	return strings.ReplaceAll(sql, "${database}.rolled_", "${database}.")
}

// rounded are rows as text: sums of fractions are added in another order each time. Rows that a query calls equal have no order.
func rounded(rows []map[string]any) (out []string) {
	for _, row := range rows {
		var cells []string
		for _, name := range slices.Sorted(maps.Keys(row)) {
			if f, ok := row[name].(float64); ok {
				row[name] = fmt.Sprintf("%.9g", f)
			}
			cells = append(cells, fmt.Sprintf("%s=%v", name, row[name]))
		}
		out = append(out, strings.Join(cells, " "))
	}
	slices.Sort(out)
	return out
}

func firstKey(row map[string]any) string {
	for k := range row {
		return k
	}
	return ""
}

// headlines recomputes the first figures of the first board from touchpoints, with no view.
func headlines(t *testing.T, c *boardstest.Tables) {
	s := &span{from: time.Date(2026, 2, 3, 6, 0, 0, 0, time.UTC), to: time.Date(2026, 2, 10, 5, 59, 59, 0, time.UTC), zone: boardstest.Zone}
	// Of calls that began in the week: a call begins with its first touchpoint.
	const calls = "SELECT contact_id, min(occurred_at) AS at, countIf(event = 'queued') > 0 AS queued, countIf(event = 'abandoned') > 0 AS gave_up, max(wait_ms) AS wait FROM attune.touchpoints WHERE channel = 'call' GROUP BY contact_id"
	const within = "at >= '2026-02-03 06:00:00' AND at < '2026-02-10 06:00:00'"
	for title, want := range map[string]string{
		"Calls":   "SELECT countIf(queued) AS x FROM (" + calls + ") WHERE " + within,
		"Gave up": "SELECT countIf(gave_up) / countIf(queued) AS x FROM (" + calls + ") WHERE " + within,
		"Wait":    "SELECT sumIf(wait, NOT gave_up) / 1000 / countIf(NOT gave_up) AS x FROM (" + calls + ") WHERE queued AND " + within,
	} {
		found := false
		for _, f := range files(t) {
			for _, p := range f.Panels {
				if f.name == "today.json" && p.Type == "stat" && p.Title == title {
					found = true
					got := c.Rows(t, s.expand(p.Targets[0].RawSQL, "attune"))[0]
					if w := c.Rows(t, want)[0]["x"]; fmt.Sprintf("%.6f", got[firstKey(got)]) != fmt.Sprintf("%.6f", w) || w.(float64) == 0 {
						t.Errorf("%s is %v, and %v by the touchpoints", title, got, w)
					}
				}
			}
		}
		if !found {
			t.Errorf("no panel %q", title)
		}
	}
}

// documented are the metrics of docs/metrics.md, which another test holds against a live scrape.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{"process_resident_memory_bytes": true}
	for _, m := range regexp.MustCompile("(?m)^\\| `(attune_[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		out[m[1]] = true
	}
	return out
}

// unknownMetrics are the metrics that an expression names and no page does.
func unknownMetrics(e parser.Expr, known map[string]bool) (unknown []string) {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			name := s.Name
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base, ok := strings.CutSuffix(name, suffix); ok && known[base] {
					name = base
				}
			}
			if !known[name] && !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
		}
		return nil
	})
	return unknown
}

func TestPrometheusCanReadWhatItIsAskedAndAlertedOn(t *testing.T) {
	p, known, asked := parser.NewParser(parser.Options{}), documented(t), 0
	if len(known) < 50 {
		t.Fatalf("only %d metrics are documented", len(known))
	}
	for _, f := range files(t) {
		for _, panel := range f.Panels {
			for _, q := range panel.Targets {
				if q.Expr == "" {
					continue
				}
				asked++
				e, err := p.ParseExpr(q.Expr)
				if err != nil {
					t.Errorf("%s: %s: %v", f.name, panel.Title, err)
				} else if names := unknownMetrics(e, known); len(names) > 0 {
					t.Errorf("%s: %s asks for %v, which no process has", f.name, panel.Title, names)
				}
			}
		}
	}
	text, err := os.ReadFile("../alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, p)
	if len(errs) > 0 {
		t.Fatalf("alerts.yaml: %v", errs)
	}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			asked++
			e, err := p.ParseExpr(r.Expr)
			if err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			} else if names := unknownMetrics(e, known); len(names) > 0 {
				t.Errorf("%s asks for %v, which no process has", r.Alert, names)
			}
		}
	}
	if asked < 30 {
		t.Errorf("only %d expressions were looked at", asked)
	}
}

// BenchmarkBoards measures each query of each board, over the interval that the board opens with, on tables as large as a
// site's: the fastest of three. Of those that read days that are kept, it measures beside it what the same takes from the facts, and
// first, how long the days took.
func BenchmarkBoards(b *testing.B) {
	c := boardstest.Crowded(b, *crowdSize, boardstest.Begins)
	for _, row := range c.Rows(b, "SELECT name, deep_ms FROM attune.rolled ORDER BY name") {
		b.Run(fmt.Sprint("kept/", row["name"]), func(b *testing.B) {
			b.ReportMetric(row["deep_ms"].(float64), "ms")
			b.ReportMetric(0, "ns/op")
		})
	}
	now := boardstest.Ends.AddDate(0, 0, -2)
	for _, f := range files(b) {
		days, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(f.Time.From, "now-"), "d"))
		if err != nil {
			days = 1
		}
		s := &span{from: now.AddDate(0, 0, -days), to: now, zone: boardstest.Zone}
		for _, p := range f.Panels {
			for _, q := range p.Targets {
				if q.RawSQL == "" {
					continue
				}
				name := strings.TrimSuffix(f.name, ".json") + "/" + p.Title
				b.Run(name, func(b *testing.B) { fastest(b, c, s.expand(q.RawSQL, "attune")) })
				if facts := ofFacts(q.RawSQL); facts != q.RawSQL {
					b.Run(name+"/from the facts", func(b *testing.B) { fastest(b, c, s.expand(facts, "attune")) })
				}
			}
		}
	}
}

func fastest(b *testing.B, c *boardstest.Tables, sql string) {
	b.Helper()
	took := time.Hour
	for range 3 {
		began := time.Now()
		if err := c.Exec(b.Context(), sql+" FORMAT Null"); err != nil {
			b.Fatal(err)
		}
		took = min(took, time.Since(began))
	}
	b.ReportMetric(took.Seconds()*1000, "ms")
	b.ReportMetric(0, "ns/op")
}
