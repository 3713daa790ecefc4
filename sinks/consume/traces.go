package consume

import (
	"bytes"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// traced is a record of a batch that belongs to a trace.
type traced struct {
	partition pipeline.TopicPartition
	offset    int64
	parent    []byte
	at        time.Time
}

// trace notes the record's trace context, if it has one and somebody listens.
func (c *Consumer) trace(b *batch, r *pipeline.Record, now time.Time) {
	if c.cfg.Events.Traced == nil {
		return
	}
	for i := range r.Headers {
		if h := &r.Headers[i]; h.Key == pipeline.TraceHeader {
			b.traced = append(b.traced, traced{pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}, r.Offset, bytes.Clone(h.Value), now})
			return
		}
	}
}

// tellTraces reports the traced records of a batch that was delivered.
func (e *Events) tellTraces(b *batch) {
	if len(b.traced) == 0 {
		return
	}
	now := time.Now()
	for i := range b.traced {
		t := &b.traced[i]
		e.Traced(t.partition, t.offset, t.parent, t.at, now)
	}
}
