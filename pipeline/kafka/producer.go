package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

var _ pipeline.Producer = (*producer)(nil)

const (
	// keptBuilders bounds the idle batches that a producer keeps for reuse.
	keptBuilders = 512
	// recordOverhead is more than what framing adds to a record without headers.
	recordOverhead = 64
)

// producer has two sides. Append and Seal belong to the worker: they fill batches and hand them
// over, and do no I/O. Init and Commit belong to the committer: they talk to the brokers. Only the
// list of free batches is shared.
type producer struct {
	c           *Cluster
	cfg         pipeline.ProducerConfig
	compression compression
	configErr   error

	// the worker's side
	topics []*outTopic
	last   *outTopic
	// With records since the last Seal, in the order of their first.
	dirty   []*outPartition
	pending int

	mu   sync.Mutex
	free []*builder
	// By topic: what its batches may have, where the broker has refused larger ones.
	limits map[string]int

	// the committer's side
	committing sync.Mutex
	ready      bool
	state      producerState
	sequences  map[pipeline.TopicPartition]int32
}

// outTopic finds a topic's batches by partition.
type outTopic struct {
	name       string
	partitions []*outPartition
}

// outPartition collects the records of one partition; the last of its batches is open.
type outPartition struct {
	pipeline.TopicPartition
	batches []*builder
	// The size at which a batch is closed.
	limit int
}

func newProducer(c *Cluster, pc pipeline.ProducerConfig) *producer {
	pc.SetDefaults()
	p := &producer{c: c, cfg: pc, sequences: map[pipeline.TopicPartition]int32{}, limits: map[string]int{}}
	p.compression, p.configErr = compressionOf(pc.Compression)
	return p
}

func (p *producer) transactional() bool { return p.cfg.TransactionalID != "" }

// Init implements pipeline.Producer: it gets a producer id, fences older producers of the same
// transactional id, waits for the outcome of their transaction, and drops what was appended.
func (p *producer) Init(ctx context.Context) error {
	if p.configErr != nil {
		return p.configErr
	}
	p.committing.Lock()
	defer p.committing.Unlock()
	p.ready = false
	p.drop()
	state, err := p.c.initProducer(ctx, p.cfg.TransactionalID, p.cfg.TransactionTimeout)
	if err != nil {
		return wrap("init producer "+p.cfg.TransactionalID, err)
	}
	p.state, p.ready = state, true
	clear(p.sequences)
	return nil
}

// drop forgets what was appended. Its batches are not reused: a commit that was given up may still
// be reading them, and this is rare.
func (p *producer) drop() {
	for _, d := range p.dirty {
		d.batches = nil
	}
	p.dirty, p.pending = p.dirty[:0], 0
}

// Append implements pipeline.Producer.
func (p *producer) Append(r *pipeline.OutRecord) error {
	size := len(r.Key) + len(r.Value) + recordOverhead
	for i := range r.Headers {
		size += len(r.Headers[i].Key) + len(r.Headers[i].Value) + 10
	}
	if size > p.cfg.MaxRequestBytes {
		return pipeline.Invalid("record-too-large", fmt.Errorf("append to %s: %d bytes", r.Topic, size))
	}
	o, err := p.partition(r)
	if err != nil {
		return err
	}
	if len(o.batches) == 0 {
		p.dirty = append(p.dirty, o)
		o.batches = append(o.batches, p.builder())
		o.limit = p.limit(o.Topic)
	}
	b := o.batches[len(o.batches)-1]
	if b.count > 0 && len(b.buf)+size > o.limit {
		b = p.builder()
		o.batches = append(o.batches, b)
	}
	before := len(b.buf)
	b.room(size, o.limit)
	b.add(r)
	p.pending += len(b.buf) - before
	return nil
}

// partition finds the batches of r's partition. Records of one topic come in runs, so that the last
// topic is usually the right one, and its name usually the same string.
func (p *producer) partition(r *pipeline.OutRecord) (*outPartition, error) {
	t := p.last
	if t == nil || t.name != r.Topic {
		t = p.topic(r.Topic)
		p.last = t
	}
	if uint(r.Partition) < uint(len(t.partitions)) && t.partitions[r.Partition] != nil {
		return t.partitions[r.Partition], nil
	}
	if r.Partition < 0 || r.Partition > 1<<20 {
		return nil, fmt.Errorf("append to %s: there is no partition %d", r.Topic, r.Partition)
	}
	for int(r.Partition) >= len(t.partitions) {
		t.partitions = append(t.partitions, nil)
	}
	o := &outPartition{TopicPartition: pipeline.TopicPartition{Topic: t.name, Partition: r.Partition}}
	t.partitions[r.Partition] = o
	return o, nil
}

func (p *producer) topic(name string) *outTopic {
	for _, t := range p.topics {
		if t.name == name {
			return t
		}
	}
	t := &outTopic{name: name}
	p.topics = append(p.topics, t)
	return t
}

// builder returns an empty batch, preferably one that was used before.
func (p *producer) builder() *builder {
	p.mu.Lock()
	var b *builder
	if n := len(p.free); n > 0 {
		b, p.free = p.free[n-1], p.free[:n-1]
	}
	p.mu.Unlock()
	if b == nil {
		b = new(builder)
	}
	b.reset()
	return b
}

// recycle takes back the batches of a transaction that has been committed.
func (p *producer) recycle(out []outgoing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range out {
		for _, b := range o.batches {
			if len(p.free) < keptBuilders && cap(b.buf) <= 2*p.cfg.MaxBatchBytes {
				p.free = append(p.free, b)
			}
		}
	}
}

// Pending implements pipeline.Producer.
func (p *producer) Pending() int { return p.pending }

// Seal implements pipeline.Producer.
func (p *producer) Seal(offsets []pipeline.OffsetCommit) pipeline.Transaction {
	t := &transaction{p: p, offsets: offsets}
	if len(p.dirty) > 0 {
		t.out = make([]outgoing, 0, len(p.dirty))
	}
	for _, d := range p.dirty {
		t.out = append(t.out, outgoing{TopicPartition: d.TopicPartition, batches: d.batches})
		d.batches = make([]*builder, 0, len(d.batches))
	}
	p.dirty, p.pending = p.dirty[:0], 0
	return t
}

// Close implements pipeline.Producer. There is nothing open between commits.
func (p *producer) Close() error {
	p.committing.Lock()
	defer p.committing.Unlock()
	p.ready = false
	p.configErr = cmp.Or(p.configErr, errClosed)
	return nil
}

var errNotReady = errors.New("producer needs Init")
