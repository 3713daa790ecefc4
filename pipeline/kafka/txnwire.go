package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// initProducer gets a producer id and epoch; id is empty for an idempotent producer.
func (c *Cluster) initProducer(ctx context.Context, id string, timeout int) (producerState, error) {
	w := writer{flex: true, names: c.names}
	w.nullable(id)
	w.int32(int32(timeout))
	w.int64(-1) // a new one; 0 would name producer 0
	w.int16(-1)
	w.tags()
	var state producerState
	rq := call{key: apiInitProducerID, version: 4, flex: true, node: anyBroker, body: w.b}
	read := func(r *reader) (err error) {
		state, err = readProducerState(r, true)
		return err
	}
	// A transaction that is being completed, or a coordinator that is being loaded, takes up to the
	// timeout of the previous owner's transaction.
	limit := c.cfg.RetryTimeout + time.Duration(timeout)*time.Millisecond
	if id != "" {
		return state, c.coordinated(ctx, limit, coordinator{kindTransaction, id}, rq, read)
	}
	err := retry(ctx, limit, func() error {
		rq := rq
		if err := c.roundTrip(ctx, &rq, 0); err != nil {
			return err
		}
		r := rq.reader()
		return c.denied(read(&r), "IdempotentWrite", "cluster", "kafka-cluster")
	})
	return state, err
}

// readProducerState reads the answer of InitProducerId and, from version 5 (stateful), of EndTxn.
func readProducerState(r *reader, stateful bool) (p producerState, err error) {
	r.int32() // throttle
	code := r.int16()
	if stateful {
		p = producerState{r.int64(), r.int16()}
	}
	return p, worse(codeErr(code), r.err())
}

func writeProducer(w *writer, id string, p producerState) {
	w.string(id)
	w.int64(p.id)
	w.int16(p.epoch)
}

// addPartitions announces a transaction's partitions, all in one request (version 1 only).
func (c *Cluster) addPartitions(ctx context.Context, id string, p producerState, out []outgoing) error {
	if len(out) == 0 {
		return nil
	}
	w := writer{flex: true, names: c.names}
	writeProducer(&w, id, p)
	at := func(o outgoing) pipeline.TopicPartition { return o.TopicPartition }
	writeByTopic(&w, out, at, func(o outgoing) { w.int32(o.Partition) })
	w.tags()
	rq := call{key: apiAddPartitionsToTxn, version: 3, flex: true, body: w.b}
	return c.coordinated(ctx, 0, coordinator{kindTransaction, id}, rq, readOffsetsCommitted) // the same form
}

// addOffsets announces that the transaction carries offsets of group (version 1 only).
func (c *Cluster) addOffsets(ctx context.Context, id string, p producerState, group string) error {
	w := writer{flex: true, names: c.names}
	writeProducer(&w, id, p)
	w.string(group)
	w.tags()
	rq := call{key: apiAddOffsetsToTxn, version: 3, flex: true, body: w.b}
	return c.coordinated(ctx, 0, coordinator{kindTransaction, id}, rq, readOffsetsAdded)
}

func readOffsetsAdded(r *reader) error {
	r.int32() // throttle
	return worse(codeErr(r.int16()), r.err())
}

// commitTxnOffsets puts offsets into the transaction, fenced by generation and member.
func (c *Cluster) commitTxnOffsets(ctx context.Context, id string, p producerState, g pipeline.Generation, offsets []pipeline.OffsetCommit) error {
	w := writer{flex: true, names: c.names}
	w.string(id)
	w.string(g.GroupID())
	w.int64(p.id)
	w.int16(p.epoch)
	w.int32(g.ID())
	w.string(g.MemberID())
	w.null() // group instance
	writeOffsets(&w, offsets)
	w.tags()
	rq := call{key: apiTxnOffsetCommit, version: 3, flex: true, body: w.b}
	if c.versions.transactions2() {
		rq.version = 5
	}
	return c.coordinated(ctx, 0, coordinator{kindGroup, g.GroupID()}, rq, readOffsetsCommitted)
}

// endTxn commits or aborts, and returns the producer's state from now on.
func (c *Cluster) endTxn(ctx context.Context, id string, p producerState, commit bool) (producerState, error) {
	w := writer{flex: true, names: c.names}
	writeProducer(&w, id, p)
	w.bool(commit)
	w.tags()
	rq := call{key: apiEndTxn, version: 3, flex: true, body: w.b}
	if c.versions.transactions2() {
		rq.version = 5
	}
	err := c.coordinated(ctx, 0, coordinator{kindTransaction, id}, rq, func(r *reader) error {
		next, err := readProducerState(r, rq.version >= 5)
		if err == nil && rq.version >= 5 {
			p = next
		}
		return err
	})
	return p, err
}

// produceTo sends one batch of each of out's partitions to their leader.
func (p *producer) produceTo(ctx context.Context, node int32, out []*outgoing) error {
	rq := &call{key: apiProduce, version: 8, node: node, names: p.c.names}
	if p.c.versions.transactions2() {
		rq.version, rq.flex = 12, true
	}
	writeProduce(rq, p.cfg.TransactionalID, p.c.cfg.RequestTimeout, out)
	sent := time.Now()
	if err := p.c.roundTrip(ctx, rq, 0); err != nil {
		return err
	}
	got := time.Now()
	for _, o := range out {
		o.tooLarge = 0
	}
	r := rq.reader()
	_, appended, err := readProduce(&r, func(topic string, partition int32, code Code) error {
		for _, o := range out {
			switch {
			case o.Topic != topic || o.Partition != partition:
			case code == codeRecordTooLarge || code == codeBatchTooLarge:
				o.tooLarge = code
				return nil
			case code == codeInvalidTimestamp:
				b := o.batches[o.next]
				return &TimestampError{Topic: p.c.names.out(topic), Partition: partition, First: time.UnixMilli(b.firstTime), Last: time.UnixMilli(b.maxTime), Sent: sent}
			}
		}
		return fmt.Errorf("%s/%d: %w", topic, partition, p.c.denied(code, "Write", "topic", topic))
	})
	if appended > 0 {
		p.c.clock.compare(node, sent, time.UnixMilli(appended), got)
	}
	return err
}

func writeProduce(rq *call, id string, timeout time.Duration, out []*outgoing) {
	w := writer{flex: rq.flex, names: rq.names}
	w.nullable(id)
	w.int16(-1) // acknowledged by all replicas
	w.int32(int32(timeout.Milliseconds()))
	at := func(o *outgoing) pipeline.TopicPartition { return o.TopicPartition }
	writeByTopic(&w, out, at, func(o *outgoing) {
		w.int32(o.Partition)
		w.size(len(o.wire))
		rq.payloads, rq.cuts = append(rq.payloads, o.wire), append(rq.cuts, len(w.b))
		w.tags()
	})
	w.tags()
	rq.body = w.b
}

// readProduce reads the answer of Produce. refused says what the code of a batch means. The pause is what the
// broker asks for. appended is when it took a batch by its own clock, in milliseconds, -1 where no topic keeps that.
func readProduce(r *reader, refused func(topic string, partition int32, code Code) error) (pause time.Duration, appended int64, err error) {
	var worst error
	appended = -1
	for n := r.array(3); n > 0; n-- {
		topic := r.topic()
		for m := r.array(30); m > 0; m-- {
			partition, code := r.int32(), Code(r.int16())
			r.int64() // base offset
			appended = max(appended, r.int64())
			r.int64()                         // log start
			for k := r.array(5); k > 0; k-- { // records in error
				r.int32()
				r.string()
				r.tags()
			}
			r.string() // error text: may quote the record
			r.tags()
			if code != 0 && code != codeDuplicateSequence { // 46: a retry of what it has
				worst = worse(worst, refused(topic, partition, code))
			}
		}
		r.tags()
	}
	pause = time.Duration(r.int32()) * time.Millisecond
	return pause, appended, worse(worst, r.err())
}
