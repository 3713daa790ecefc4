package clickhouse

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// Answer is what a query gave, for whoever shows it: names of columns, and rows as JSON arrays in their order.
type Answer struct {
	Columns []string
	Rows    []json.RawMessage
	// More: there were more rows than were asked for.
	More bool
}

// Ask runs a query that only reads, and returns at most so many of its rows. {db} in it stands for the database. The time
// that ctx leaves is also the server's limit, so that nothing runs there for somebody who has gone.
func (c *Client) Ask(ctx context.Context, sql string, most int) (_ *Answer, err error) {
	result, err := c.server().Query(withSettings(ctx, ch.Settings{"readonly": 2}), c.sql(sql))
	if err != nil {
		return nil, c.explainQuery(err)
	}
	defer func() { err = cmp.Or(err, c.explainQuery(result.Close())) }()
	a := &Answer{Columns: result.Columns(), Rows: []json.RawMessage{}}
	values := make([]any, len(a.Columns))
	for i, t := range result.ColumnTypes() {
		values[i] = reflect.New(t.ScanType()).Interface()
	}
	for result.Next() {
		if len(a.Rows) == most {
			a.More = true
			return a, nil
		}
		if err := result.Scan(values...); err != nil {
			return nil, fmt.Errorf("read row %d: %w", len(a.Rows)+1, err)
		}
		row := []byte{'['}
		for i, v := range values {
			if i > 0 {
				row = append(row, ',')
			}
			row = appendJSON(row, reflect.ValueOf(v).Elem())
		}
		a.Rows = append(a.Rows, append(row, ']'))
	}
	return a, c.explainQuery(result.Err())
}
