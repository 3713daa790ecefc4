package superset

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/attune-health/attune/benchmarks/crowd"
	"github.com/attune-health/attune/deploy/boardstest"
	"github.com/attune-health/attune/deploy/process"
	"github.com/attune-health/attune/sinks/boards"
)

var (
	program  = flag.String("superset", "", "TestSupersetShowsTheBoards: the program superset, of version 6.1.0 with clickhouse-connect (make superset installs both); without it the test is left out")
	pictures = flag.String("superset.pictures", "", "TestSupersetShowsTheBoards: a directory for pictures of the boards")
)

// password is the administrator's, of a Superset that lives as long as the test.
const password = "only-in-this-test"

// site is a Superset that runs, and a session with it.
type site struct {
	t      *testing.T
	url    string
	client *http.Client
	header http.Header
}

// startSuperset makes a Superset in a directory of its own.
func startSuperset(t *testing.T) *site {
	dir, port := t.TempDir(), 0
	settings := fmt.Sprintf("SECRET_KEY = %q\nSQLALCHEMY_DATABASE_URI = %q\nFEATURE_FLAGS = {\"ENABLE_TEMPLATE_PROCESSING\": True}\n",
		strings.Repeat("only in this test ", 3), "sqlite:///"+filepath.Join(dir, "superset.db"))
	if err := os.WriteFile(filepath.Join(dir, "superset_config.py"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), *program, args...)
		// Superset's clock is the site's, as deploy/README.md asks for.
		c.Env = append(os.Environ(), "SUPERSET_CONFIG_PATH="+filepath.Join(dir, "superset_config.py"), "SUPERSET_HOME="+dir, "FLASK_APP=superset.app:create_app()", "TZ="+boardstest.Zone)
		return c
	}
	for _, args := range [][]string{
		{"db", "upgrade"},
		{"fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "admin@site.invalid", "--password", password},
		{"init"},
	} {
		if out, err := command(args...).CombinedOutput(); err != nil {
			t.Fatalf("superset %s: %v\n%s", args[0], err, out)
		}
	}
	if err := process.TakePorts(&port); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "superset.log")
	p, err := process.Start(process.Config{Cmd: command("run", "--port", fmt.Sprint(port), "--with-threads"), Log: log, Yields: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Kill()
		if text, err := os.ReadFile(log); t.Failed() && err == nil {
			t.Logf("superset's log ends with\n%s", text[max(0, len(text)-8000):])
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, url: "http://" + process.Loopback(port), client: &http.Client{Jar: jar, Timeout: 2 * time.Minute}, header: http.Header{}}
	s.logIn()
	return s
}

// logIn waits for the server and does what the commands of deploy/README.md do.
func (s *site) logIn() {
	up := func() (bool, error) {
		r, err := s.client.Get(s.url + "/health")
		if err != nil {
			return false, nil
		}
		return r.StatusCode == http.StatusOK, r.Body.Close()
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	if err := process.Poll(ctx, time.Second, up); err != nil {
		s.t.Fatal(err)
	}
	var token struct {
		Access string `json:"access_token"`
		Result string
	}
	s.json("POST", "/api/v1/security/login", map[string]any{"username": "admin", "password": password, "provider": "db", "refresh": false}, &token)
	s.header.Set("Authorization", "Bearer "+token.Access)
	s.json("GET", "/api/v1/security/csrf_token/", nil, &token)
	s.header.Set("X-CSRFToken", token.Result)
	s.header.Set("Referer", s.url)
}

// ask sends a body and gives the answer's text; anything but 200 ends the test.
func (s *site) ask(method, path, kind string, body io.Reader) []byte {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header = s.header.Clone()
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s %v\n%.3000s", method, path, resp.Status, err, text)
	}
	return text
}

func (s *site) json(method, path string, body, answer any) {
	s.t.Helper()
	var text bytes.Buffer
	kind := ""
	if body != nil {
		kind = "application/json"
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := json.Unmarshal(s.ask(method, path, kind, &text), answer); err != nil {
		s.t.Fatal(err)
	}
}

// bundle is the committed folder as a ZIP, its database where the test has one.
func bundle(t *testing.T, address string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for path, text := range committed(t) {
		if path == DatabaseFile {
			text = []byte(strings.Replace(string(text), "@clickhouse:8123", "@"+address, 1))
		}
		w, err := z.Create("bundle/" + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// give imports a bundle.
func (s *site) give(zipped []byte) {
	s.t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	file, err := m.CreateFormFile("bundle", "attune.zip")
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := file.Write(zipped); err != nil {
		s.t.Fatal(err)
	}
	passwords, err := json.Marshal(map[string]string{DatabaseFile: boardstest.Password})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := m.WriteField("passwords", string(passwords)); err != nil {
		s.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.ask("POST", "/api/v1/assets/import/", m.FormDataContentType(), &form)
}

// listed is what Superset has of something.
type listed struct {
	ID   int
	Name string `json:"slice_name"`
}

func (s *site) list(what string) []listed {
	s.t.Helper()
	var answer struct{ Result []listed }
	s.json("GET", "/api/v1/"+what+"/?q="+url.QueryEscape("(page_size:1000)"), nil, &answer)
	return answer.Result
}

// data asks for a chart's figures: as the bundle says, which is what its board opens with, or with a time and queues chosen.
func (s *site) data(chart int, times string, queues ...string) []map[string]any {
	s.t.Helper()
	var reply struct {
		Result []struct {
			Error string
			Data  []map[string]any
		}
	}
	if times == "" {
		s.json("GET", fmt.Sprintf("/api/v1/chart/%d/data/", chart), nil, &reply)
	} else {
		s.json("POST", "/api/v1/chart/data", s.question(chart, times, queues), &reply)
	}
	if len(reply.Result) != 1 || reply.Result[0].Error != "" {
		s.t.Fatalf("chart %d answers %+v", chart, reply)
	}
	return reply.Result[0].Data
}

// question is the one that the bundle has for a chart, with what a dashboard's filters add to it.
func (s *site) question(chart int, times string, queues []string) map[string]any {
	s.t.Helper()
	var stored struct {
		Result struct {
			QueryContext string `json:"query_context"`
		}
	}
	s.json("GET", fmt.Sprintf("/api/v1/chart/%d", chart), nil, &stored)
	question := map[string]any{}
	if err := json.Unmarshal([]byte(stored.Result.QueryContext), &question); err != nil {
		s.t.Fatal(err)
	}
	query := question["queries"].([]any)[0].(map[string]any)
	query["time_range"] = times
	if len(queues) > 0 {
		query["filters"] = []any{map[string]any{"col": "queue", "op": "IN", "val": queues}}
	}
	return question
}

// figures asks for each chart's, and compares those of a week with what the board's own query gives.
func (s *site) figures(charts []listed, tables *boardstest.Tables) {
	ids := map[string]int{}
	for _, c := range charts {
		ids[c.Name] = c.ID
	}
	w := lastWeek(s.t)
	for _, p := range all(s.t) {
		opening := s.data(ids[p.name()], "")
		if len(opening) == 0 {
			s.t.Errorf("%s is empty when its board opens", p.name())
		}
		s.compare(p, s.data(ids[p.name()], w.times), tables.Rows(s.t, w.span().Expand(p.SQL)))
		if p.board.Queues {
			s.compare(p, s.data(ids[p.name()], w.times, "east", "it's"), tables.Rows(s.t, w.span("east", "it's").Expand(p.SQL)))
			if p.Kind == boards.Figure {
				s.compare(p, s.data(ids[p.name()], "today : now"), opening)
			}
		}
	}
}

// compare holds that Superset gives as many rows as the board's own query, and the same figure where there is one.
func (s *site) compare(p *shown, got, want []map[string]any) {
	s.t.Helper()
	if len(got) != len(want) {
		s.t.Errorf("%s has %d rows, want %d", p.name(), len(got), len(want))
		return
	}
	if p.Kind == boards.Figure && fmt.Sprint(got[0]) != fmt.Sprint(want[0]) {
		s.t.Errorf("%s is %v, want %v", p.name(), got[0], want[0])
	}
}

// week is seven days of the site, over since yesterday.
type week struct {
	from, to time.Time
	// times are they in the words of Superset's filter.
	times string
}

func lastWeek(t *testing.T) *week {
	place, err := time.LoadLocation(boardstest.Zone)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(place)
	to := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, place)
	from := to.AddDate(0, 0, -7)
	return &week{from, to, from.Format(time.DateOnly) + " : " + to.Format(time.DateOnly)}
}

// span asks for the week as the desk's page does.
func (w *week) span(queues ...string) *boards.Span {
	return &boards.Span{From: w.from, To: w.to.Add(-time.Millisecond), Database: boardstest.Database, Zone: w.from.Location(), Queues: queues}
}

// TestSupersetShowsTheBoards gives the bundle to a Superset, twice, asks for each chart's figures, and looks at each board.
func TestSupersetShowsTheBoards(t *testing.T) {
	if *program == "" {
		t.Skip("no Superset: make superset installs one and runs this")
	}
	tables := boardstest.Crowded(t, 60_000, time.Now().Add(-crowd.Days*24*time.Hour).Truncate(time.Hour))
	s := startSuperset(t)
	zipped := bundle(t, tables.HTTPAddr)
	s.give(zipped)
	s.give(zipped)
	charts, dashboards := s.list("chart"), s.list("dashboard")
	if panels := all(t); len(charts) != len(panels) || len(dashboards) != len(boards.All()) {
		t.Fatalf("%d charts and %d dashboards, want %d and %d", len(charts), len(dashboards), len(panels), len(boards.All()))
	}
	s.figures(charts, tables)
	ctx := browser(t, s.url)
	for _, b := range boards.All() {
		s.look(ctx, &b, b.Name, "")
	}
	today, times := boards.All()[0], lastWeek(t).times
	s.look(ctx, &today, today.Name+"-chosen", "NATIVE_FILTER-today-time:(extraFormData:(time_range:'"+times+"'),filterState:(value:'"+times+"'),id:NATIVE_FILTER-today-time,ownState:()),"+
		"NATIVE_FILTER-today-queue:(extraFormData:(filters:!((col:queue,op:IN,val:!(east)))),filterState:(label:east,value:!(east)),id:NATIVE_FILTER-today-queue,ownState:())")
}
