package window

import (
	"testing"
	"time"

	"github.com/attune-health/attune/pipeline"
)

func millis(t testing.TB, zone *time.Location, local string) pipeline.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05 -0700", local, zone)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Time(at.UnixMilli())
}

// TestCalendarAroundOffsetChanges has for each zone a moment, and by hand where the window begins and
// ends, in local time with its offset.
func TestCalendarAroundOffsetChanges(t *testing.T) {
	for _, c := range []struct {
		zone, at   string
		unit       Unit
		start, end string
		length     string
	}{
		// New York: 23 hours, 25 hours, and the hour that comes twice
		{"America/New_York", "2026-03-08 12:00:00 -0400", Day, "2026-03-08 00:00:00 -0500", "2026-03-09 00:00:00 -0400", "23h0m0s"},
		{"America/New_York", "2026-11-01 12:00:00 -0500", Day, "2026-11-01 00:00:00 -0400", "2026-11-02 00:00:00 -0500", "25h0m0s"},
		{"America/New_York", "2026-03-08 03:10:00 -0400", Hour, "2026-03-08 03:00:00 -0400", "2026-03-08 04:00:00 -0400", "1h0m0s"},
		{"America/New_York", "2026-03-08 01:59:59 -0500", Hour, "2026-03-08 01:00:00 -0500", "2026-03-08 03:00:00 -0400", "1h0m0s"},
		{"America/New_York", "2026-11-01 01:30:00 -0400", Hour, "2026-11-01 01:00:00 -0400", "2026-11-01 01:00:00 -0500", "1h0m0s"},
		{"America/New_York", "2026-11-01 01:30:00 -0500", Hour, "2026-11-01 01:00:00 -0500", "2026-11-01 02:00:00 -0500", "1h0m0s"},
		{"America/New_York", "2026-11-01 12:00:00 -0500", Week, "2026-10-26 00:00:00 -0400", "2026-11-02 00:00:00 -0500", "169h0m0s"},
		{"America/New_York", "2026-03-31 23:59:59 -0400", Month, "2026-03-01 00:00:00 -0500", "2026-04-01 00:00:00 -0400", "743h0m0s"},
		// Lord Howe: half an hour
		{"Australia/Lord_Howe", "2026-10-04 12:00:00 +1100", Day, "2026-10-04 00:00:00 +1030", "2026-10-05 00:00:00 +1100", "23h30m0s"},
		{"Australia/Lord_Howe", "2026-04-05 12:00:00 +1030", Day, "2026-04-05 00:00:00 +1100", "2026-04-06 00:00:00 +1030", "24h30m0s"},
		{"Australia/Lord_Howe", "2026-10-04 02:45:00 +1100", Hour, "2026-10-04 02:30:00 +1100", "2026-10-04 03:00:00 +1100", "30m0s"},
		{"Australia/Lord_Howe", "2026-04-05 01:40:00 +1030", Hour, "2026-04-05 01:30:00 +1030", "2026-04-05 02:00:00 +1030", "30m0s"},
		{"Australia/Lord_Howe", "2026-04-05 01:40:00 +1100", Hour, "2026-04-05 01:00:00 +1100", "2026-04-05 01:30:00 +1030", "1h0m0s"},
		// bounds of the zone that are no change of its offset cut nothing
		{"America/St_Johns", "2040-12-30 20:10:00 -0330", Hour, "2040-12-30 20:00:00 -0330", "2040-12-30 21:00:00 -0330", "1h0m0s"},
		{"America/St_Johns", "2040-12-30 20:50:00 -0330", Hour, "2040-12-30 20:00:00 -0330", "2040-12-30 21:00:00 -0330", "1h0m0s"},
		// 45 and 30 minutes; Nepal went from +05:30 to +05:45 as 1986 began
		{"Asia/Kathmandu", "2026-06-01 10:20:00 +0545", Hour, "2026-06-01 10:00:00 +0545", "2026-06-01 11:00:00 +0545", "1h0m0s"},
		{"Asia/Kathmandu", "1986-01-01 08:00:00 +0545", Day, "1986-01-01 00:15:00 +0545", "1986-01-02 00:00:00 +0545", "23h45m0s"},
		{"Asia/Kolkata", "2026-06-01 10:20:00 +0530", Hour, "2026-06-01 10:00:00 +0530", "2026-06-01 11:00:00 +0530", "1h0m0s"},
		{"Asia/Kolkata", "2026-06-01 00:00:00 +0530", Day, "2026-06-01 00:00:00 +0530", "2026-06-02 00:00:00 +0530", "24h0m0s"},
		// São Paulo: clocks went forward at midnight, which there was not, and back at midnight
		{"America/Sao_Paulo", "2018-11-04 12:00:00 -0200", Day, "2018-11-04 01:00:00 -0200", "2018-11-05 00:00:00 -0200", "23h0m0s"},
		{"America/Sao_Paulo", "2018-11-03 23:59:59 -0300", Day, "2018-11-03 00:00:00 -0300", "2018-11-04 01:00:00 -0200", "24h0m0s"},
		{"America/Sao_Paulo", "2019-02-16 23:30:00 -0300", Day, "2019-02-16 00:00:00 -0200", "2019-02-17 00:00:00 -0300", "25h0m0s"},
		{"America/Sao_Paulo", "1913-12-31 12:00:00 -0300", Day, "1913-12-31 00:06:28 -0300", "1914-01-01 00:06:28 -0300", "24h0m0s"},
		// (the last day at the sun's -03:06:28 began at 00:06:28 of today's clock)
		// St. John's went back at one minute past midnight; Apia had no 30 December 2011
		{"America/St_Johns", "2010-11-06 23:30:00 -0330", Day, "2010-11-07 00:00:00 -0230", "2010-11-08 00:00:00 -0330", "25h0m0s"},
		{"America/St_Johns", "2010-11-06 23:30:00 -0230", Day, "2010-11-06 00:00:00 -0230", "2010-11-07 00:00:00 -0230", "24h0m0s"},
		{"Pacific/Apia", "2011-12-29 12:00:00 -1000", Day, "2011-12-29 00:00:00 -1000", "2011-12-31 00:00:00 +1400", "24h0m0s"},
		{"Pacific/Apia", "2011-12-31 12:00:00 +1400", Week, "2011-12-26 00:00:00 -1000", "2012-01-02 00:00:00 +1400", "144h0m0s"},
	} {
		zone := location(t, c.zone)
		w := Calendar{c.unit, zone}.Assign(millis(t, zone, c.at))
		if want := (Window{millis(t, zone, c.start), millis(t, zone, c.end)}); w != want {
			t.Errorf("%s %s, unit %d: got %s, want %s", c.zone, c.at, c.unit, show(w, zone), show(want, zone))
		}
		if got := time.Duration(w.End-w.Start) * time.Millisecond; got.String() != c.length {
			t.Errorf("%s %s, unit %d: %v long, want %s", c.zone, c.at, c.unit, got, c.length)
		}
	}
}

func show(w Window, zone *time.Location) string {
	f := func(t pipeline.Time) string {
		return time.UnixMilli(int64(t)).In(zone).Format("2006-01-02 15:04:05 -0700")
	}
	return f(w.Start) + " to " + f(w.End)
}

// TestCalendarsHaveNoGaps walks through the zones' histories: each window begins where the one before
// ends, knows itself by its start, and is as long as its unit may be.
func TestCalendarsHaveNoGaps(t *testing.T) {
	longest := map[Unit]time.Duration{Hour: time.Hour, Day: 49 * time.Hour, Week: 8 * 24 * time.Hour, Month: 32 * 24 * time.Hour}
	steps := map[Unit]int{Hour: 20_000, Day: 20_000, Week: 5000, Month: 1300}
	for _, name := range []string{
		"America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata", "America/Sao_Paulo", "America/St_Johns", "Pacific/Apia",
		"Africa/Casablanca", "Africa/Cairo", "Antarctica/Troll", "Asia/Manila", "Europe/Dublin", "UTC",
	} {
		zone := location(t, name)
		for unit := Hour; unit <= Month; unit++ {
			from, n := []string{"1912-06-01 00:00:00 +0000", "2036-01-01 00:00:00 +0000"}, steps[unit]
			if unit == Hour {
				from[0] = "2009-01-01 00:00:00 +0000"
			}
			if testing.Short() {
				n /= 10
			}
			for _, start := range from {
				walk(t, Calendar{unit, zone}, millis(t, zone, start), n, longest[unit])
			}
			if unit == Hour { // the last day of a leap year
				walk(t, Calendar{unit, zone}, millis(t, zone, "2040-12-29 00:00:00 +0000"), 100, time.Hour)
			}
		}
	}
}

func walk(t *testing.T, c Calendar, from pipeline.Time, n int, longest time.Duration) {
	t.Helper()
	w := c.Assign(from)
	for range n {
		next := c.Assign(w.End)
		if d := time.Duration(next.End-next.Start) * time.Millisecond; next.Start != w.End || d <= 0 || d > longest {
			t.Fatalf("%v, unit %d: %s follows %s", c.Zone, c.Unit, show(next, c.Zone), show(w, c.Zone))
		}
		if c.At(next.Start) != next || c.Assign(next.End-1) != next || c.Assign(next.Start+(next.End-next.Start)/2) != next {
			t.Fatalf("%v, unit %d: %s is not one window", c.Zone, c.Unit, show(next, c.Zone))
		}
		w = next
	}
}

// TestDaysAreWhatClocksShow compares days with a naive look at the clock, minute by minute, for a
// year of zones whose clocks change otherwise than by an hour or not at all.
func TestDaysAreWhatClocksShow(t *testing.T) {
	for _, name := range []string{"America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata", "America/Sao_Paulo"} {
		zone := location(t, name)
		c := Calendar{Day, zone}
		w := c.Assign(millis(t, zone, "2018-01-01 12:00:00 +0000"))
		for range 366 {
			naive := byLabel(w.Start, zone, "2006-01-02")
			if w != naive {
				t.Fatalf("%s: got %s, want %s", name, show(w, zone), show(naive, zone))
			}
			w = c.Assign(w.End)
		}
	}
}
