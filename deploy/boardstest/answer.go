package boardstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/attune-health/attune/sinks/boards"
)

// Check holds rows, asked of the history from Begins to Ends, against what a kind of panel can show.
func Check(t testing.TB, name string, kind boards.Kind, rows []map[string]any) {
	t.Helper()
	if len(rows) == 0 {
		t.Errorf("%s is empty", name)
		return
	}
	figures := 0
	for i, row := range rows {
		for _, v := range row {
			if _, ok := v.(float64); ok {
				figures++
			}
		}
		if kind != boards.Lines {
			continue
		}
		at, err := time.Parse(time.RFC3339, fmt.Sprint(row["time"]))
		switch {
		case err != nil:
			t.Errorf("%s: column time is %v", name, row["time"])
		case i > 0 && fmt.Sprint(row["time"]) == fmt.Sprint(rows[i-1]["time"]):
			t.Errorf("%s has two rows for %v", name, at)
		case at.Before(Begins.AddDate(0, 0, -1)) || at.After(Ends.AddDate(0, 0, 1)):
			t.Errorf("%s shows %v", name, at)
		}
	}
	if figures == 0 {
		t.Errorf("%s has no figure: %v", name, rows[0])
	}
	if kind == boards.Figure && (len(rows) != 1 || len(rows[0]) != 1) {
		t.Errorf("%s is to be one figure, and is %v", name, rows)
	}
}
