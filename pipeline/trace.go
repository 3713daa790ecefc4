package pipeline

// TraceHeader is the record header that ties a record to what caused it: W3C trace context, opaque
// to the engine.
const TraceHeader = "traceparent"

// beginTrace asks what trace the record's outputs belong to. Until end is called, Emit writes that
// context into each output's header. It is no part of what is hashed or stored: whether a record is
// traced is a matter of sampling, and must make no difference to what is computed.
func (t *Task) beginTrace(r *Record) (end func()) {
	var parent []byte
	for i := range r.Headers {
		if r.Headers[i].Key == TraceHeader {
			parent = r.Headers[i].Value
			break
		}
	}
	t.ctx.trace, end = t.setup.env.Trace(t.id, r.Offset, parent)
	return end
}
