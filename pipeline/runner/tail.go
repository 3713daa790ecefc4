package runner

import (
	"context"
	"fmt"
	"maps"

	"github.com/attune-health/attune/pipeline"
)

// tail reads partitions from their start to the ends that they have at the beginning, committed or
// not: it waits until what is open there is decided. The position after the last record is not what
// counts, since markers and aborted records lie between.
type tail struct {
	cluster      pipeline.Cluster
	fetch        pipeline.FetcherConfig
	record       func(tp pipeline.TopicPartition, r *pipeline.Record) error
	progress     func(tp pipeline.TopicPartition, done, total int64)               // may be nil
	begin        func(tp pipeline.TopicPartition, start, end int64) (int64, error) // where to begin; nil: at the start
	starts, ends map[pipeline.TopicPartition]int64
	left         map[pipeline.TopicPartition]int64
	next         map[pipeline.TopicPartition]int64 // where reading has come to
}

func (t *tail) read(ctx context.Context, tps []pipeline.TopicPartition) error {
	if len(tps) == 0 {
		return nil
	}
	if err := t.look(ctx, tps); err != nil {
		return err
	}
	return t.run(ctx)
}

// span is a part of a partition: from an offset up to, without, another.
type span struct{ from, to int64 }

// readSpans reads parts of partitions that are known to be there.
func (t *tail) readSpans(ctx context.Context, spans map[pipeline.TopicPartition]span) error {
	t.starts, t.ends = make(map[pipeline.TopicPartition]int64), make(map[pipeline.TopicPartition]int64)
	t.left, t.next = make(map[pipeline.TopicPartition]int64), make(map[pipeline.TopicPartition]int64)
	for tp, s := range spans {
		t.starts[tp], t.ends[tp], t.left[tp], t.next[tp] = s.from, s.to, s.from, s.from
	}
	return t.run(ctx)
}

func (t *tail) run(ctx context.Context) error {
	if len(t.left) == 0 {
		return nil
	}
	f := t.cluster.NewFetcher(t.fetch)
	defer f.Close()
	f.Assign(maps.Clone(t.left))
	var r pipeline.Record
	for len(t.left) > 0 {
		chunks, err := f.Poll(ctx)
		if err != nil {
			return fmt.Errorf("read %d partitions to their end: %w", len(t.left), err)
		}
		for i, c := range chunks {
			if err := t.chunk(c, &r); err != nil {
				release(chunks[i:])
				return err
			}
			c.Release()
		}
	}
	return nil
}

// look finds the ends, and after them the starts: what is deleted meanwhile is not waited for.
func (t *tail) look(ctx context.Context, tps []pipeline.TopicPartition) (err error) {
	if t.ends, err = t.cluster.EndOffsets(ctx, tps); err != nil {
		return fmt.Errorf("end offsets: %w", err)
	}
	if t.starts, err = t.cluster.StartOffsets(ctx, tps); err != nil {
		return fmt.Errorf("start offsets: %w", err)
	}
	t.left, t.next = make(map[pipeline.TopicPartition]int64), make(map[pipeline.TopicPartition]int64)
	for _, tp := range tps {
		if t.begin != nil {
			if t.starts[tp], err = t.begin(tp, t.starts[tp], t.ends[tp]); err != nil {
				return err
			}
		}
		t.next[tp] = t.starts[tp]
		if t.starts[tp] < t.ends[tp] {
			t.left[tp] = t.starts[tp]
		}
	}
	return nil
}

func (t *tail) chunk(c pipeline.Chunk, r *pipeline.Record) error {
	info := c.Info()
	tp := info.TopicPartition
	for c.Next(r) {
		if err := t.record(tp, r); err != nil {
			return err
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	t.next[tp] = info.NextOffset
	if info.NextOffset >= t.ends[tp] {
		delete(t.left, tp)
	}
	if t.progress != nil {
		t.progress(tp, min(info.NextOffset, t.ends[tp])-t.starts[tp], t.ends[tp]-t.starts[tp])
	}
	return nil
}
