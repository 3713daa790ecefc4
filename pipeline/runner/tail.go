package runner

import (
	"context"
	"fmt"
	"maps"

	"github.com/attune-health/attune/pipeline"
)

// tail reads partitions from their start to the ends that they have at the beginning, committed or not.
// Up to those ends lies everything that belongs to any committed offset that was looked up before; a
// fetcher reads committed records only, so tail waits there until each open transaction has been
// decided. It counts the positions that a fetcher has passed, and not those of records, since markers
// and aborted records lie between: the last record of a partition may well come before its end.
//
// A tail is used once, by one goroutine. After an error next says how far each partition was read.
type tail struct {
	// cluster and fetch make the fetcher, which lives as long as a call of read.
	cluster pipeline.Cluster
	fetch   pipeline.FetcherConfig
	// record gets each record; it may keep nothing of it. Its error ends the read.
	record func(tp pipeline.TopicPartition, r *pipeline.Record) error
	// unreadable is told of a batch that cannot be read. Its partition is read no further, unless fetch says to resume:
	// record gets the batch then. Where it is nil, the read fails.
	unreadable func(l pipeline.Loss)
	// progress is told after each chunk how many offsets of a partition have been passed, and of how
	// many. It may be nil.
	progress func(tp pipeline.TopicPartition, done, total int64)
	// begin is told where a partition starts and ends, and returns where to read from; nil reads from
	// the start. It is asked after the ends are known, so that a copy can be judged by them.
	begin func(tp pipeline.TopicPartition, start, end int64) (int64, error)
	// starts and ends bound what is read of each partition: from, up to without.
	starts, ends map[pipeline.TopicPartition]int64
	// left are the partitions that are not at their end yet.
	left map[pipeline.TopicPartition]int64
	// next is the offset up to which each partition has been read.
	next map[pipeline.TopicPartition]int64
}

// read reads the partitions to their ends. Its error is a transient one where the cluster does not
// answer, or what record and begin have returned.
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

// readSpans reads parts of partitions that are known to be there. A part that is not there at its end
// would be waited for without end: the caller checks that before.
func (t *tail) readSpans(ctx context.Context, spans map[pipeline.TopicPartition]span) error {
	t.starts, t.ends = make(map[pipeline.TopicPartition]int64), make(map[pipeline.TopicPartition]int64)
	t.left, t.next = make(map[pipeline.TopicPartition]int64), make(map[pipeline.TopicPartition]int64)
	for tp, s := range spans {
		t.starts[tp], t.ends[tp], t.left[tp], t.next[tp] = s.from, s.to, s.from, s.from
	}
	return t.run(ctx)
}

// run fetches until nothing is left. Chunks go back to the fetcher in any case: their buffers bound
// what a fetcher holds, and one that keeps them would stall.
func (t *tail) run(ctx context.Context) error {
	if len(t.left) == 0 {
		return nil
	}
	if t.unreadable != nil {
		t.fetch.Lost = t.lost
	}
	f := t.cluster.NewFetcher(t.fetch)
	defer f.Close()
	f.Assign(maps.Clone(t.left))
	var r pipeline.Record
	for len(t.left) > 0 {
		// Poll returns at least one chunk or an error; there is no time after which it gives up.
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

// lost gives a partition up where a batch cannot be read and nobody goes on behind it. The fetcher calls it while its
// chunk is read.
func (t *tail) lost(l pipeline.Loss) bool {
	if !l.Unreadable {
		return false
	}
	if !l.Resumed {
		delete(t.left, l.TopicPartition)
	}
	t.unreadable(l)
	return true
}

// look finds the ends, and after them the starts: what is deleted meanwhile is not waited for. The
// other way round, retention could move a start beyond the end that was seen.
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
		// A partition that holds nothing new is at its end already; a fetcher would wait for it for ever.
		if t.starts[tp] < t.ends[tp] {
			t.left[tp] = t.starts[tp]
		}
	}
	return nil
}

// chunk takes in what one fetch brought for one partition. A response may go beyond the end that was
// looked up; records there are taken as well, since a changelog that is read a little further is no
// less right.
func (t *tail) chunk(c pipeline.Chunk, r *pipeline.Record) error {
	tp := c.Info().TopicPartition
	for c.Next(r) {
		if err := t.record(tp, r); err != nil {
			return err
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	info := c.Info()
	t.next[tp] = info.NextOffset
	// The end may lie behind the last record: what a chunk passed over counts as read.
	if info.NextOffset >= t.ends[tp] {
		delete(t.left, tp)
	}
	if t.progress != nil {
		t.progress(tp, min(info.NextOffset, t.ends[tp])-t.starts[tp], t.ends[tp]-t.starts[tp])
	}
	return nil
}
