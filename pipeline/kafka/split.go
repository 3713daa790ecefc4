package kafka

import (
	"cmp"
	"fmt"

	"github.com/attune-health/attune/pipeline"
)

// leastLimit is the size below which a topic's batches are not made smaller for good.
const leastLimit = 4 << 10

// shrink makes of a batch that the broker does not take, for its size, two that are sent next. A record that is too
// large by itself is left out where somebody hears of it: the same would be refused at every start, and with it all
// that is committed together.
func (p *producer) shrink(o *outgoing) error {
	b, code := o.batches[o.next], o.tooLarge
	o.tooLarge, o.wire = 0, nil
	if b.count > 1 {
		first, second := p.builder(), p.builder()
		b.divide(first, second)
		o.batches[o.next] = first
		o.batches = append(o.batches[:o.next+1], append([]*builder{second}, o.batches[o.next+1:]...)...)
		p.lower(o.Topic, len(b.buf)/2)
		return nil
	}
	if p.cfg.Refused == nil {
		return fmt.Errorf("%s/%d: a record of %d bytes: %w", o.Topic, o.Partition, len(b.buf), code)
	}
	p.cfg.Refused(o.TopicPartition, len(b.buf))
	o.next++
	return nil
}

// lower bounds the next batches of a topic.
func (p *producer) lower(topic string, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if limit >= leastLimit && limit < cmp.Or(p.limits[topic], limit+1) {
		p.limits[topic] = limit
	}
}

// limit is what a batch of the topic may have at most.
func (p *producer) limit(topic string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(p.cfg.MaxBatchBytes, cmp.Or(p.limits[topic], p.cfg.MaxBatchBytes))
}

// divide copies the first half of b's records to first, and the others to second.
func (b *builder) divide(first, second *builder) {
	c := chunk{batch: batch{last: int64(b.count), firstTime: b.firstTime, count: b.count}, body: b.buf[batchHeader:]}
	var r pipeline.Record
	for i := range b.count {
		if !c.decode(&r) {
			panic(fmt.Sprintf("record %d of %d of a batch of our own cannot be read", i, b.count))
		}
		half := first
		if i >= b.count/2 {
			half = second
		}
		half.add(&pipeline.OutRecord{Timestamp: r.Timestamp, Key: r.Key, Value: r.Value, Headers: r.Headers})
	}
}
