package oracle

import (
	"bufio"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// Engine is a ClickHouse that computes, over HTTP. The oracle leaves nothing in it.
type Engine struct {
	URL string // http://host:port
	// Order is the site's order of identifiers (identifier_order); nil is the default.
	Order []string
	// Hour is the size of a window of contacts in milliseconds; 0 is an hour.
	Hour int64
}

// Totals are the figures over everything, under the names of docs/kpis.md.
type Totals struct {
	Contacts       int64 `json:"contacts"`
	Concluded      int64 `json:"concluded"`
	LastResort     int64 `json:"last_resort"`
	FailedSteps    int64 `json:"failed_steps"`
	WithReason     int64 `json:"with_reason"` // what repeats are counted of
	Repeat         int64 `json:"repeat"`
	Judged         int64 `json:"judged"` // what first-contact resolution is counted of
	Resolved       int64 `json:"resolved"`
	Queued         int64 `json:"queued"`
	Abandoned      int64 `json:"abandoned"`
	Answered       int64 `json:"answered"`
	WaitMs         int64 `json:"wait_ms"`
	WaitAnsweredMs int64 `json:"wait_answered_ms"`
	TalkMs         int64 `json:"talk_ms"`
}

// Contact is what is known of one contact in the end.
type Contact struct {
	ContactID   string `json:"contact_id"`
	Start       int64  `json:"start"`
	Concluded   bool   `json:"concluded"`
	Reason      string `json:"reason"`
	Queued      bool   `json:"queued"` // this and what follows as concluded
	Answered    bool   `json:"answered"`
	Abandoned   bool   `json:"abandoned"`
	WaitMs      int64  `json:"wait_ms"`
	FailedSteps int64  `json:"failed_steps"`
	Steps       string `json:"steps"`      // event ids of the failed steps before it, the newest 256
	DigitalAt   int64  `json:"digital_at"` // its last digital step for the reason, of the day before
	Repeat      bool   `json:"repeat"`
	Repeated    bool   `json:"repeated"`
	Judged      bool   `json:"judged"`
	Resolved    bool   `json:"resolved"`
	Crowded     bool   `json:"crowded"` // of a person who does more than is kept of anybody
}

// Cell is a window of contacts of one reason and priority, over all partitions.
type Cell struct {
	Window         int64  `json:"window"`
	Reason         string `json:"reason"`
	Priority       int32  `json:"priority"`
	Contacts       int64  `json:"contacts"`
	Queued         int64  `json:"queued"`
	Abandoned      int64  `json:"abandoned"`
	Answered       int64  `json:"answered"`
	WaitMs         int64  `json:"wait_ms"`
	WaitAnsweredMs int64  `json:"wait_answered_ms"`
	TalkMs         int64  `json:"talk_ms"`
	LastResort     int64  `json:"last_resort"` // of persons who are not crowded, like Repeats
	Repeats        int64  `json:"repeats"`
	Crowded        int64  `json:"crowded"` // contacts of persons who are
}

// Answer is what follows from the facts.
type Answer struct {
	Totals   Totals
	Contacts []Contact // by id
	Cells    []Cell    // by window, reason, priority
}

// Answer computes everything.
func (e *Engine) Answer(ctx context.Context, f *Facts) (*Answer, error) {
	s := &session{engine: e, name: "oracle-" + rand.Text()}
	if err := s.run(ctx, "tables.sql"); err != nil {
		return nil, err
	}
	for _, t := range []struct {
		table string
		lines io.Reader
	}{{"sent", strings.NewReader(f.sent.String())}, {"links", strings.NewReader(f.links.String())},
		{"refused", strings.NewReader(f.refused.String())}, {"dropped", strings.NewReader(f.dropped.String())}} {
		if err := s.exec(ctx, "INSERT INTO "+t.table+" FORMAT JSONEachRow", t.lines, nil); err != nil {
			return nil, fmt.Errorf("oracle: fill %s: %w", t.table, err)
		}
	}
	for _, file := range []string{"persons.sql", "accepted.sql", "contacts.sql"} {
		if err := s.run(ctx, file); err != nil {
			return nil, err
		}
	}
	a := &Answer{}
	err := read(ctx, s, "totals.sql", func(t *Totals) { a.Totals = *t })
	if err == nil {
		err = read(ctx, s, "rows.sql", func(c *Contact) { a.Contacts = append(a.Contacts, *c) })
	}
	if err == nil {
		err = read(ctx, s, "cells.sql", func(c *Cell) { a.Cells = append(a.Cells, *c) })
	}
	return a, err
}

// session is one conversation with the engine: temporary tables are its own.
type session struct {
	engine *Engine
	name   string
}

// run executes the statements of a file.
func (s *session) run(ctx context.Context, file string) error {
	text, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	for _, statement := range strings.Split(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if err := s.exec(ctx, statement, nil, nil); err != nil {
			return fmt.Errorf("oracle: %s: %w", file, err)
		}
	}
	return nil
}

// read calls fn with each row of a file's query.
func read[T any](ctx context.Context, s *session, file string, fn func(*T)) error {
	text, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	err = s.exec(ctx, string(text)+" FORMAT JSONEachRow", nil, func(rows *json.Decoder) error {
		for {
			var row T
			if err := rows.Decode(&row); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			fn(&row)
		}
	})
	if err != nil {
		return fmt.Errorf("oracle: %s: %w", file, err)
	}
	return nil
}

// exec sends one statement; body are the rows of an insert.
func (s *session) exec(ctx context.Context, sql string, body io.Reader, rows func(*json.Decoder) error) error {
	order := s.engine.Order
	if order == nil {
		order = []string{"mrn", "member", "phone", "email", "device", "cookie", "contact"}
	}
	hour := s.engine.Hour
	if hour == 0 {
		hour = 3_600_000
	}
	q := url.Values{"session_id": {s.name}, "session_timeout": {"600"}, "output_format_json_quote_64bit_integers": {"0"},
		"param_order": {"['" + strings.Join(order, "','") + "']"}, "param_size": {strconv.FormatInt(hour, 10)}}
	if body == nil {
		body = strings.NewReader(sql)
	} else {
		q.Set("query", sql)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.engine.URL+"/?"+q.Encode(), body)
	if err != nil {
		return err
	}
	req.Close = true // the server waits for idle connections when it stops
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Errorf("clickhouse: %s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	if rows == nil {
		_, err := io.Copy(io.Discard, res.Body)
		return err
	}
	return rows(json.NewDecoder(bufio.NewReaderSize(res.Body, 1<<16)))
}
