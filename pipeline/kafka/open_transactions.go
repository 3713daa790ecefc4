package kafka

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// OpenTransactionError says that a partition is read no further than to a transaction that does not end: everything
// behind it waits, committed or not.
type OpenTransactionError struct {
	// Topic is named as the cluster has it.
	pipeline.TopicPartition
	// First offset of the transaction, which is the partition's last stable offset, and the partition's end.
	First, End int64
	// For how long it has been open at least.
	For time.Duration
	// Producer is the id of its writer, -1 where it is not known.
	Producer int64
}

// Error says what waits, and how the transaction is ended by force.
func (e *OpenTransactionError) Error() string {
	who := ""
	if e.Producer >= 0 {
		who = fmt.Sprintf(" (producer id %d)", e.Producer)
	}
	return fmt.Sprintf("%s/%d: offsets %d to %d cannot be read: a transaction%s that begins there has been open for %v at least. "+
		"Its writer's transaction.timeout.ms, 15 minutes at most unless the brokers allow more, ends it; if it is open after that, the cluster has forgotten it, and "+
		"kafka-transactions.sh --bootstrap-server BROKER abort --topic %s --partition %d --start-offset %d takes its records back",
		e.Topic, e.Partition, e.First, e.End-1, who, e.For.Round(time.Second), e.Topic, e.Partition, e.First)
}

// openTransaction notes that a source waits at the first offset of an open transaction, and since when.
type openTransaction struct {
	first int64
	since time.Time
	// How often somebody was told.
	told int
}

// waitsForEnd reports whether a source has waited at an open transaction for longer than is usual, and tells so, each
// time as much has passed again. Neither an error nor an empty log shows it: the broker answers that there is nothing new.
func (f *fetcher) waitsForEnd(s *source, p *fetchedPartition, now time.Time) bool {
	if len(p.records) > 0 || p.stable >= p.high || s.at < p.stable {
		s.open = openTransaction{}
		return false
	}
	if s.open.since.IsZero() || s.open.first != p.stable {
		s.open = openTransaction{first: p.stable, since: now}
		return false
	}
	waited := now.Sub(s.open.since)
	if waited < f.openLimit {
		return false
	}
	if times := int(waited / f.openLimit); times > s.open.told {
		s.open.told, s.told = times, true
		at := pipeline.TopicPartition{Topic: s.onWire(), Partition: s.Partition}
		f.tell(s, times, &OpenTransactionError{TopicPartition: at, First: p.stable, End: p.high, For: waited, Producer: -1})
	}
	return true
}

// openLook is the time between two looks at transactions that may end.
const openLook = 250 * time.Millisecond

// OpenTransactions returns the transactions that hold up readers of the partitions and stay open for a time, the first of
// each partition, in the order of topics and partitions. It looks for as long as one may be such a transaction: where
// nothing is open it returns at once. What brokers remember of producers has the times of records, which may be of long ago,
// and nothing else tells how old a transaction is. It needs the right to read the topics.
func (c *Cluster) OpenTransactions(ctx context.Context, partitions []pipeline.TopicPartition, stays time.Duration) ([]*OpenTransactionError, error) {
	began := time.Now()
	open, err := c.heldUp(ctx, partitions)
	for err == nil && len(open) > 0 && time.Since(began) < stays {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(openLook):
		}
		var now map[pipeline.TopicPartition]*OpenTransactionError
		now, err = c.heldUp(ctx, slices.Collect(maps.Keys(open)))
		maps.DeleteFunc(open, func(tp pipeline.TopicPartition, e *OpenTransactionError) bool {
			return now[tp] == nil || now[tp].First != e.First
		})
	}
	if err != nil {
		return nil, err
	}
	waited := time.Since(began)
	if err := c.nameProducers(ctx, open); err != nil {
		return nil, err
	}
	out := make([]*OpenTransactionError, 0, len(open))
	for _, e := range open {
		e.For = waited
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *OpenTransactionError) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out, nil
}

// heldUp returns the partitions whose readers do not reach the end now.
func (c *Cluster) heldUp(ctx context.Context, partitions []pipeline.TopicPartition) (map[pipeline.TopicPartition]*OpenTransactionError, error) {
	// The ends first: what is committed in between has ended.
	ends, err := c.EndOffsets(ctx, partitions)
	if err != nil {
		return nil, err
	}
	stable, err := c.StableOffsets(ctx, partitions)
	if err != nil {
		return nil, err
	}
	out := map[pipeline.TopicPartition]*OpenTransactionError{}
	for _, tp := range partitions {
		if stable[tp] < ends[tp] {
			at := pipeline.TopicPartition{Topic: c.names.out(tp.Topic), Partition: tp.Partition}
			out[tp] = &OpenTransactionError{TopicPartition: at, First: stable[tp], End: ends[tp], Producer: -1}
		}
	}
	return out, nil
}

// nameProducers asks who has the transactions open. Brokers before Kafka 2.8.1 do not tell.
func (c *Cluster) nameProducers(ctx context.Context, open map[pipeline.TopicPartition]*OpenTransactionError) error {
	if _, ok := c.versions.apis[apiDescribeProducers]; !ok {
		return nil
	}
	leaders := map[int32][]pipeline.TopicPartition{}
	for tp := range open {
		node, err := c.leader(ctx, tp.Topic, tp.Partition)
		if err != nil {
			return wrap("describe producers", err)
		}
		leaders[node] = append(leaders[node], tp)
	}
	for node, tps := range leaders {
		err := c.describeProducers(ctx, node, tps, func(tp pipeline.TopicPartition, p activeProducer) {
			if e := open[tp]; e != nil && p.start == e.First {
				e.Producer = p.id
			}
		})
		if err != nil {
			return wrap("describe producers", err)
		}
	}
	return nil
}

// activeProducer is a producer that a partition's leader remembers.
type activeProducer struct {
	id int64
	// First offset of its open transaction, -1 where there is none.
	start int64
}

func (c *Cluster) describeProducers(ctx context.Context, node int32, tps []pipeline.TopicPartition, visit func(pipeline.TopicPartition, activeProducer)) error {
	w := writer{flex: true, names: c.names}
	writeByTopic(&w, tps, itself, func(tp pipeline.TopicPartition) { w.int32(tp.Partition) })
	w.tags()
	rq := &call{key: apiDescribeProducers, version: 0, flex: true, node: node, body: w.b}
	if err := c.roundTrip(ctx, rq, 0); err != nil {
		return err
	}
	r := rq.reader()
	return readDescribeProducers(&r, visit)
}

func readDescribeProducers(r *reader, visit func(pipeline.TopicPartition, activeProducer)) error {
	var worst error
	r.int32() // throttle
	for n := r.array(3); n > 0; n-- {
		topic := r.topic()
		for m := r.array(9); m > 0; m-- {
			tp := pipeline.TopicPartition{Topic: topic, Partition: r.int32()}
			code := r.int16()
			_ = r.string() // in words
			if code != 0 {
				worst = worse(worst, fmt.Errorf("%s/%d: %w", tp.Topic, tp.Partition, Code(code)))
			}
			for k := r.array(37); k > 0; k-- {
				var p activeProducer
				p.id = r.int64()
				r.int32() // epoch
				r.int32() // last sequence
				r.int64() // time of its last record
				r.int32() // coordinator's epoch
				p.start = r.int64()
				r.tags()
				if !r.bad {
					visit(tp, p)
				}
			}
			r.tags()
		}
		r.tags()
	}
	return worse(worst, r.err())
}
