package bank

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/attune-health/attune/schemas"
)

// header are the columns of the bank's log.
const header = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver"

const (
	columnLine = iota
	columnCall
	columnCustomer
	columnPriority
	columnType
	columnDate
	columnEntry
	columnExit
	columnMenu
	columnQueueStart
	columnQueueExit
	columnQueue
	columnOutcome
	columnServiceStart
	columnServiceExit
	columnService
	columnServer
	columns
)

// bankRow is one call of the log. Times are 0 where the stage did not happen.
type bankRow struct {
	// Voice menu, queue and service: when each began and ended.
	entry, exit   schemas.Millis
	queued, left  schemas.Millis
	served, ended schemas.Millis
	// When the outcome was known, and with it the reason.
	known schemas.Millis
	// How long the menu, the queue and the service took, in seconds.
	menu, wait int32
	talk       int32
	priority   int32
	// Where the row stands, for errors.
	file, number int32
	outcome      bankOutcome
	line, call   string
	// Empty where the customer is unknown.
	customer string
	reason   string
	// Empty where nobody answered.
	server string
}

type bankOutcome uint8

const (
	outcomeAgent bankOutcome = iota + 1
	outcomeHang
	outcomePhantom
)

// nextDay tells a time past midnight from a wrong one: a time so many seconds
// before the entry is of the next day. The log has true times up to an hour before
// the entry, and then none up to twenty hours before it.
const nextDay = 4 * 3600

// parser reads rows. It keeps one copy of every text that repeats: the log has few
// that differ.
type parser struct {
	zone   *time.Location
	texts  map[string]string
	fields [][]byte

	// The day of the row before, which most rows share.
	date     string
	midnight time.Time
}

func newParser() (*parser, error) {
	zone, err := time.LoadLocation("Asia/Jerusalem")
	if err != nil {
		return nil, fmt.Errorf("load the log's time zone: %w", err)
	}
	return &parser{zone: zone, texts: map[string]string{}}, nil
}

// text is the field as a string.
func (p *parser) text(column int) string {
	b := p.fields[column]
	if s, ok := p.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	if column != columnCall && column != columnCustomer {
		p.texts[s] = s
	}
	return s
}

// row reads one line. Its error names the column and what is expected there, and
// never holds a value.
func (p *parser) row(line []byte) (bankRow, error) {
	if p.split(line); len(p.fields) != columns {
		return bankRow{}, fmt.Errorf("%d columns separated by tabs, not %d", len(p.fields), columns)
	}
	var r bankRow
	c := &columnReader{p: p}
	r.line, r.call = c.name(columnLine), c.name(columnCall)
	r.customer = c.name(columnCustomer)
	if r.customer == "0" {
		r.customer = "" // a person unknown, one per call
	}
	r.reason = c.name(columnType)
	r.priority = int32(c.number(columnPriority))
	r.menu, r.wait, r.talk = max(0, int32(c.number(columnMenu))), int32(c.number(columnQueue)), int32(c.number(columnService))
	r.outcome = c.outcome()
	if r.server = p.text(columnServer); r.server == "NO_SERVER" {
		r.server = ""
	}
	c.day()
	c.times(&r)
	if r.wait < 0 || r.talk < 0 {
		c.refuse(columnQueue, "and ser_time must not be negative")
	}
	return r, errors.Join(c.problems...)
}

func (p *parser) split(line []byte) {
	p.fields = p.fields[:0]
	for len(p.fields) <= columns {
		field, rest, more := bytes.Cut(line, []byte{'\t'})
		p.fields = append(p.fields, bytes.TrimSpace(field)) // a few types have a leading blank
		if !more {
			return
		}
		line = rest
	}
}

// columnReader collects all that is wrong with a row, so that one error tells
// everything.
type columnReader struct {
	p *parser
	// Seconds of the day.
	entry    int
	problems []error
}

var columnNames = strings.Split(header, "\t")

func (c *columnReader) refuse(column int, expected string) {
	c.problems = append(c.problems, fmt.Errorf("column %s: %s", columnNames[column], expected))
}

func (c *columnReader) name(column int) string {
	if len(c.p.fields[column]) == 0 {
		c.refuse(column, "must not be empty")
	}
	return c.p.text(column)
}

func (c *columnReader) number(column int) int {
	n, ok := decimal(c.p.fields[column])
	if !ok {
		c.refuse(column, "must be a whole number of at most 8 digits")
	}
	return n
}

// decimal reads a number of at most 8 digits.
func decimal(b []byte) (n int, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	for _, d := range b {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func (c *columnReader) outcome() bankOutcome {
	switch string(c.p.fields[columnOutcome]) {
	case "AGENT":
		return outcomeAgent
	case "HANG":
		return outcomeHang
	case "PHANTOM":
		return outcomePhantom
	}
	c.refuse(columnOutcome, "must be AGENT, HANG or PHANTOM")
	return 0
}

// day finds the midnight at which the row's date begins, yymmdd.
func (c *columnReader) day() {
	field := c.p.fields[columnDate]
	if string(field) == c.p.date {
		return
	}
	day, err := time.ParseInLocation("060102", string(field), c.p.zone)
	if err != nil {
		c.refuse(columnDate, "must be yymmdd")
		return
	}
	c.p.date, c.p.midnight = string(field), day
}

// clock reads h:mm:ss as seconds of the day.
func (c *columnReader) clock(column int) int {
	seconds, parts := 0, 0
	for rest, more := c.p.fields[column], true; more; parts++ {
		var part []byte
		part, rest, more = bytes.Cut(rest, []byte{':'})
		n, ok := decimal(part)
		if !ok || n < 0 || n > 59 || parts == 3 {
			parts = -1
			break
		}
		seconds = seconds*60 + n
	}
	if parts != 3 || seconds >= 24*3600 {
		c.refuse(column, "must be a time h:mm:ss")
		return 0
	}
	return seconds
}

// moment is when a stage began or ended, or 0 where it did not happen. The log
// writes 0:00:00 for both "never" and midnight: with a duration it is midnight.
func (c *columnReader) moment(column int, happened bool) schemas.Millis {
	seconds := c.clock(column)
	if seconds == 0 && !happened {
		return 0
	}
	days := 0
	if seconds < c.entry-nextDay {
		days = 1
	}
	m := c.p.midnight
	// By the clock on the wall, so that a day on which clocks change is right.
	return schemas.MillisOf(time.Date(m.Year(), m.Month(), m.Day()+days, seconds/3600, seconds/60%60, seconds%60, 0, c.p.zone))
}

func (c *columnReader) times(r *bankRow) {
	c.entry = c.clock(columnEntry)
	r.entry, r.exit = c.moment(columnEntry, true), c.moment(columnExit, true)
	r.queued, r.left = c.moment(columnQueueStart, r.wait > 0), c.moment(columnQueueExit, r.wait > 0)
	r.served, r.ended = c.moment(columnServiceStart, r.talk > 0), c.moment(columnServiceExit, r.talk > 0)
	r.known = max(r.ended, r.left, r.exit)
}
