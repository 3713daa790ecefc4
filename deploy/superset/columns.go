package superset

import (
	"errors"
	"slices"
	"strings"
)

// moments are the columns that are a moment, in whatever panel: a test holds this list against the types that ClickHouse gives.
var moments = []string{"time", "newest", "window_start", "watermark"}

func isMoment(column string) bool { return slices.Contains(moments, column) }

// columnsOf reads off a query, SELECT ... FROM ..., what its columns are called.
func columnsOf(sql string) ([]string, error) {
	rest, ok := strings.CutPrefix(sql, "SELECT ")
	list := selectList(rest)
	if !ok || list == nil {
		return nil, errors.New("the query is not SELECT columns FROM")
	}
	var columns []string
	for _, expression := range list {
		if i := strings.LastIndex(expression, " AS "); i >= 0 {
			expression = expression[i+len(" AS "):]
		}
		columns = append(columns, strings.Trim(expression, "` "))
	}
	return columns, nil
}

// selectList is what stands between the commas before FROM, those within brackets and quotes aside; nil where there is no FROM.
func selectList(sql string) (list []string) {
	depth, begins, quote := 0, 0, rune(0)
	for i, r := range sql {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '`':
			quote = r
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0 && r == ',':
			list, begins = append(list, sql[begins:i]), i+1
		case depth == 0 && strings.HasPrefix(sql[i:], " FROM "):
			return append(list, sql[begins:i])
		}
	}
	return nil
}
