package superset

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/attune-health/attune/deploy/boardstest"
	"github.com/attune-health/attune/sinks/boards"
)

// iso is how Superset writes a moment, with or without parts of a second.
const iso = "2006-01-02T15:04:05"

// chosen is what the filters of a dashboard say: moments of the site's clock in ISO 8601 as Superset writes them, "" for none.
type chosen struct {
	from, to string
	queues   []string
}

var (
	condition = regexp.MustCompile(`{% if (.+?) %}(.*?){% else %}(.*?){% endif %}`)
	value     = regexp.MustCompile(`{{ (.+?) }}`)
)

// expand does what Superset's Jinja does, as its documentation says, with what the datasets have of it.
func (c *chosen) expand(t *testing.T, sql string) string {
	conditions := map[string]bool{"to_dttm": c.to != "", "from_dttm": c.from != "", "filter_values('queue', remove_filter=True)": len(c.queues) > 0}
	values := map[string]string{
		"to_dttm[:19]": c.to[:min(len(c.to), 19)], "from_dttm[:19]": c.from[:min(len(c.from), 19)],
		"filter_values('queue')|where_in": "('" + strings.Join(c.queues, "', '") + "')",
	}
	sql = condition.ReplaceAllStringFunc(sql, func(m string) string {
		parts := condition.FindStringSubmatch(m)
		holds, ok := conditions[parts[1]]
		if !ok {
			t.Fatalf("nobody knows the condition %s", parts[1])
		}
		if holds {
			return parts[2]
		}
		return parts[3]
	})
	return value.ReplaceAllStringFunc(sql, func(m string) string {
		v, ok := values[value.FindStringSubmatch(m)[1]]
		if !ok {
			t.Fatalf("nobody knows the value %s", m)
		}
		return v
	})
}

// answer is ClickHouse's.
type answer struct {
	Meta []struct{ Name, Type string }
	Data []map[string]any
}

func (a *answer) columns() (names []string) {
	for _, m := range a.Meta {
		names = append(names, m.Name)
	}
	return names
}

// ask sends a query as clickhouse-connect does: over HTTP, with the database of the connection.
func ask(t *testing.T, tables *boardstest.Tables, sql string) *answer {
	t.Helper()
	if strings.ContainsAny(sql, "${") || strings.Contains(sql, "%}") {
		t.Fatalf("something was not expanded: %s", sql)
	}
	q := url.Values{"database": {boardstest.Database}, "default_format": {"JSON"}, "date_time_output_format": {"iso"}, "output_format_json_quote_64bit_integers": {"0"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+tables.HTTPAddr+"/?"+q.Encode(), strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(boardstest.User, boardstest.Password)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s\n%s", resp.Status, err, text, sql)
	}
	a := &answer{}
	if err := json.Unmarshal(text, a); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return a
}

func TestDatasetsAnswer(t *testing.T) {
	tables := boardstest.Crowded(t, 60_000, boardstest.Begins)
	t.Run("every dataset", func(t *testing.T) { everyDataset(t, tables) })
	t.Run("the same as the boards' own queries", func(t *testing.T) { sameAsBoards(t, tables) })
	t.Run("without a time", func(t *testing.T) { withoutTime(t, tables) })
	t.Run("queues to choose from", func(t *testing.T) {
		for _, d := range read[datasetFile](t, "datasets") {
			if d.Name == "attune_queues" && len(ask(t, tables, d.SQL).Data) < 2 {
				t.Errorf("%s gives no queues", d.SQL)
			}
		}
	})
}

// everyDataset asks each dataset for the whole history, and again of some queues only where a board has them; what charts
// name must be there.
func everyDataset(t *testing.T, tables *boardstest.Tables) {
	for _, c := range []*chosen{
		{from: boardstest.Begins.Format(iso), to: boardstest.Ends.Format(iso + ".000000")},
		{from: boardstest.Begins.Format(iso), to: boardstest.Ends.Format(iso + ".000000"), queues: []string{"general", "east"}},
	} {
		for _, s := range all(t) {
			if c.queues != nil && !s.board.Queues {
				continue
			}
			a := ask(t, tables, c.expand(t, s.dataset.SQL))
			boardstest.Check(t, s.name(), s.Kind, a.Data)
			if diff := cmp.Diff(a.columns(), s.describedColumns()); diff != "" {
				t.Errorf("%s gives other columns than its dataset says:\n%s", s.name(), diff)
			}
			for _, name := range s.namedColumns() {
				if !slices.Contains(a.columns(), name) {
					t.Errorf("%s: the chart asks for %q, which is not there", s.name(), name)
				}
			}
			for i, m := range a.Meta {
				if moment := strings.HasPrefix(strings.TrimPrefix(m.Type, "Nullable("), "DateTime"); moment != s.dataset.Columns[i].Moment || moment && !strings.Contains(m.Type, "'UTC'") {
					t.Errorf("%s: %s is %s, and the dataset says moment: %v", s.name(), m.Name, m.Type, s.dataset.Columns[i].Moment)
				}
			}
		}
	}
}

func (s *shown) describedColumns() (names []string) {
	for _, c := range s.dataset.Columns {
		names = append(names, c.Name)
	}
	return names
}

// namedColumns are those that a chart draws: all of its dataset.
func (s *shown) namedColumns() []string {
	p := s.chart.Params
	names := slices.Clone(p.All)
	if p.X != "" {
		names = append(names, p.X)
	}
	if p.Metric != nil {
		names = append(names, p.Metric.Column.Name)
	}
	for _, m := range p.Metrics {
		names = append(names, m.Column.Name)
	}
	return names
}

// sameAsBoards compares with what the desk's page asks for the same week, in which the site's clock is put forward: figures to
// the bit, and moments as that clock shows them.
func sameAsBoards(t *testing.T, tables *boardstest.Tables) {
	place, err := time.LoadLocation(boardstest.Zone)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 5, 0, 0, 0, 0, place)
	to := from.AddDate(0, 0, 7)
	span := &boards.Span{From: from, To: to.Add(-time.Millisecond), Database: boardstest.Database, Zone: place}
	c := &chosen{from: from.Format(iso), to: to.Format(iso)}
	rows := 0
	for _, s := range all(t) {
		began := time.Now()
		got, want := ask(t, tables, c.expand(t, s.dataset.SQL)), ask(t, tables, span.Expand(s.SQL))
		if s.Title == "As of" && len(want.Data) == 1 && len(got.Data) == 1 {
			// An age, which has grown between the two.
			if first, second := got.Data[0]["age"].(float64), want.Data[0]["age"].(float64); first <= second && second <= first+1+time.Since(began).Seconds() {
				want.Data[0]["age"] = first
			}
		}
		for _, row := range want.Data {
			for _, name := range moments {
				if at, err := time.Parse(time.RFC3339, fmt.Sprint(row[name])); err == nil {
					shows := at.In(place)
					row[name] = time.Date(shows.Year(), shows.Month(), shows.Day(), shows.Hour(), shows.Minute(), shows.Second(), shows.Nanosecond(), time.UTC)
				}
			}
		}
		for _, row := range got.Data {
			for _, name := range moments {
				if at, err := time.Parse(time.RFC3339, fmt.Sprint(row[name])); err == nil {
					row[name] = at
				}
			}
		}
		if diff := cmp.Diff(want.Data, got.Data); diff != "" {
			t.Errorf("%s differs from the board's own query:\n%s", s.name(), diff)
		}
		rows += len(want.Data)
	}
	if rows < 200 {
		t.Errorf("only %d rows were compared", rows)
	}
}

// withoutTime asks for what a board opens with, which ClickHouse's clock says: the history is long over by then.
func withoutTime(t *testing.T, tables *boardstest.Tables) {
	for _, s := range all(t) {
		ask(t, tables, (&chosen{}).expand(t, s.dataset.SQL))
	}
	for from, want := range map[string]string{"now/d": "2026-02-03T06:00:00Z", "now-24h": "2026-02-03T06:00:00Z", "now-30d": "2026-01-05T06:00:00Z"} {
		p := &named{Panel: &boards.Panel{SQL: "SELECT board_from, board_to FROM system.one"}, board: &boards.Board{From: from}}
		row := ask(t, tables, (&chosen{to: "2026-02-04T00:00:00"}).expand(t, datasetSQL(p, nil))).Data[0]
		if row["board_from"] != want || row["board_to"] != "2026-02-04T06:00:00Z" {
			t.Errorf("%s opens with %v, want from %s", from, row, want)
		}
	}
}
