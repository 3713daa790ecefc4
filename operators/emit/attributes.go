package emit

import (
	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// Attributes writes the CloudEvents headers of one kind of record. By these, consumers that do not
// know our schemas tell records apart and route them. Each writer has its own, for one task.
type Attributes struct {
	// Id is a buffer for callers that put their ids together; Attributes itself does not touch it.
	Id []byte
	// events has the constant headers encoded once; heads and headers are reused by every record.
	events  *schemas.EventHeaders
	heads   []schemas.Header
	headers []pipeline.Header
}

// AttributesOf makes the writer for a record type that the role emits. The CloudEvents source is
// /attune/ and the role.
func AttributesOf(s *pipeline.Setup, record string) Attributes {
	return Attributes{events: schemas.NewEventHeaders("/attune/"+s.Task().Role, record)}
}

// Of returns the headers of one record: id and event time differ, the rest is constant. They are
// valid until the next call.
func (a *Attributes) Of(id string, at schemas.Millis) []pipeline.Header {
	a.heads = a.events.Append(a.heads[:0], id, at)
	a.headers = a.headers[:0]
	// The two header types are the same; schemas must not import pipeline.
	for _, h := range a.heads {
		a.headers = append(a.headers, pipeline.Header(h))
	}
	return a.headers
}
