package window

import (
	"errors"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// Unit is what a calendar is divided into.
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

// Calendar windows are the hours, days, weeks or months of a time zone. A day begins at the first
// moment of its date, which is not midnight where clocks go forward then, and lasts 23 to 25 hours,
// or whatever the zone's history has. An hour ends where the zone's offset changes, so that it never
// lasts longer than an hour: where clocks go back by one, the hour that comes twice is two windows.
//
// The zone's rules are those of the machine, or of package time/tzdata where the program has that.
type Calendar struct {
	Unit Unit
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

// Assign is the window that t is in.
func (c Calendar) Assign(t pipeline.Time) Window {
	local := time.UnixMilli(int64(t)).In(c.Zone)
	if c.Unit == Hour {
		return c.hour(local)
	}
	first := c.dateOf(local)
	win := Window{c.begin(first), c.begin(c.next(first))}
	if t >= win.End { // clocks went back over midnight: the date is over for good
		first = c.next(first)
		win = Window{win.End, c.begin(c.next(first))}
	}
	return win
}

// At is the window that begins at start.
func (c Calendar) At(start pipeline.Time) Window { return c.Assign(start) }

// dateOf is the first date of the day, week or month that local is in, as midnight in UTC.
func (c Calendar) dateOf(local time.Time) time.Time {
	y, m, d := local.Date()
	switch c.Unit {
	case Week:
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

// begin is the first moment at which local clocks show date, or later. It walks through the spans of
// one offset from before any zone has that date.
func (c Calendar) begin(date time.Time) pipeline.Time {
	for t := date.Add(-26 * time.Hour).In(c.Zone); ; {
		_, offset := t.Zone()
		at := date.Add(-time.Duration(offset) * time.Second)
		if at.Before(t) {
			at = t
		}
		_, end := t.ZoneBounds()
		if !end.After(t) || at.Before(end) {
			return pipeline.Time(at.UnixMilli())
		}
		t = end
	}
}

// hour is the hour of local, cut where its offset begins or ends.
func (c Calendar) hour(local time.Time) Window {
	_, offset := local.Zone()
	shift := pipeline.Time(offset) * 1000
	const size = 3600_000
	start := pipeline.Time(floor(pipeline.Time(local.UnixMilli())+shift, size))*size - shift
	win := Window{start, start + size}
	for at := local; ; {
		begins, _ := at.ZoneBounds()
		if begins.IsZero() || begins.After(at) || pipeline.Time(begins.UnixMilli()) <= win.Start {
			break
		}
		at = begins.Add(-time.Second)
		if _, o := at.Zone(); o != offset {
			win.Start = pipeline.Time(begins.UnixMilli())
		}
	}
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
