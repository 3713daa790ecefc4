package schemas

import (
	"strings"
	"time"
)

// Header names: CloudEvents in binary mode, and our own.
const (
	HeaderID          = "ce_id"
	HeaderSource      = "ce_source"
	HeaderType        = "ce_type"
	HeaderSpecVersion = "ce_specversion"
	HeaderTime        = "ce_time"
	HeaderContentType = "content-type"
	HeaderTraceParent = "traceparent"
	HeaderTraceState  = "tracestate"

	// HeaderClock says which clock absurd times are judged by: ClockLog in the records of import and simulate.
	HeaderClock = "attune_clock"
	ClockLog    = "log"

	SpecVersion = "1.0"
	ContentType = "application/avro"
	Namespace   = "health.attune"
)

// Header is one record header. It converts to any struct of the same fields, such as the engine's.
type Header struct {
	Key   string
	Value []byte
}

// EventHeaders writes the CloudEvents headers of one source and record type. It is for one goroutine.
type EventHeaders struct {
	source, kind, version, content []byte
	id, at                         []byte
}

// NewEventHeaders makes the headers for a source, such as /attune/patient, and a record type, such as Touchpoint.
func NewEventHeaders(source, record string) *EventHeaders {
	return &EventHeaders{
		source:  []byte(source),
		kind:    []byte(EventType(record)),
		version: []byte(SpecVersion),
		content: []byte(ContentType),
	}
}

// Append appends the headers of one record. They are valid until the next call.
func (h *EventHeaders) Append(dst []Header, id string, at Millis) []Header {
	h.id = append(h.id[:0], id...)
	h.at = at.Time().AppendFormat(h.at[:0], time.RFC3339Nano)
	return append(dst,
		Header{Key: HeaderID, Value: h.id},
		Header{Key: HeaderSource, Value: h.source},
		Header{Key: HeaderType, Value: h.kind},
		Header{Key: HeaderSpecVersion, Value: h.version},
		Header{Key: HeaderTime, Value: h.at},
		Header{Key: HeaderContentType, Value: h.content},
	)
}

// EventType is the ce_type of a record type: health.attune.Touchpoint and so on.
func EventType(record string) string { return Namespace + "." + record }

// EventID is the event id of a record: ce_source and ce_id, joined by a slash.
func EventID(source, id string) string { return source + "/" + id }

// SplitEventID undoes EventID. Where the id has no slash, source is empty.
func SplitEventID(eventID string) (source, id string) {
	i := strings.LastIndexByte(eventID, '/')
	if i < 0 {
		return "", eventID
	}
	return eventID[:i], eventID[i+1:]
}

// FindHeader returns the value of a header, and whether it is there. H is Header or a struct like it.
func FindHeader[H ~struct {
	Key   string
	Value []byte
}](headers []H, name string) ([]byte, bool) {
	for i := range headers {
		if h := Header(headers[i]); h.Key == name {
			return h.Value, true
		}
	}
	return nil, false
}
