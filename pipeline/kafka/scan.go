package kafka

import (
	"context"

	"github.com/attune-health/attune/pipeline"
)

// Span is a part of a partition: from one offset up to another, which is not included.
type Span struct{ From, To int64 }

// Spans returns what the topics hold for a read-committed reader now.
func (c *Cluster) Spans(ctx context.Context, topics ...string) (map[pipeline.TopicPartition]Span, error) {
	var tps []pipeline.TopicPartition
	for _, t := range topics {
		n, err := c.PartitionCount(ctx, t)
		if err != nil {
			return nil, err
		}
		for p := range n {
			tps = append(tps, pipeline.TopicPartition{Topic: t, Partition: p})
		}
	}
	start, err := c.StartOffsets(ctx, tps)
	if err != nil {
		return nil, err
	}
	stable, err := c.StableOffsets(ctx, tps)
	if err != nil {
		return nil, err
	}
	out := make(map[pipeline.TopicPartition]Span, len(tps))
	for _, tp := range tps {
		out[tp] = Span{start[tp], stable[tp]}
	}
	return out, nil
}

// Scan calls visit for the committed records of the spans, in order within a partition, and returns
// when all have been read. It waits for a span that reaches beyond the last stable offset. The
// record is valid until visit returns; an error of visit ends the scan.
func (c *Cluster) Scan(ctx context.Context, spans map[pipeline.TopicPartition]Span, visit func(r *pipeline.Record) error) error {
	at := map[pipeline.TopicPartition]int64{}
	for tp, s := range spans {
		if s.From < s.To {
			at[tp] = s.From
		}
	}
	if len(at) == 0 {
		return nil
	}
	f := newFetcher(c, pipeline.FetcherConfig{})
	defer f.Close() // waits for its requests, has no error
	f.Assign(at)
	for len(at) > 0 {
		chunks, err := f.Poll(ctx)
		if err != nil {
			return err
		}
		for _, ch := range chunks {
			tp := ch.Info().TopicPartition
			if err == nil {
				err = scanChunk(ch, spans[tp].To, visit)
			}
			if at[tp] = ch.Info().NextOffset; at[tp] >= spans[tp].To {
				delete(at, tp)
			}
			ch.Release()
		}
		if err != nil {
			return err
		}
		f.Assign(at)
	}
	return nil
}

func scanChunk(ch pipeline.Chunk, to int64, visit func(r *pipeline.Record) error) error {
	var r pipeline.Record
	for ch.Next(&r) {
		if r.Offset >= to {
			return nil
		}
		if err := visit(&r); err != nil {
			return err
		}
	}
	return ch.Err()
}
