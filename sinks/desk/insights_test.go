package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/benchmarks/crowd"
	"github.com/attune-health/attune/deploy/embedded"
	"github.com/attune-health/attune/schemas"
	"github.com/attune-health/attune/sinks/clickhouse"
)

// crowded is the ClickHouse of all tests of this package, with a crowd of the last three months in it.
var crowded struct {
	once   sync.Once
	dir    string
	server *embedded.ClickHouse
	client *clickhouse.Client
	begins time.Time
	err    error
}

// sharedTables asks it, as a desk does.
func sharedTables(t testing.TB) func(context.Context, string, int) (*Insight, error) {
	t.Helper()
	crowded.once.Do(func() { crowded.err = fillTables(context.Background()) })
	if crowded.err != nil {
		t.Fatal(crowded.err)
	}
	return func(ctx context.Context, sql string, most int) (*Insight, error) {
		a, err := crowded.client.Ask(ctx, sql, most)
		if err != nil {
			return nil, err
		}
		return &Insight{Columns: a.Columns, Rows: a.Rows, More: a.More}, nil
	}
}

func fillTables(ctx context.Context) (err error) {
	if crowded.dir, err = os.MkdirTemp("", "attune-desk-tables"); err != nil {
		return err
	}
	if crowded.server, err = embedded.StartClickHouse(ctx, embedded.ClickHouseConfig{Dir: crowded.dir}); err != nil {
		return err
	}
	byRecord, _ := schemaIDs()
	const log = "00000000-0000-0000-0000-0000000000d0"
	cfg := clickhouse.Config{Addr: []string{crowded.server.NativeAddr()}, Database: "site", TablePrefix: "a_", LogID: log, SchemaIDs: byRecord, Schemas: schemas.SchemaTexts{}, TimeZone: "America/Chicago"}
	cfg.SetDefaults()
	if crowded.client, err = clickhouse.Open(ctx, cfg); err != nil {
		return err
	}
	crowded.begins = time.Now().Add(-crowd.Days * 24 * time.Hour).Truncate(time.Hour)
	return errors.Join(crowded.client.Apply(ctx), crowded.client.SetCurrent(ctx, log),
		crowded.client.Exec(ctx, "INSERT INTO {db}.reason_codes (code, words) VALUES ('R03', 'refill')"),
		crowded.client.Exec(ctx, "INSERT INTO {db}.action_codes (code, name) VALUES ('A01', 'route_skilled')"),
		crowd.Fill(ctx, crowded.client.Exec, log, 30_000, crowded.begins), crowded.client.RefreshRollups(ctx, 0))
}

func closeTables() {
	if crowded.client != nil {
		_ = crowded.client.Close()
	}
	if crowded.server != nil {
		_ = crowded.server.Kill()
	}
	if crowded.dir != "" {
		_ = os.RemoveAll(crowded.dir)
	}
}

// query is what a page asks for the whole crowd.
func wholeCrowd(more ...string) string {
	q := url.Values{"from": {crowded.begins.AddDate(0, 0, -1).Format(time.RFC3339)}, "to": {time.Now().Format(time.RFC3339)}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Add(more[i], more[i+1])
	}
	return "?" + q.Encode()
}

// Every panel of every board answers, with the names that the site gave its tables, and as openapi.json says.
func TestBoardsAnswer(t *testing.T) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Zone, c.Insights = chicago, sharedTables(t) })
	check := checker(t, r.ask("GET", "/openapi.json", nil).body)
	listed := r.ask("GET", "/v1/insights", nil)
	var all insightsAnswer
	if err := errors.Join(check("Insights", listed.body), json.Unmarshal(listed.body, &all)); err != nil || all.Zone != "America/Chicago" || string(all.Queues) != `["east","general","pharmacy","west"]` {
		t.Fatalf("%s: %v", listed, err)
	}
	if off := time.Since(all.Now); off > time.Minute || off < 0 {
		t.Errorf("with contacts of today the boards end at %v", all.Now)
	}
	panels := 0
	for _, b := range all.Boards {
		for i := range b.Panels {
			a := r.ask("GET", "/v1/insights/"+b.Name+"/"+string(rune('0'+i/10))+string(rune('0'+i%10))+wholeCrowd(), nil)
			if err := check("Insight", a.body); a.status != 200 || err != nil {
				t.Errorf("%s %s: %s %v", b.Name, b.Panels[i].Title, a, err)
			}
			panels++
			// Codes that the site has said the meaning of are in words, others stay as they are.
			switch b.Name + " " + b.Panels[i].Title {
			case "today Why they call":
				if !bytes.Contains(a.body, []byte(`["refill",`)) || bytes.Contains(a.body, []byte(`"R03"`)) || !bytes.Contains(a.body, []byte(`["R0`)) {
					t.Errorf("why they call: %s", a)
				}
			case "actions By action":
				if !bytes.Contains(a.body, []byte(`["A01 route skilled",`)) {
					t.Errorf("by action: %s", a)
				}
			}
		}
	}
	if panels < 50 {
		t.Errorf("there are only %d panels", panels)
	}
	calls := func(query string) string {
		var x struct{ Rows [][]*float64 }
		a := r.ask("GET", "/v1/insights/today/0"+query, nil)
		if err := json.Unmarshal(a.body, &x); err != nil || a.status != 200 || x.Rows[0][0] == nil {
			t.Fatalf("%s: %s", query, a)
		}
		return string(a.body)
	}
	whole, east, both := calls(wholeCrowd()), calls(wholeCrowd("queue", "east")), calls(wholeCrowd("queue", "east", "queue", "west"))
	nothing := calls(wholeCrowd("queue", `east') OR 1 = 1 OR queue IN ('`))
	if whole == east || east == both || !strings.Contains(nothing, `[[0]]`) {
		t.Errorf("calls: %s of all queues, %s of one, %s of two, %s of one that there is not", whole, east, both, nothing)
	}
}

// What was asked a moment ago is not asked again, and what took long not for a while.
func TestAnswersOfBoardsAreKept(t *testing.T) {
	c, now := newInsightCache(), time.Now()
	quick, slow := &Insight{}, &Insight{More: true}
	c.put("quick", quick, now.Add(-time.Millisecond), now)
	c.put("slow", slow, now.Add(-5*time.Second), now)
	for _, x := range []struct {
		sql   string
		after time.Duration
		want  *Insight
	}{{"quick", 9 * time.Second, quick}, {"quick", 11 * time.Second, nil}, {"slow", 149 * time.Second, slow}, {"slow", 151 * time.Second, nil}, {"never", 0, nil}} {
		if got := c.get(x.sql, now.Add(x.after)); got != x.want {
			t.Errorf("%s after %v: %v", x.sql, x.after, got)
		}
	}
	for i := range 2 * insightsKept {
		c.put(string(rune(i)), quick, now, now)
	}
	if len(c.kept) > insightsKept {
		t.Errorf("%d are kept", len(c.kept))
	}
}

// Where the newest contact is of another day, such as in a log that was imported or in a time-lapse, boards end with it.
func TestBoardsEndWithTheNewestContact(t *testing.T) {
	for row, ends := range map[string]string{`["2026-03-04T14:00:00-06:00"]`: "2026-03-04T21:00:00Z", `["1970-01-01T00:00:00Z"]`: "", `["2099-01-01T00:00:00Z"]`: "2099-01-01T01:00:00Z"} {
		r := newRig(t, func(c *Config) {
			c.Insights = func(_ context.Context, sql string, _ int) (*Insight, error) {
				if strings.Contains(sql, "max(hour)") {
					return &Insight{Columns: []string{"newest"}, Rows: []json.RawMessage{json.RawMessage(row)}}, nil
				}
				return &Insight{Columns: []string{"queue"}}, nil
			}
		})
		var all insightsAnswer
		if a := r.ask("GET", "/v1/insights", nil); json.Unmarshal(a.body, &all) != nil || ends != "" && all.Now.Format(time.RFC3339) != ends || ends == "" && time.Since(all.Now) > time.Minute {
			t.Errorf("newest %s: %s", row, a)
		}
	}
}

// What cannot be asked is refused with what to do; what ClickHouse says of its own tables is in no answer.
func TestBoardsRefuse(t *testing.T) {
	now := time.Now()
	at := func(d time.Duration) string { return url.QueryEscape(now.Add(d).Format(time.RFC3339)) }
	broken := newRig(t, func(c *Config) {
		c.Insights = func(context.Context, string, int) (*Insight, error) {
			return nil, errors.New("code 60: table site.secret")
		}
	})
	none := newRig(t)
	for path, want := range map[string]int{
		"/v1/insights/today/0":                                                                                400,
		"/v1/insights/today/0?from=yesterday&to=" + at(0):                                                     400,
		"/v1/insights/today/0?from=" + at(0) + "&to=" + at(-time.Hour):                                        400,
		"/v1/insights/today/0?from=" + at(-401*24*time.Hour) + "&to=" + at(0):                                 400,
		"/v1/insights/today/0?from=" + at(-time.Hour) + "&to=" + at(0) + strings.Repeat("&queue=x", 51):       400,
		"/v1/insights/today/0?from=" + at(-time.Hour) + "&to=" + at(0) + "&queue=" + strings.Repeat("x", 201): 400,
		"/v1/insights/today/99?from=" + at(-time.Hour) + "&to=" + at(0):                                       404,
		"/v1/insights/tomorrow/0?from=" + at(-time.Hour) + "&to=" + at(0):                                     404,
		"/v1/insights/today/0?from=" + at(-time.Hour) + "&to=" + at(0):                                        503,
		"/v1/insights": 503,
	} {
		a := broken.ask("GET", path, nil)
		if a.status != want || want == 503 && a.header.Get("Retry-After") == "" || strings.Contains(string(a.body), "secret") {
			t.Errorf("%s: %s, want %d", path, a, want)
		}
		if want == 503 {
			if a := none.ask("GET", path, nil); a.status != 404 || !strings.Contains(string(a.body), "desk.insights") {
				t.Errorf("without ClickHouse %s: %s", path, a)
			}
		}
	}
}

// An analyst opens a board, sees figures, lines, bars and tables, and goes to another one and to another time.
func TestAnalystReadsBoards(t *testing.T) {
	ctx := browser(t, chromedp.WindowSize(1280, 900))
	r := newRig(t, func(c *Config) { c.Insights = sharedTables(t) })
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(r.url+"/insights?lang=en&board=today&range=365"), chromedp.WaitVisible(chromedp.CSS(".panel.lines .u-over")))
	if got := text(t, ctx, ".panel.figure .big"); got == "" || got == "–" || got == "0" {
		t.Errorf("the first figure is %q", got)
	}
	if got := text(t, ctx, ".panel.table tbody"); !strings.Contains(got, "R0") || !strings.Contains(got, "%") {
		t.Errorf("the table of reasons says %q", got)
	}
	picture(t, ctx, "insights")
	do(t, ctx, chromedp.Click(chromedp.CSS("nav a[data-name=prediction]")), chromedp.WaitVisible(chromedp.CSS(".column-2")))
	if got := text(t, ctx, "#title"); got != "Prediction honesty" {
		t.Errorf("the title is %q", got)
	}
	// By keys alone: the figures beneath a chart.
	if !get(t, ctx, chromedp.Evaluate[bool](`(() => { const s = document.querySelector('.panel.lines summary'); s.focus(); s.click(); return s.parentElement.open && s.parentElement.querySelectorAll('tbody tr').length > 20 })()`)) {
		t.Error("the figures beneath the first chart are not there")
	}
	do(t, ctx, chromedp.EmulateViewport(320, 640))
	if get(t, ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`)) {
		t.Error("the page is wider than a telephone")
	}
	none := newRig(t)
	do(t, ctx, chromedp.Navigate(none.url+"/insights?lang=es"), chromedp.WaitVisible(chromedp.CSS("#waiting")))
	await(t, "it says that there is no ClickHouse", func() bool { return strings.Contains(text(t, ctx, "#waiting"), "desk.insights") })
}

// Whoever reads Spanish reads boards in Spanish: every column of every answer, and what stands in it that is not the site's own.
func TestNoColumnOfABoardLacksATranslation(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Insights = sharedTables(t) })
	var en, es insightsAnswer
	r.ask("GET", "/v1/insights", nil).into(t, &en)
	r.ask("GET", "/v1/insights", nil, "Accept-Language", "es-US").into(t, &es)
	if en.Boards[0].Title != "Today" || len(en.Columns) != 0 || es.Boards[0].Title != "Hoy" || es.Boards[0].Panels[2].Title != "Abandonaron" {
		t.Errorf("the boards are %q, and in Spanish %q", en.Boards[0].Title, es.Boards[0].Title)
	}
	own := func(s string) bool { return s == "" || strings.HasPrefix(s, "rule-") || len(s) <= 3 } // codes of the crowd, and languages
	for _, b := range es.Boards {
		for i := range b.Panels {
			a := r.ask("GET", "/v1/insights/"+b.Name+"/"+strconv.Itoa(i)+wholeCrowd("lang", "es"), nil)
			var v struct {
				Columns []string
				Rows    [][]any
			}
			a.into(t, &v)
			for n, column := range v.Columns {
				if es.Columns[column] == "" {
					t.Errorf("%s: %q has no word for column %q", b.Name, b.Panels[i].Title, column)
				}
				words := es.Values[column]
				for _, row := range v.Rows {
					if said, ok := row[n].(string); ok && words != nil && column != "stage" && words[said] == "" && !own(said) {
						t.Errorf("%s: %q has no word for %q in column %q", b.Name, b.Panels[i].Title, said, column)
					}
				}
			}
		}
	}
	ctx := browser(t, chromedp.WindowSize(1280, 900))
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(r.url+"/insights?lang=es&board=equity&range=365"), chromedp.WaitVisible(chromedp.CSS(".panel.table tbody tr")))
	title, head, cells := text(t, ctx, "#title"), text(t, ctx, ".panel.table thead"), text(t, ctx, ".panel.table tbody")
	if title != "Equidad" || !strings.Contains(head, "abandonaron") || strings.Contains(head, "gave up") || !strings.Contains(cells, "quién llama") || !strings.Contains(cells, "web o aplicación") {
		t.Errorf("the page says %q, %q and %q", title, head, cells)
	}
}
