package schemas

// Spans of time, in milliseconds.
const (
	Second = Millis(1000)
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)
