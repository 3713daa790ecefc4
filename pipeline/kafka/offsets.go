package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/pipeline"
)

const (
	timestampEnd   = -1
	timestampStart = -2
	// The newest record's: Kafka 3.0 and newer.
	timestampNewest = -3

	readUncommitted = 0
	readCommitted   = 1

	// stableLimit bounds the wait for a dead owner's pending offsets: its transaction's timeout plus
	// the broker's clean-up interval, both 10 s by default, with room for sites that have raised them.
	stableLimit = 2 * time.Minute
)

// PartitionCount returns the number of the topic's partitions.
func (c *Cluster) PartitionCount(ctx context.Context, topic string) (int32, error) {
	var n int32
	c.forgetTopic(topic)
	err := retry(ctx, c.cfg.RetryTimeout, func() error {
		t, err := c.topic(ctx, topic)
		if err != nil {
			return err
		}
		n = int32(len(t.leaders))
		return nil
	})
	return n, wrap("partitions of "+topic, err)
}

// Committed returns the group's committed offsets. It waits until open transactions that hold
// offsets of the partitions are decided. Partitions without a commit are left out.
func (c *Cluster) Committed(ctx context.Context, group string, partitions []pipeline.TopicPartition) (map[pipeline.TopicPartition]pipeline.OffsetCommit, error) {
	return c.offsetFetch(ctx, group, partitions, true)
}

func (c *Cluster) offsetFetch(ctx context.Context, group string, partitions []pipeline.TopicPartition, stable bool) (map[pipeline.TopicPartition]pipeline.OffsetCommit, error) {
	if len(partitions) == 0 {
		return map[pipeline.TopicPartition]pipeline.OffsetCommit{}, nil
	}
	w := writer{flex: true, names: c.names}
	w.string(group)
	writeByTopic(&w, partitions, itself, func(tp pipeline.TopicPartition) { w.int32(tp.Partition) })
	w.bool(stable)
	w.tags()
	var out map[pipeline.TopicPartition]pipeline.OffsetCommit
	rq := call{key: apiOffsetFetch, version: 7, flex: true, body: w.b}
	err := c.coordinated(ctx, stableLimit, coordinator{kindGroup, group}, rq, func(r *reader) (err error) {
		out, err = readOffsetFetch(r)
		return err
	})
	var code Code
	if errors.As(err, &code) && code == codeGroupIDNotFound {
		return map[pipeline.TopicPartition]pipeline.OffsetCommit{}, nil // nobody of the group has ever committed
	}
	return out, wrap("committed offsets of "+group, err)
}

func readOffsetFetch(r *reader) (map[pipeline.TopicPartition]pipeline.OffsetCommit, error) {
	out := map[pipeline.TopicPartition]pipeline.OffsetCommit{}
	var worst error
	r.int32() // throttle
	for n := r.array(3); n > 0; n-- {
		topic := r.topic()
		for m := r.array(20); m > 0; m-- {
			o := pipeline.OffsetCommit{TopicPartition: pipeline.TopicPartition{Topic: topic, Partition: r.int32()}, Offset: r.int64()}
			r.int32() // leader epoch
			o.Metadata = r.string()
			worst = worse(worst, codeErr(r.int16()))
			r.tags()
			if o.Offset >= 0 {
				out[o.TopicPartition] = o
			}
		}
		r.tags()
	}
	worst = worse(worst, codeErr(r.int16()))
	return out, worst
}

// EndOffsets returns the offsets that the partitions' next records will have, whether the records
// before are committed or not.
func (c *Cluster) EndOffsets(ctx context.Context, partitions []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.offsetsAt(ctx, partitions, timestampEnd, readUncommitted)
}

// StartOffsets returns the first offsets that the partitions still have.
func (c *Cluster) StartOffsets(ctx context.Context, partitions []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.offsetsAt(ctx, partitions, timestampStart, readUncommitted)
}

// StableOffsets returns the partitions' last stable offsets: the ends for read-committed readers.
func (c *Cluster) StableOffsets(ctx context.Context, partitions []pipeline.TopicPartition) (map[pipeline.TopicPartition]int64, error) {
	return c.offsetsAt(ctx, partitions, timestampEnd, readCommitted)
}

// OffsetsSince returns the offsets of the partitions' first records that are as young as a time; -1 where none is.
func (c *Cluster) OffsetsSince(ctx context.Context, partitions []pipeline.TopicPartition, at time.Time) (map[pipeline.TopicPartition]int64, error) {
	return c.offsetsAt(ctx, partitions, at.UnixMilli(), readUncommitted)
}

// CommitPositions commits for a group that has no members. It fails where there is one.
func (c *Cluster) CommitPositions(ctx context.Context, group string, offsets []pipeline.OffsetCommit) error {
	return c.commitOffsets(ctx, group, -1, "", offsets)
}

// listed is the record that a broker names for a time.
type listed struct {
	offset int64
	// In milliseconds, -1 where it is not told.
	time int64
}

func (c *Cluster) offsetsAt(ctx context.Context, partitions []pipeline.TopicPartition, timestamp int64, isolation int8) (map[pipeline.TopicPartition]int64, error) {
	records, err := c.listOffsets(ctx, partitions, timestamp, isolation)
	if err != nil {
		return nil, err
	}
	out := make(map[pipeline.TopicPartition]int64, len(records))
	for tp, l := range records {
		out[tp] = l.offset
	}
	return out, nil
}

// listOffsets asks each leader for its partitions; what failed is asked again with fresh leaders.
func (c *Cluster) listOffsets(ctx context.Context, partitions []pipeline.TopicPartition, timestamp int64, isolation int8) (map[pipeline.TopicPartition]listed, error) {
	out := make(map[pipeline.TopicPartition]listed, len(partitions))
	err := retry(ctx, c.cfg.RetryTimeout, func() error {
		leaders, worst := map[int32][]pipeline.TopicPartition{}, error(nil)
		for _, tp := range partitions {
			if _, done := out[tp]; done {
				continue
			}
			node, err := c.leader(ctx, tp.Topic, tp.Partition)
			if err != nil {
				worst = worse(worst, err)
				continue
			}
			leaders[node] = append(leaders[node], tp)
		}
		for node, tps := range leaders {
			if err := c.listOffsetsAt(ctx, node, tps, timestamp, isolation, out); err != nil {
				worst = worse(worst, err)
				for _, tp := range tps {
					c.forgetTopic(tp.Topic)
				}
			}
		}
		return worst
	})
	if err != nil {
		return nil, wrap("list offsets", err)
	}
	return out, nil
}

func (c *Cluster) listOffsetsAt(ctx context.Context, node int32, tps []pipeline.TopicPartition, timestamp int64, isolation int8, out map[pipeline.TopicPartition]listed) error {
	rq := &call{key: apiListOffsets, version: 5, node: node}
	if timestamp == timestampNewest {
		rq.version, rq.flex = 7, true
	}
	w := writer{flex: rq.flex, names: c.names}
	w.int32(-1) // replica
	w.int8(isolation)
	writeByTopic(&w, tps, itself, func(tp pipeline.TopicPartition) {
		w.int32(tp.Partition)
		w.int32(-1) // leader epoch
		w.int64(timestamp)
		w.tags()
	})
	w.tags()
	rq.body = w.b
	if err := c.roundTrip(ctx, rq, 0); err != nil {
		return err
	}
	r := rq.reader()
	return readListOffsets(&r, out)
}

func readListOffsets(r *reader, out map[pipeline.TopicPartition]listed) error {
	var worst error
	r.int32() // throttle
	for n := r.array(6); n > 0; n-- {
		topic := r.topic()
		for m := r.array(26); m > 0; m-- {
			tp := pipeline.TopicPartition{Topic: topic, Partition: r.int32()}
			code := r.int16()
			found := listed{time: r.int64(), offset: r.int64()}
			r.int32() // leader epoch
			r.tags()
			if code != 0 {
				worst = worse(worst, fmt.Errorf("%s/%d: %w", tp.Topic, tp.Partition, Code(code)))
			} else if !r.bad {
				out[tp] = found
			}
		}
		r.tags()
	}
	return worse(worst, r.err())
}

// commitOffsets commits outside a transaction, fenced by the generation where member is not empty.
func (c *Cluster) commitOffsets(ctx context.Context, group string, generation int32, member string, offsets []pipeline.OffsetCommit) error {
	if len(offsets) == 0 {
		return nil
	}
	w := writer{names: c.names}
	w.string(group)
	w.int32(generation)
	w.string(member)
	w.null() // group instance
	writeOffsets(&w, offsets)
	rq := call{key: apiOffsetCommit, version: 7, body: w.b}
	err := c.coordinated(ctx, c.cfg.RetryTimeout, coordinator{kindGroup, group}, rq, readOffsetsCommitted)
	return wrap("commit offsets of "+group, err)
}

// writeOffsets writes the topics of OffsetCommit and TxnOffsetCommit requests.
func writeOffsets(w *writer, offsets []pipeline.OffsetCommit) {
	at := func(o pipeline.OffsetCommit) pipeline.TopicPartition { return o.TopicPartition }
	writeByTopic(w, offsets, at, func(o pipeline.OffsetCommit) {
		w.int32(o.Partition)
		w.int64(o.Offset)
		w.int32(-1) // leader epoch
		w.string(o.Metadata)
		w.tags()
	})
}

// readOffsetsCommitted reads the answer of OffsetCommit and TxnOffsetCommit: a code per partition.
func readOffsetsCommitted(r *reader) error {
	var worst error
	r.int32() // throttle
	for n := r.array(3); n > 0; n-- {
		r.string()
		for m := r.array(6); m > 0; m-- {
			r.int32()
			worst = worse(worst, codeErr(r.int16()))
			r.tags()
		}
		r.tags()
	}
	return worse(worst, r.err())
}

func itself(tp pipeline.TopicPartition) pipeline.TopicPartition { return tp }

// writeByTopic writes items as requests have them: an array of topics, each with an array of its partitions, of which one
// writes an element.
func writeByTopic[T any](w *writer, items []T, of func(T) pipeline.TopicPartition, one func(T)) {
	topics := byTopic(items, of)
	w.array(len(topics))
	for _, t := range topics {
		w.topic(of(t[0]).Topic)
		w.array(len(t))
		for _, item := range t {
			one(item)
		}
		w.tags()
	}
}

// byTopic groups items by topic, in a stable order.
func byTopic[T any](items []T, of func(T) pipeline.TopicPartition) [][]T {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b T) int {
		x, y := of(a), of(b)
		if d := strings.Compare(x.Topic, y.Topic); d != 0 {
			return d
		}
		return int(x.Partition) - int(y.Partition)
	})
	var out [][]T
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && of(sorted[j]).Topic == of(sorted[i]).Topic {
			j++
		}
		out = append(out, sorted[i:j])
		i = j
	}
	return out
}
