package pipeline

import "time"

// TraceHeader is the record header that ties a record to what caused it: W3C trace context, opaque
// to the engine.
const TraceHeader = "traceparent"

// beginTrace asks what trace the record's outputs belong to.
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

// reportFreshness tells how far behind the broker's clock a task's source is. Without a record since
// the task began nothing is known.
func (w *worker) reportFreshness(t *workerTask, lag int64, now time.Time) {
	stamped := t.task.stamped
	switch {
	case lag == 0:
		w.run.cfg.Events.freshness(t.id.Source, 0)
	case stamped > 0:
		w.run.cfg.Events.freshness(t.id.Source, max(0, now.Sub(time.UnixMilli(stamped))))
	}
}
