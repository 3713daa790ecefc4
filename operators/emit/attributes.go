package emit

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Attributes writes the CloudEvents headers of one kind of record, by which consumers that do not
// know our schemas tell records apart and route them.
type Attributes struct {
	// Id is a buffer for callers that put the id together from parts.
	Id []byte
	// events has what is the same for every record of the kind.
	events *schemas.EventHeaders
	// heads and headers are used again for each record, so that no record allocates.
	heads   []schemas.Header
	headers []pipeline.Header
}

// AttributesOf makes the writer for a record type that the role emits: its source is /attune/role.
func AttributesOf(s *pipeline.Setup, record string) Attributes {
	return Attributes{events: schemas.NewEventHeaders("/attune/"+s.Task().Role, record)}
}

// Of returns the headers of one record. They hold until the next call. The id must be the same after a
// replay: consumers tell copies by it.
func (a *Attributes) Of(id string, at schemas.Millis) []pipeline.Header {
	a.heads = a.events.Append(a.heads[:0], id, at)
	a.headers = a.headers[:0]
	for _, h := range a.heads {
		a.headers = append(a.headers, pipeline.Header(h))
	}
	return a.headers
}
