package consume

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
	"github.com/attune-health/attune/schemas"
)

// maxRejected is the largest value that is kept whole. The rejected topic takes larger records than the source
// topics; the difference is for the envelope.
const maxRejected = 1 << 20

// reject notes a record for touchpoints.rejected.
func (c *Consumer) reject(b *batch, r *pipeline.Record, reason, detail string) {
	c.cfg.Events.rejected(pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}, r.Offset, reason)
	if slices.Contains(c.cfg.RejectedElsewhere, r.Topic) {
		return
	}
	b.rejects = append(b.rejects, c.cfg.rejected(r, reason, detail))
}

// refuse fetches a record of a batch again, and notes it for touchpoints.rejected.
func (c *Consumer) refuse(ctx context.Context, b *batch, tp pipeline.TopicPartition, offset int64, reason, detail string) error {
	c.cfg.Events.rejected(tp, offset, reason)
	return c.retry(ctx, func() error {
		return c.fetchOne(ctx, tp, offset, func(r *pipeline.Record) { b.rejects = append(b.rejects, c.cfg.rejected(r, reason, detail)) })
	})
}

func (c *Consumer) fetchOne(ctx context.Context, tp pipeline.TopicPartition, offset int64, use func(*pipeline.Record)) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.FetchTimeout)
	defer cancel()
	fetcher := c.cluster.NewFetcher(pipeline.FetcherConfig{})
	defer func() { err = errors.Join(err, fetcher.Close()) }()
	fetcher.Assign(map[pipeline.TopicPartition]int64{tp: offset})
	for {
		chunks, err := fetcher.Poll(ctx)
		if err != nil {
			return fmt.Errorf("fetch %s/%d again: %w", tp.Topic, tp.Partition, err)
		}
		found := false
		for _, chunk := range chunks {
			var r pipeline.Record
			for !found && chunk.Next(&r) {
				if found = r.Offset == offset; found {
					use(&r)
				}
			}
			chunk.Release()
		}
		if found {
			return nil
		}
	}
}

// rejected is the record that goes to touchpoints.rejected, with memory of its own. Its partition is chosen when it
// is sent.
func (c *Config) rejected(r *pipeline.Record, reason, detail string) pipeline.OutRecord {
	now := time.Now().UnixMilli()
	v := schemas.RejectedRecord{
		Reason: reason, Detail: detail, Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
		Timestamp: schemas.Millis(r.Timestamp), RejectedAt: schemas.Millis(now), Watermark: -1, Size: int64(len(r.Value)),
	}
	if r.Key != nil {
		v.Key = schemas.Some(schemas.ProtectedBytes(r.Key))
	}
	v.Value = schemas.Some(schemas.ProtectedBytes(r.Value))
	if len(r.Value) > maxRejected {
		sum := sha256.Sum256(r.Value)
		v.Value.V = v.Value.V[:1<<10]
		v.Sha256 = schemas.Some(sum[:])
	}
	for _, h := range r.Headers {
		v.Headers = append(v.Headers, schemas.RecordHeader{Key: h.Key, Value: h.Value})
	}
	id := fmt.Sprintf("%s/%d/%d/%s", r.Topic, r.Partition, r.Offset, reason)
	var attributes []pipeline.Header
	for _, h := range schemas.NewEventHeaders(c.Source, "RejectedRecord").Append(nil, id, schemas.Millis(now)) {
		attributes = append(attributes, pipeline.Header(h))
	}
	return pipeline.OutRecord{
		Topic: c.Rejected, Headers: attributes, Timestamp: now, Key: append([]byte(nil), r.Key...),
		Value: schemas.AppendFramed(nil, c.RejectedSchema, &v),
	}
}

// rejecter sends rejected records. One may be sent twice: readers know it by the topic, partition and offset in it.
type rejecter struct {
	cluster    pipeline.Cluster
	topic      string
	producer   pipeline.Producer
	partitions int32
}

func (p *rejecter) send(ctx context.Context, g pipeline.Generation, records []pipeline.OutRecord) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		r.Partition = int32(i) % p.partitions
		if len(r.Key) > 0 {
			r.Partition = pipeline.Partition(r.Key, p.partitions)
		}
		if err := p.producer.Append(r); err != nil {
			return errors.Join(err, p.close())
		}
	}
	if err := p.producer.Seal(nil).Commit(ctx, g); err != nil {
		return errors.Join(fmt.Errorf("send rejected records: %w", err), p.close())
	}
	return nil
}

func (p *rejecter) ready(ctx context.Context) error {
	if p.producer != nil {
		return nil
	}
	n, err := p.cluster.PartitionCount(ctx, p.topic)
	if err != nil {
		return fmt.Errorf("look up topic %s: %w", p.topic, err)
	}
	if n < 1 {
		return fmt.Errorf("topic %s is missing: run attune topics create", p.topic)
	}
	producer := p.cluster.NewProducer(pipeline.ProducerConfig{})
	if err := producer.Init(ctx); err != nil {
		return errors.Join(fmt.Errorf("make a producer: %w", err), producer.Close())
	}
	p.producer, p.partitions = producer, n
	return nil
}

// close gives the producer up; the next send makes a new one.
func (p *rejecter) close() error {
	if p.producer == nil {
		return nil
	}
	err := p.producer.Close()
	p.producer = nil
	return err
}
