package aggregate

import (
	"github.com/attune-health/attune/schemas"
)

// Window is one windowed aggregate, for those who must know when it closes. Times are in
// milliseconds.
type Window struct {
	Name     string // as in Aggregate.aggregate and in late records
	Size     schemas.Millis
	Lateness schemas.Millis // allowed
}

// Windows lists the windowed aggregates of a configuration.
func (c Config) Windows() []Window {
	c.SetDefaults()
	return []Window{
		{aggregateContacts, c.ContactsSize, c.ContactsLateness},
		{aggregateTouchpoints, c.TouchpointsSize, c.TouchpointsLateness},
	}
}
