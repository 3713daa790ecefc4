package aggregate

import (
	"github.com/attune-health/attune/schemas"
)

// Window is one windowed aggregate, for those who must know when it closes. Times are in
// milliseconds.
type Window struct {
	// Name is as in Aggregate.aggregate and in late records.
	Name string
	// Size is the length of a window.
	Size schemas.Millis
	// Lateness is the allowed one: a window closes that long after its end.
	Lateness schemas.Millis
}

// Windows lists the windowed aggregates of a configuration, with its defaults filled in.
func (c Config) Windows() []Window {
	c.SetDefaults()
	return []Window{
		{aggregateContacts, c.ContactsSize, c.ContactsLateness},
		{aggregateTouchpoints, c.TouchpointsSize, c.TouchpointsLateness},
	}
}
