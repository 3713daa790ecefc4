package operators

import "github.com/attune-health/attune/schemas"

// Spans of time.
const (
	second = schemas.Millis(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)
