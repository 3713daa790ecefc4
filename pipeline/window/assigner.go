package window

import (
	"errors"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// Window is a span of event time: from Start, until before End.
type Window struct{ Start, End pipeline.Time }

// Assigner says which windows there are: Tumbling, Calendar, Sliding, Session, or a Partitioning of
// the caller's.
type Assigner interface {
	// Validate returns every problem.
	Validate() error
}

// Partitioning windows have neither gaps nor overlaps: each event time is in one of them. What it
// returns depends on its argument alone.
type Partitioning interface {
	Assigner
	// Assign is the window that t belongs to.
	Assign(t pipeline.Time) Window
	// At is the window that begins at start, as Assign returned it.
	At(start pipeline.Time) Window
}

// Tumbling windows have one size. They begin at multiples of Size from Offset on.
type Tumbling struct {
	// Size is in milliseconds, above 0.
	Size pipeline.Time
	// Offset moves the beginnings, as for days that begin at six in the morning.
	Offset pipeline.Time
}

// Validate returns every problem.
func (w Tumbling) Validate() error {
	if w.Size <= 0 {
		return fmt.Errorf("size: %d ms", w.Size)
	}
	return nil
}

// Assign is the window that t belongs to, also before 1970.
func (w Tumbling) Assign(t pipeline.Time) Window {
	return w.At(w.Offset + pipeline.Time(floor(t-w.Offset, w.Size))*w.Size)
}

// At is the window that begins at start.
func (w Tumbling) At(start pipeline.Time) Window { return Window{start, start + w.Size} }

// Session windows are made by their records: one begins with a record and lasts until Gap after its
// last one. A record within Gap of two joins them to one.
//
//	──x─x──x────────x──x───────   two sessions
//	──x─x──x────x───x──x───────   one
type Session struct {
	// Gap is the time without records that ends a session, in milliseconds, above 0.
	Gap pipeline.Time
}

// Validate returns every problem.
func (w Session) Validate() error {
	if w.Gap <= 0 {
		return fmt.Errorf("gap: %d ms", w.Gap)
	}
	return nil
}

// maxOverlap bounds how many windows a record is in: a late one is emitted in that many, and an output
// a record would stop the task for seconds.
const maxOverlap = 100_000

// Sliding windows have one size, and one begins every Slide from Offset on, so that they overlap: a
// record is in Size/Slide of them. Where Size is no multiple of Slide, some are in one more.
type Sliding struct {
	// Size is in milliseconds, above 0.
	Size pipeline.Time
	// Slide is above 0 and at most Size.
	Slide  pipeline.Time
	Offset pipeline.Time
}

// Validate returns every problem.
func (w Sliding) Validate() error {
	var errs []error
	if w.Size <= 0 || w.Size > maxTime || w.Slide <= 0 || w.Slide > w.Size || w.Offset > maxTime || w.Offset < -maxTime {
		errs = append(errs, fmt.Errorf("size and slide: %d and %d ms: both above 0, slide at most size", w.Size, w.Slide))
	} else if w.Size/w.Slide > maxOverlap {
		errs = append(errs, fmt.Errorf("size and slide: a record would be in more than %d windows", maxOverlap))
	}
	return errors.Join(errs...)
}

// longest is how long after its newest record a window of the assigner ends, at most. Of a Partitioning
// only one window can be asked for: the one of 1970 stands for all, which is a month of 31 days, but an
// hour short of the longest day where clocks change.
func longest(a Assigner) pipeline.Time {
	switch by := a.(type) {
	case Sliding:
		return by.Size
	case Session:
		return by.Gap
	case Partitioning:
		w := by.Assign(0)
		return w.End - w.Start
	}
	return 0
}

// floor divides and rounds down; d is above 0.
func floor(a, d pipeline.Time) int64 {
	q := a / d
	if a%d < 0 {
		q--
	}
	return int64(q)
}

// bounded keeps a watermark that has not begun away from where subtracting wraps.
func bounded(t pipeline.Time) pipeline.Time { return max(t, -maxTime) }

// maxTime is beyond every event time, and far from the ends of the numbers.
const maxTime = pipeline.Time(1) << 58
