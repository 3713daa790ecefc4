package crowd

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Days are how many the crowd's history has.
const Days = 85

//go:embed crowd.sql
var fill string

// portion is how many sessions one statement writes: more would take too much memory.
const portion = 100_000

// Fill writes n touchpoints, a multiple of 30, and what goes with them, under a log's id. The history begins at a time.
// exec is a client's Exec.
func Fill(ctx context.Context, exec func(ctx context.Context, sql string) error, log string, n int, begins time.Time) error {
	moment := func(t time.Time) string { return "'" + t.UTC().Format(time.DateTime) + "'" }
	for from := 0; from < n/10; from += portion {
		sql := strings.NewReplacer("{n}", strconv.Itoa(n), "{log}", "'"+log+"'", "{from}", strconv.Itoa(from), "{to}", strconv.Itoa(min(from+portion, n/10)),
			"{begins}", moment(begins), "{linked}", moment(begins.AddDate(0, 0, 59))).Replace(fill)
		for s := range strings.SplitSeq(sql, ";\n") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if err := exec(ctx, s); err != nil {
				return fmt.Errorf("fill with a crowd: %w: %s", err, s[:min(len(s), 200)])
			}
		}
	}
	return nil
}
