package window

import (
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Unit is what a calendar is divided into. Values are not stored: state has the start of a window only, so
// that a Config that changes its unit must change its name too.
type Unit uint8

// The units. Weeks begin on Monday.
const (
	Hour Unit = iota + 1
	Day
	Week
	Month
)

// Where rules go on beyond a zone's table, from 2038, ZoneBounds gives bounds on the last day of leap
// years that are none, and that lie before the moment asked for: the loops below take a bound only
// where it leads on, and cut only where the offset differs.

// Calendar windows are the hours, days, weeks or months of a time zone. A day begins at the first moment of
// its date, which is not midnight where clocks go forward then, and lasts 23 to 25 hours, or whatever the
// zone's history has. An hour ends where the zone's offset changes, so that it never lasts longer than an
// hour: where clocks go back by one, the hour that comes twice is two windows.
//
// The zone's rules are those of the machine, or of package time/tzdata where the program has that. Two
// processes with different rules would place the same record in different windows, so a fleet should bring
// its own.
type Calendar struct {
	// Unit is the length of a window by the calendar.
	Unit Unit
	// Zone is where the clocks hang. It has no default: UTC by accident would cut every local day in two.
	Zone *time.Location
}

// Validate returns every problem.
func (c Calendar) Validate() error {
	var errs []error
	if c.Unit < Hour || c.Unit > Month {
		errs = append(errs, fmt.Errorf("calendar unit: %d", c.Unit))
	}
	if c.Zone == nil {
		errs = append(errs, errors.New("calendar zone: none"))
	}
	return errors.Join(errs...)
}

// Assign is the window that t is in. It works with dates, not with durations: adding 24 hours to a
// beginning would drift by an hour at each change of clocks.
func (c Calendar) Assign(t pipeline.Time) Window {
	local := time.UnixMilli(int64(t)).In(c.Zone)
	if c.Unit == Hour {
		return c.hour(local)
	}
	first := c.dateOf(local)
	win := Window{c.begin(first), c.begin(c.next(first))}
	// The clocks went back over midnight, so that the old date is shown again. That date is over for good:
	// t belongs to the next one.
	if t >= win.End {
		first = c.next(first)
		win = Window{win.End, c.begin(c.next(first))}
	}
	return win
}

// At is the window that begins at start. A start lies in its own window, so that asking for it suffices.
func (c Calendar) At(start pipeline.Time) Window { return c.Assign(start) }

// dateOf is the first date of the day, week or month that local is in. It is given as midnight in UTC,
// where every date has one: the sums of next are then sums of dates, which no change of clocks disturbs.
func (c Calendar) dateOf(local time.Time) time.Time {
	y, m, d := local.Date()
	switch c.Unit {
	case Week:
		// Go counts days of the week from Sunday; weeks here begin on Monday.
		d -= (int(local.Weekday()) + 6) % 7
	case Month:
		d = 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// next is the first date of the day, week or month after first.
func (c Calendar) next(first time.Time) time.Time {
	switch c.Unit {
	case Week:
		return first.AddDate(0, 0, 7)
	case Month:
		return first.AddDate(0, 1, 0)
	}
	return first.AddDate(0, 0, 1)
}

// begin is the first moment at which local clocks show date, or later. It walks through the spans of one
// offset from before any zone has that date: zones lie within 14 hours of UTC, and 26 leave room for what
// history had. time.Date does not say which of two moments it takes where clocks go back, nor on which side
// it comes out where they skip midnight.
func (c Calendar) begin(date time.Time) pipeline.Time {
	for t := date.Add(-26 * time.Hour).In(c.Zone); ; {
		_, offset := t.Zone()
		// At is when clocks of this offset would show the date. The span may begin later than that: then
		// its beginning is the first moment that is not before the date.
		at := date.Add(-time.Duration(offset) * time.Second)
		if at.Before(t) {
			at = t
		}
		_, end := t.ZoneBounds()
		// A span without an end, or one in which the moment lies, has the answer.
		if !end.After(t) || at.Before(end) {
			return pipeline.Time(at.UnixMilli())
		}
		t = end
	}
}

// hour is the hour of local, cut where its offset begins or ends. Zones whose offset is no whole hour have
// hours that begin at other minutes of UTC, so that the rounding is done in local time.
func (c Calendar) hour(local time.Time) Window {
	_, offset := local.Zone()
	shift := pipeline.Time(offset) * 1000
	const size = 3600_000
	start := pipeline.Time(floor(pipeline.Time(local.UnixMilli())+shift, size))*size - shift
	win := Window{start, start + size}
	// Cut the beginning: go back from span to span as long as one begins inside of the hour.
	for at := local; ; {
		begins, _ := at.ZoneBounds()
		if begins.IsZero() || begins.After(at) || pipeline.Time(begins.UnixMilli()) <= win.Start {
			break
		}
		// A second before the bound is in the span before. Only a different offset is a cut.
		at = begins.Add(-time.Second)
		if _, o := at.Zone(); o != offset {
			win.Start = pipeline.Time(begins.UnixMilli())
		}
	}
	// Cut the end: the same forward.
	for at := local; ; {
		_, ends := at.ZoneBounds()
		if !ends.After(at) || pipeline.Time(ends.UnixMilli()) >= win.End {
			break
		}
		at = ends
		if _, o := at.Zone(); o != offset {
			win.End = pipeline.Time(ends.UnixMilli())
		}
	}
	return win
}
