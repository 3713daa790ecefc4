package window

import "github.com/attune-health/attune/pipeline"

// Window is a span of event time: from Start, until before End.
type Window struct{ Start, End pipeline.Time }

// Assigner places event times in windows.
type Assigner interface {
	// Assign is the window that t belongs to.
	Assign(t pipeline.Time) Window
	// At is the window that begins at start, as Assign returned it.
	At(start pipeline.Time) Window
}

// Tumbling windows have one size and no gaps. They begin at multiples of Size from Offset on.
type Tumbling struct {
	Size   pipeline.Time // milliseconds, above 0
	Offset pipeline.Time
}

// Assign is the window that t belongs to, also before 1970.
func (w Tumbling) Assign(t pipeline.Time) Window {
	into := (t - w.Offset) % w.Size
	if into < 0 {
		into += w.Size
	}
	return w.At(t - into)
}

// At is the window that begins at start.
func (w Tumbling) At(start pipeline.Time) Window { return Window{start, start + w.Size} }
