package pipelinetest

import (
	"context"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// producerState is what the broker knows of a transactional id.
type producerState struct {
	epoch int
	txn   *txn
}

// NewProducer implements pipeline.Cluster.
func (c *Client) NewProducer(cfg pipeline.ProducerConfig) pipeline.Producer {
	timeout := time.Duration(cfg.TransactionTimeout) * time.Millisecond
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	return &producer{client: c, id: cfg.TransactionalID, timeout: timeout, last: cfg.Last}
}

type producer struct {
	client  *Client
	id      string
	timeout time.Duration
	// Without transactions: topics that are written after all others.
	last    []string
	epoch   int
	pending []pipeline.OutRecord
	bytes   int
}

// Init fences other producers of the id and aborts what they left open.
func (p *producer) Init(context.Context) error {
	p.pending, p.bytes = nil, 0
	return p.client.do(InitProducer, func() error {
		b := p.client.broker
		if p.id == "" {
			return nil
		}
		s := b.producers[p.id]
		if s == nil {
			s = &producerState{}
			b.producers[p.id] = s
		}
		b.end(s.txn, txnAborted)
		s.txn = nil
		s.epoch++
		p.epoch = s.epoch
		return nil
	})
}

func (p *producer) Append(r *pipeline.OutRecord) error {
	copied := *r
	copied.Key, copied.Value = clone(r.Key), clone(r.Value)
	copied.Headers = nil
	for _, h := range r.Headers {
		copied.Headers = append(copied.Headers, pipeline.Header{Key: h.Key, Value: clone(h.Value)})
	}
	p.pending = append(p.pending, copied)
	p.bytes += len(r.Key) + len(r.Value) + 10
	return nil
}

func (p *producer) Pending() int { return p.bytes }
func (p *producer) Close() error { return nil }

func (p *producer) Seal(offsets []pipeline.OffsetCommit) pipeline.Transaction {
	t := &transaction{producer: p, epoch: p.epoch, records: p.pending, offsets: append([]pipeline.OffsetCommit(nil), offsets...)}
	p.pending, p.bytes = nil, 0
	return t
}

type transaction struct {
	producer *producer
	epoch    int
	records  []pipeline.OutRecord
	offsets  []pipeline.OffsetCommit
}

func (t *transaction) Empty() bool { return len(t.records) == 0 && len(t.offsets) == 0 }

// Commit carries out the requests one by one, each of which may have a fault, and leaves the
// transaction open if one fails.
func (t *transaction) Commit(_ context.Context, g pipeline.Generation) error {
	c := t.producer.client
	if t.producer.id == "" {
		return t.commitPlain(g)
	}
	if err := c.do(Produce, t.produce); err != nil {
		return asTransient(err)
	}
	if err := c.do(CommitOffsets, func() error { return t.addOffsets(g) }); err != nil {
		return asTransient(err)
	}
	return asTransient(c.do(EndTransaction, t.end))
}

func (t *transaction) commitPlain(g pipeline.Generation) error {
	c := t.producer.client
	for _, last := range []bool{false, true} {
		if t.count(last) == 0 {
			continue
		}
		err := c.do(Produce, func() error {
			t.write(nil, func(topic string) bool { return slices.Contains(t.producer.last, topic) == last })
			return nil
		})
		if err != nil {
			return asTransient(err)
		}
	}
	return asTransient(c.do(CommitOffsets, func() error {
		if err := c.broker.checkGeneration(g); err != nil {
			return err
		}
		c.broker.commit(g.GroupID(), t.offsets)
		c.broker.wake()
		return nil
	}))
}

func asTransient(err error) error {
	if err == nil || pipeline.KindOf(err) != 0 {
		return err
	}
	return pipeline.Transient("broker-unavailable", err)
}

// open returns the id's open transaction, and begins one if there is none.
func (t *transaction) open() (*txn, error) {
	b, p := t.producer.client.broker, t.producer
	s := b.producers[p.id]
	if s == nil || s.epoch != t.epoch {
		return nil, pipeline.Fenced(pipeline.ReasonProducerFenced, nil)
	}
	if s.txn == nil || s.txn.state != txnOpen {
		s.txn = &txn{parts: make(map[*partition]bool), offsets: make(map[string][]pipeline.OffsetCommit)}
		b.expire(s, s.txn, p.timeout)
	}
	return s.txn, nil
}

// expire aborts the transaction, and fences its producer, if it is still open after its timeout.
func (b *Broker) expire(s *producerState, t *txn, after time.Duration) {
	time.AfterFunc(after, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if t.state == txnOpen {
			s.epoch++
			b.end(t, txnAborted)
		}
	})
}

func (t *transaction) produce() error {
	open, err := t.open()
	if err != nil {
		return err
	}
	t.write(open, func(string) bool { return true })
	return nil
}

// count is the number of records that go to the last topics, or to the others.
func (t *transaction) count(last bool) (n int) {
	for i := range t.records {
		if slices.Contains(t.producer.last, t.records[i].Topic) == last {
			n++
		}
	}
	return n
}

func (t *transaction) write(open *txn, to func(topic string) bool) {
	b := t.producer.client.broker
	for i := range t.records {
		r := &t.records[i]
		if !to(r.Topic) {
			continue
		}
		tp := pipeline.TopicPartition{Topic: r.Topic, Partition: r.Partition}
		p := b.partition(tp)
		if open != nil {
			open.parts[p] = true
		}
		b.append(tp, p, r, open)
	}
	b.wake()
}

func (t *transaction) addOffsets(g pipeline.Generation) error {
	open, err := t.open()
	if err != nil {
		return err
	}
	if len(t.offsets) == 0 {
		return nil // nothing asks the group, nothing fences
	}
	if err := t.producer.client.broker.checkGeneration(g); err != nil {
		return err
	}
	open.offsets[g.GroupID()] = append(open.offsets[g.GroupID()], t.offsets...)
	return nil
}

func (t *transaction) end() error {
	open, err := t.open()
	if err != nil {
		return err
	}
	t.producer.client.broker.end(open, txnCommitted)
	return nil
}
