package desk

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/attune-health/attune/sinks/boards"
)

// Bounds of what a panel may ask of ClickHouse.
const (
	insightRows = 2000
	// How long a panel waits for its turn, and then for its answer: together less than writeTimeout.
	insightWait    = 12 * time.Second
	insightTimeout = 15 * time.Second
	insightSpan    = 400 * 24 * time.Hour
	insightsAtOnce = 2
	// An answer is given again for at least so long, and for so many times as long as it took.
	insightFor   = 10 * time.Second
	insightWorth = 30
	insightsKept = 500
	maxQueues    = 50
	maxQueueName = 200
)

// Insight is what a query of a board gave: names of columns, and rows as JSON arrays in their order.
type Insight struct {
	Columns []string          `json:"columns"`
	Rows    []json.RawMessage `json:"rows"`
	// More: there are more rows than a panel shows.
	More bool `json:"more"`
}

// insightsAnswer is the boards that there are.
type insightsAnswer struct {
	Zone string `json:"zone"`
	// Now is where the boards' time ends: this moment, or the newest contact's hour where that is another time altogether, as
	// with a log that was imported.
	Now    time.Time       `json:"now"`
	Boards []boardAnswer   `json:"boards"`
	Queues json.RawMessage `json:"queues"`
	// Columns and Values are what columns of answers, and codes in them, are called in the language that was asked for;
	// nothing in English.
	Columns map[string]string            `json:"columns"`
	Values  map[string]map[string]string `json:"values"`
}

type boardAnswer struct {
	Name   string        `json:"name"`
	Title  string        `json:"title"`
	About  string        `json:"about"`
	From   string        `json:"from"`
	Queues bool          `json:"queues"`
	Panels []panelAnswer `json:"panels"`
}

type panelAnswer struct {
	Title  string      `json:"title"`
	About  string      `json:"about"`
	Kind   boards.Kind `json:"kind"`
	Unit   boards.Unit `json:"unit"`
	Shares []string    `json:"shares"`
	Wide   bool        `json:"wide"`
}

// insightCache keeps answers for a moment: a board that ten people watch is asked once.
type insightCache struct {
	mu   sync.Mutex
	kept map[string]keptInsight
	// turn bounds how many queries run at once.
	turn chan struct{}
}

type keptInsight struct {
	until  time.Time
	answer *Insight
}

func newInsightCache() *insightCache {
	return &insightCache{kept: map[string]keptInsight{}, turn: make(chan struct{}, insightsAtOnce)}
}

func (c *insightCache) get(sql string, now time.Time) *Insight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.kept[sql]; ok && now.Before(k.until) {
		return k.answer
	}
	return nil
}

// put keeps an answer for as long as it is worth: what took long is asked seldom.
func (c *insightCache) put(sql string, a *Insight, began, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= insightsKept {
		clear(c.kept)
	}
	c.kept[sql] = keptInsight{now.Add(max(insightFor, insightWorth*now.Sub(began))), a}
}

// askInsight asks ClickHouse, or what it said a moment ago.
func (s *server) askInsight(ctx context.Context, sql string) (*Insight, error) {
	if s.cfg.Insights == nil {
		return nil, notFound("board", "Set desk.insights: true, and section clickhouse as the sink has it.")
	}
	if a := s.insights.get(sql, time.Now()); a != nil {
		return a, nil
	}
	waited := time.NewTimer(insightWait)
	defer waited.Stop()
	select {
	case s.insights.turn <- struct{}{}:
		defer func() { <-s.insights.turn }()
	case <-waited.C:
		return nil, unavailable("clickhouse", "ClickHouse is busy with other boards.", "Try again in a minute, or choose a shorter time.", nil)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Whoever had the turn before may have asked the same.
	if a := s.insights.get(sql, time.Now()); a != nil {
		return a, nil
	}
	ctx, cancel := context.WithTimeout(ctx, insightTimeout)
	defer cancel()
	began := time.Now()
	a, err := s.cfg.Insights(ctx, sql, insightRows)
	if err != nil {
		return nil, unavailable("clickhouse", "ClickHouse does not answer this.", "Look at section clickhouse of the configuration, and run attune doctor; if it takes too long, choose a shorter time.", err)
	}
	s.insights.put(sql, a, began, time.Now())
	return a, nil
}

// database is where views are; the client puts its own name and prefix in.
const database = "{db}"

func (s *server) listInsights(a *asked) error {
	words := boards.WordsIn(s.pages.languageOf(a.Request))
	out := insightsAnswer{Zone: s.zone().String(), Queues: json.RawMessage("[]"), Columns: words.Columns, Values: words.Values}
	span := &boards.Span{Database: database, Zone: s.zone()}
	queues, err := s.askInsight(a.Context(), span.Expand(boards.QueueQuery))
	if err != nil {
		return err
	}
	if out.Now, err = s.boardsNow(a.Context(), span, time.Now().UTC().Truncate(time.Second)); err != nil {
		return err
	}
	var names []string
	for _, row := range queues.Rows {
		var name []string
		if err := json.Unmarshal(row, &name); err != nil {
			return err
		}
		names = append(names, name...)
	}
	if len(names) > 0 {
		if out.Queues, err = json.Marshal(names); err != nil {
			return err
		}
	}
	for _, b := range boards.All() {
		board := boardAnswer{Name: b.Name, Title: words.Text(b.Title), About: words.Text(b.About), From: b.From, Queues: b.Queues}
		for _, p := range b.Panels {
			shares := p.Shares
			if shares == nil {
				shares = []string{}
			}
			board.Panels = append(board.Panels, panelAnswer{Title: words.Text(p.Title), About: words.Text(p.About), Kind: p.Kind, Unit: p.Unit, Shares: shares, Wide: p.Wide})
		}
		out.Boards = append(out.Boards, board)
	}
	return a.json(out)
}

// boardsNow is where the boards' time ends.
func (s *server) boardsNow(ctx context.Context, span *boards.Span, now time.Time) (time.Time, error) {
	got, err := s.askInsight(ctx, span.Expand(boards.NewestQuery))
	if err != nil {
		return now, err
	}
	var newest []time.Time
	if len(got.Rows) != 1 || json.Unmarshal(got.Rows[0], &newest) != nil || len(newest) != 1 || newest[0].Year() < 2000 {
		return now, nil // there is no contact yet
	}
	if off := now.Sub(newest[0]); off > 24*time.Hour || off < -time.Hour {
		return newest[0].Add(time.Hour).UTC(), nil
	}
	return now, nil
}

// zone is the site's.
func (s *server) zone() *time.Location {
	if s.cfg.Zone == nil {
		return time.UTC
	}
	return s.cfg.Zone
}

func (s *server) insight(a *asked) error {
	panel, err := panelOf(a.PathValue("board"), a.PathValue("panel"))
	if err != nil {
		return err
	}
	span, err := s.spanOf(a.Request)
	if err != nil {
		return err
	}
	got, err := s.askInsight(a.Context(), span.Expand(panel.SQL))
	if err != nil {
		return err
	}
	return a.json(got)
}

// panelOf finds a panel by its board's name and its place there, from 0.
func panelOf(board, place string) (*boards.Panel, error) {
	n, err := strconv.Atoi(place)
	for _, b := range boards.All() {
		if b.Name == board && err == nil && n >= 0 && n < len(b.Panels) {
			return &b.Panels[n], nil
		}
	}
	return nil, notFound("panel", "GET /v1/insights lists the boards; panels are counted from 0.")
}

// spanOf is what a request asks to be shown. Times are taken to the minute, and of more than two days to ten, so that those
// who ask a moment later ask the same.
func (s *server) spanOf(r *http.Request) (*boards.Span, error) {
	q := r.URL.Query()
	from, errFrom := time.Parse(time.RFC3339, q.Get("from"))
	to, errTo := time.Parse(time.RFC3339, q.Get("to"))
	if errFrom != nil || errTo != nil || !from.Before(to) || to.Sub(from) > insightSpan || from.Year() < 2000 || to.Year() > 2100 {
		return nil, badRequest("from and to are moments such as 2026-11-30T00:00:00Z, from is the earlier, and they are at most 400 days apart.")
	}
	step := time.Minute
	if to.Sub(from) > 48*time.Hour {
		step = 10 * time.Minute
	}
	span := &boards.Span{From: from.Truncate(step), To: to.Add(step - 1).Truncate(step), Database: database, Zone: s.zone(), Queues: q["queue"]}
	if len(span.Queues) > maxQueues {
		return nil, badRequest("At most 50 queues can be chosen; none is all of them.")
	}
	for _, name := range span.Queues {
		if len(name) > maxQueueName {
			return nil, badRequest("queue is at most 200 bytes.")
		}
	}
	return span, nil
}
