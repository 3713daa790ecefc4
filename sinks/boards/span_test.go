package boards

import (
	"testing"
	"time"
)

// TestSpanStandsInAQueryAsTheSiteMeansIt has moments that are of another day in UTC, and a queue that would end a string.
func TestSpanStandsInAQueryAsTheSiteMeansIt(t *testing.T) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	s := &Span{From: time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 4, 5, 59, 0, 0, time.UTC), Database: "{db}", Zone: chicago, Queues: []string{"east", `o'x\${database}`}}
	for sql, want := range map[string]string{
		"$__dateFilter(day)":         "day >= toDate('2026-03-01') AND day <= toDate('2026-03-03')",
		"$__timeFilter(hour)":        "hour >= toDateTime(1772427600) AND hour <= toDateTime(1772603940)",
		"$__timeFilter_ms(as_of)":    "as_of >= fromUnixTimestamp64Milli(1772427600000) AND as_of <= fromUnixTimestamp64Milli(1772603940000)",
		"${database}.x, '${zone}'":   "{db}.x, 'America/Chicago'",
		"$__fromTime $__toTime":      "toDateTime(1772427600) toDateTime(1772603940)",
		"SELECT 1 WHERE " + OfQueues: `SELECT 1 WHERE queue IN ('east', 'o\'x\\${database}')`,
	} {
		if got := s.Expand(sql); got != want {
			t.Errorf("%s becomes %s, want %s", sql, got, want)
		}
	}
	s.Queues = nil
	if got := s.Expand(OfQueues); got != "1" {
		t.Errorf("no queue chosen becomes %s, want all", got)
	}
}
