package simulation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// producer is a process's side of a transactional id.
type producer struct {
	client    *client
	id        string
	epoch     int
	sequences map[pipeline.TopicPartition]int
	last      []string // topics that are written after all others
	pending   []pipeline.OutRecord
	bytes     int
}

func (c *client) NewProducer(cfg pipeline.ProducerConfig) pipeline.Producer {
	return &producer{client: c, id: cfg.TransactionalID, last: cfg.Last}
}

// Init fences other producers of the id and waits until what they left open is aborted.
func (p *producer) Init(ctx context.Context) error {
	p.pending, p.bytes, p.sequences = nil, 0, make(map[pipeline.TopicPartition]int)
	if p.client.world.settings.AtLeastOnce {
		return p.initPlain(ctx)
	}
	var epoch int
	err := p.client.retry(ctx, 2*patience, func() *request {
		return &request{kind: initProducer, detail: p.id, run: func() (err error) {
			epoch, err = p.client.world.cluster.initialise(p.id)
			return err
		}}
	})
	p.epoch = epoch
	return asEngine(err)
}

func (p *producer) Append(r *pipeline.OutRecord) error {
	copied := *r
	copied.Key, copied.Value, copied.Headers = slices.Clone(r.Key), slices.Clone(r.Value), nil
	for _, h := range r.Headers {
		copied.Headers = append(copied.Headers, pipeline.Header{Key: h.Key, Value: slices.Clone(h.Value)})
	}
	p.pending = append(p.pending, copied)
	p.bytes += len(r.Key) + len(r.Value) + 10
	return nil
}

func (p *producer) Pending() int { return p.bytes }
func (p *producer) Close() error { return nil }

func (p *producer) Seal(offsets []pipeline.OffsetCommit) pipeline.Transaction {
	t := &transaction{producer: p, offsets: slices.Clone(offsets)}
	for i := range p.pending {
		r := &p.pending[i]
		tp := pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}
		j := slices.IndexFunc(t.batches, func(b *batch) bool { return b.tp == tp })
		if j < 0 {
			j = len(t.batches)
			t.batches = append(t.batches, &batch{tp: tp})
		}
		t.batches[j].records = append(t.batches[j].records, *r)
	}
	p.pending, p.bytes = nil, 0
	return t
}

type batch struct {
	tp       pipeline.TopicPartition
	records  []pipeline.OutRecord
	sequence int
}

// transaction is what one Seal took.
type transaction struct {
	producer *producer
	epoch    int // of the producer, when its commit began
	batches  []*batch
	offsets  []pipeline.OffsetCommit
}

func (t *transaction) Empty() bool { return len(t.batches) == 0 && len(t.offsets) == 0 }

// brokers is how many leaders a produce request may be divided among.
const brokers = 2

// Commit carries out the requests one by one:
//
//	version 2:              Produce -> TxnOffsetCommit -> EndTxn
//	version 1:  AddPartitionsToTxn -> AddOffsetsToTxn -> Produce -> TxnOffsetCommit -> EndTxn
func (t *transaction) Commit(ctx context.Context, g pipeline.Generation) error {
	p := t.producer
	if p.client.world.settings.AtLeastOnce {
		return t.commitPlain(ctx, g)
	}
	t.epoch = p.epoch // of version 2: the commit before has begun another
	ctx, cancel := context.WithTimeout(ctx, p.client.world.settings.TxnTimeout)
	defer cancel()
	if err := t.fill(ctx, g); err != nil {
		t.abort(ctx, err)
		return asEngine(err)
	}
	epoch, err := t.end(ctx, committed)
	if err != nil {
		return asEngine(err)
	}
	if epoch != p.epoch {
		p.epoch, p.sequences = epoch, make(map[pipeline.TopicPartition]int)
	}
	return nil
}

func (t *transaction) fill(ctx context.Context, g pipeline.Generation) error {
	p := t.producer
	version1 := !p.client.world.settings.Version2
	if version1 {
		if err := t.request(ctx, addPartitions, describeBatches(t.batches), t.addPartitions); err != nil {
			return err
		}
		if err := t.request(ctx, addOffsets, "", t.addOffsets); err != nil {
			return err
		}
	}
	for i := range brokers {
		leads := slices.DeleteFunc(slices.Clone(t.batches), func(b *batch) bool { return int(b.tp.Partition)%brokers != i })
		if len(leads) == 0 {
			continue
		}
		for _, b := range leads {
			b.sequence = p.sequences[b.tp]
		}
		if err := t.request(ctx, produce, describeBatches(leads), func() error { return t.produce(leads) }); err != nil {
			return err
		}
		for _, b := range leads {
			p.sequences[b.tp]++
		}
	}
	return t.request(ctx, commitTxnOffset, describeOffsets(t.offsets), func() error { return t.commitOffsets(g) })
}

// request sends one of the transaction's requests, with the epoch that the producer has now.
func (t *transaction) request(ctx context.Context, k kind, detail string, run func() error) error {
	return t.producer.client.retry(ctx, 0, func() *request {
		return &request{kind: k, detail: fmt.Sprintf("%s epoch %d %s", t.producer.id, t.epoch, detail), run: run}
	})
}

func (t *transaction) begin() (*txn, error) {
	c := t.producer.client.world.cluster
	s, err := c.check(t.producer.id, t.epoch)
	if err != nil {
		return nil, err
	}
	return c.begin(s, t.producer.client.world.settings.TxnTimeout)
}

func (t *transaction) addPartitions() error {
	open, err := t.begin()
	if err != nil {
		return err
	}
	for _, b := range t.batches {
		open.add(t.producer.client.world.cluster.partition(b.tp))
	}
	return nil
}

func (t *transaction) addOffsets() error {
	open, err := t.begin()
	if err == nil {
		open.group = true
	}
	return err
}

func (t *transaction) produce(batches []*batch) error {
	c := t.producer.client.world.cluster
	s, err := c.check(t.producer.id, t.epoch)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if time.Now().Before(c.noLeader[b.tp]) {
			return codeNotLeader
		}
	}
	for _, b := range batches {
		if err := t.write(c, s, b); err != nil {
			return err
		}
	}
	return nil
}

// write appends one batch, unless its sequence says that it is there already.
func (t *transaction) write(c *cluster, s *producerState, b *batch) error {
	p := c.partition(b.tp)
	switch next := s.sequences[b.tp]; {
	case b.sequence < next:
		return nil
	case b.sequence > next:
		return codeOutOfOrderSequence
	}
	var part *txnPart
	switch {
	case c.world.settings.AtLeastOnce:
	case c.world.settings.Version2:
		open, err := c.begin(s, c.world.settings.TxnTimeout)
		if err != nil {
			return err
		}
		part = open.add(p)
	case s.active() && s.txn.part(p) != nil:
		part = s.txn.part(p)
	default:
		return codeInvalidTxnState
	}
	for i := range b.records {
		c.append(p, &b.records[i], part)
	}
	s.sequences[b.tp]++
	return nil
}

func (t *transaction) commitOffsets(g pipeline.Generation) error {
	if len(t.offsets) == 0 {
		return nil // nothing asks the group, nothing fences
	}
	c := t.producer.client.world.cluster
	if err := c.group.refuses(g); err != nil {
		return err
	}
	s, err := c.check(t.producer.id, t.epoch)
	if err != nil {
		return err
	}
	open := s.txn
	if c.world.settings.Version2 {
		if open, err = c.begin(s, c.world.settings.TxnTimeout); err != nil {
			return err
		}
	} else if !s.active() || !open.group {
		return codeInvalidTxnState
	}
	open.pending = true
	for _, o := range t.offsets {
		open.offsets = slices.DeleteFunc(open.offsets, func(old pipeline.OffsetCommit) bool { return old.TopicPartition == o.TopicPartition })
		open.offsets = append(open.offsets, o)
	}
	return nil
}

func (t *transaction) end(ctx context.Context, state partState) (epoch int, err error) {
	p := t.producer
	err = t.request(ctx, endTxn, fmt.Sprint(state), func() (err error) {
		epoch, err = p.client.world.cluster.finish(p.id, t.epoch, state, p.client.world.settings.Version2)
		return err
	})
	return epoch, err
}

// abort is an attempt to end a transaction that cannot be completed, so that readers need not wait.
func (t *transaction) abort(ctx context.Context, cause error) {
	var c code
	if errors.As(cause, &c) && (c == codeInvalidProducerEpoch || c == codeInvalidTxnState || c == codeInvalidProducerMapping || c == codeProducerFenced) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second+11)
	defer cancel()
	_, _ = t.end(ctx, aborted) // else Init or the timeout does it
}

func describeBatches(batches []*batch) string {
	names := make([]string, len(batches))
	for i, b := range batches {
		names[i] = fmt.Sprintf("%s+%d", name(b.tp), len(b.records))
	}
	return fmt.Sprint(names)
}

func describeOffsets(offsets []pipeline.OffsetCommit) string {
	sorted := slices.SortedFunc(slices.Values(offsets), func(a, b pipeline.OffsetCommit) int {
		return cmp.Or(compareTP(a.TopicPartition, b.TopicPartition), cmp.Compare(a.Offset, b.Offset))
	})
	at := make([]position, len(sorted))
	for i, o := range sorted {
		at[i] = position{o.TopicPartition, o.Offset}
	}
	return describePositions(at)
}
