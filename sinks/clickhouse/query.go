package clickhouse

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format is how Query writes rows.
type Format string

const (
	// FormatTable is columns aligned for people, with a line that counts the rows.
	FormatTable Format = "table"
	// FormatJSON is one JSON object a line, keys in the order of the columns.
	FormatJSON Format = "json"
)

// maxTableRows bounds the rows that a table holds in memory to align its columns.
const maxTableRows = 10_000

// Query runs one statement and writes its rows, of whatever types. {db} in it stands for the database. It returns the
// number of rows. A statement that has none, such as INSERT, writes "done" into a table and nothing as JSON.
func (c *Client) Query(ctx context.Context, sql string, w io.Writer, format Format) (rows int, err error) {
	sql = c.sql(strings.TrimRight(strings.TrimSpace(sql), ";"))
	if rowless[beginsWith(sql)] {
		if err := c.server().Exec(patient{ctx}, sql); err != nil {
			return 0, c.explainQuery(err)
		}
		if format != FormatJSON {
			_, err = io.WriteString(w, "done\n")
		}
		return 0, err
	}
	result, err := c.server().Query(patient{ctx}, sql)
	if err != nil {
		return 0, c.explainQuery(err)
	}
	// Both calls report an error of the query: the first is enough.
	defer func() { err = cmp.Or(err, result.Close()) }()
	out := bufio.NewWriter(w)
	defer func() { err = errors.Join(err, out.Flush()) }()
	var p printer = &jsonPrinter{w: out, columns: result.Columns()}
	if format != FormatJSON {
		p = newTablePrinter(out, result.Columns())
	}
	values := make([]any, len(result.Columns()))
	for i, t := range result.ColumnTypes() {
		values[i] = reflect.New(t.ScanType()).Interface()
	}
	for result.Next() {
		if err := result.Scan(values...); err != nil {
			return rows, fmt.Errorf("read row %d: %w", rows+1, err)
		}
		p.row(values)
		rows++
	}
	p.end(rows)
	return rows, c.explainQuery(result.Err())
}

// rowless begin statements that answer with no rows. The library waits for the first of them, takes the end of
// the answer for a connection that was cut, and whoever repeated an INSERT would have inserted twice.
var rowless = map[string]bool{"insert": true, "create": true, "alter": true, "optimize": true, "truncate": true, "set": true, "drop": true, "kill": true,
	"rename": true, "exchange": true, "attach": true, "detach": true, "grant": true, "revoke": true, "system": true, "use": true, "delete": true, "update": true}

// beginsWith is the word that a statement begins with, in lower case, after comments.
func beginsWith(sql string) string {
	for {
		sql = strings.TrimSpace(sql)
		end := "\n"
		switch {
		case strings.HasPrefix(sql, "/*"):
			end = "*/"
		case !strings.HasPrefix(sql, "--") && !strings.HasPrefix(sql, "#"):
			i := strings.IndexFunc(sql, func(r rune) bool { return !unicode.IsLetter(r) })
			if i < 0 {
				i = len(sql)
			}
			return strings.ToLower(sql[:i])
		}
		_, sql, _ = strings.Cut(sql, end)
	}
}

// explainQuery shows the server's text to whoever asked. explain would keep it back, since it may quote values.
func (c *Client) explainQuery(err error) error {
	if refusedForContent(err) {
		return fmt.Errorf("clickhouse at %s: %w", c.host, brief(err))
	}
	return c.explain(err, c.cfg.Username)
}

// printer writes rows, given as pointers to values.
type printer interface {
	row(values []any)
	end(rows int)
}

type jsonPrinter struct {
	w       *bufio.Writer
	columns []string
	line    []byte
}

func (p *jsonPrinter) row(values []any) {
	p.line = append(p.line[:0], '{')
	for i, v := range values {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		p.line = appendQuoted(p.line, p.columns[i])
		p.line = append(p.line, ':')
		p.line = appendJSON(p.line, reflect.ValueOf(v).Elem())
	}
	p.line = append(p.line, '}', '\n')
	_, _ = p.w.Write(p.line) // the buffer keeps the error for Flush
}

func (p *jsonPrinter) end(int) {}

type tablePrinter struct {
	w *bufio.Writer
	// The first row is the header.
	cells  [][]string
	widths []int
	// Columns of numbers.
	right []bool
	// maxTableRows was reached: widths no longer change.
	aligned bool
}

func newTablePrinter(w *bufio.Writer, columns []string) *tablePrinter {
	p := &tablePrinter{w: w, widths: make([]int, len(columns)), right: make([]bool, len(columns))}
	p.add(columns)
	return p
}

func (p *tablePrinter) add(cells []string) {
	for i, c := range cells {
		p.widths[i] = max(p.widths[i], utf8.RuneCountInString(c))
	}
	p.cells = append(p.cells, cells)
}

func (p *tablePrinter) row(values []any) {
	cells := make([]string, len(values))
	for i, v := range values {
		e := reflect.ValueOf(v).Elem()
		cells[i] = cell(e)
		p.right[i] = isNumber(e)
	}
	if p.aligned {
		p.write(cells)
		return
	}
	p.add(cells)
	if len(p.cells) > maxTableRows {
		p.flush()
	}
}

func (p *tablePrinter) flush() {
	p.aligned = true
	for i, cells := range p.cells {
		p.write(cells)
		if i == 0 {
			p.rule()
		}
	}
	p.cells = nil
}

func (p *tablePrinter) rule() {
	for i, w := range p.widths {
		if i > 0 {
			_, _ = p.w.WriteString("  ")
		}
		_, _ = p.w.WriteString(strings.Repeat("-", w))
	}
	_ = p.w.WriteByte('\n')
}

func (p *tablePrinter) write(cells []string) {
	var line strings.Builder
	for i, c := range cells {
		if i > 0 {
			line.WriteString("  ")
		}
		pad := strings.Repeat(" ", max(0, p.widths[i]-utf8.RuneCountInString(c)))
		if p.right[i] {
			line.WriteString(pad + c)
		} else {
			line.WriteString(c + pad)
		}
	}
	_, _ = p.w.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

func (p *tablePrinter) end(rows int) {
	if !p.aligned {
		p.flush()
	}
	unit := "rows"
	if rows == 1 {
		unit = "row"
	}
	_, _ = fmt.Fprintf(p.w, "(%d %s)\n", rows, unit)
}
