package pipelinetest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/attune-health/attune/pipeline"
)

// Broker is a cluster in memory. Make one with NewBroker, create topics, and give each process a
// Client.
type Broker struct {
	mu     sync.Mutex
	topics map[string]*topic
	// By transactional id.
	producers map[string]*producerState
	offsets   map[string]map[pipeline.TopicPartition]pipeline.OffsetCommit
	groups    map[string]*group
	// Closed and replaced whenever something has changed that somebody may wait for.
	changed chan struct{}
	members int
}

// NewBroker returns an empty cluster.
func NewBroker() *Broker {
	return &Broker{
		topics:    make(map[string]*topic),
		producers: make(map[string]*producerState),
		offsets:   make(map[string]map[pipeline.TopicPartition]pipeline.OffsetCommit),
		groups:    make(map[string]*group),
		changed:   make(chan struct{}),
	}
}

type topic struct{ partitions []*partition }

// partition is a log. An entry's index is its offset.
type partition struct {
	entries []entry
	// firstOpen is a lower bound of the first entry of a transaction that is not decided.
	firstOpen int
	// damaged is the offset of what no fetcher can read, 0 where all can be read.
	damaged int64
}

type entry struct {
	record pipeline.Record
	// Nil: not transactional.
	txn    *txn
	marker bool
}

// txn is one transaction. When it ends, its entries become visible or never do.
type txn struct {
	state txnState
	parts map[*partition]bool
	// By group, pending.
	offsets map[string][]pipeline.OffsetCommit
}

type txnState uint8

const (
	txnOpen txnState = iota
	txnCommitted
	txnAborted
)

// CreateTopic creates a topic. It panics if the topic exists with another number of partitions.
func (b *Broker) CreateTopic(name string, partitions int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.topics[name]; t != nil {
		if len(t.partitions) != int(partitions) {
			panic(fmt.Sprintf("topic %s exists with %d partitions", name, len(t.partitions)))
		}
		return
	}
	t := &topic{}
	for range partitions {
		t.partitions = append(t.partitions, &partition{})
	}
	b.topics[name] = t
}

// AddPartitions lets a topic grow to n partitions. The groups that read it rebalance.
func (b *Broker) AddPartitions(name string, n int32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topic(name)
	for len(t.partitions) < int(n) {
		t.partitions = append(t.partitions, &partition{})
	}
	for _, g := range b.groups {
		if slices.Contains(g.topics, name) {
			g.revoke()
		}
	}
}

// Produce appends a record outside any transaction and returns its offset.
func (b *Broker) Produce(tp pipeline.TopicPartition, key, value []byte, headers ...pipeline.Header) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.partition(tp)
	b.append(tp, p, &pipeline.OutRecord{Key: key, Value: value, Headers: headers}, nil)
	b.wake()
	return int64(len(p.entries) - 1)
}

// Read returns every record of a topic that a committed reader sees, partition by partition.
func (b *Broker) Read(topic string) []pipeline.Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []pipeline.Record
	for i := range b.topic(topic).partitions {
		p := b.topics[topic].partitions[i]
		for o := range p.entries[:p.lastStable()] {
			if p.entries[o].visible() {
				out = append(out, p.entries[o].record)
			}
		}
	}
	return out
}

// Offset returns the group's committed offset of a source partition.
func (b *Broker) Offset(group string, tp pipeline.TopicPartition) (pipeline.OffsetCommit, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.offsets[group][tp]
	return c, ok
}

// Damage makes what is at an offset of a partition unreadable, as a batch is whose checksum is wrong; 0 mends it.
func (b *Broker) Damage(tp pipeline.TopicPartition, offset int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.partition(tp).damaged = offset
	b.wake()
}

func (b *Broker) topic(name string) *topic {
	t := b.topics[name]
	if t == nil {
		panic("no topic " + name)
	}
	return t
}

func (b *Broker) partition(tp pipeline.TopicPartition) *partition {
	t := b.topic(tp.Topic)
	if int(tp.Partition) >= len(t.partitions) {
		panic(fmt.Sprintf("topic %s has no partition %d", tp.Topic, tp.Partition))
	}
	return t.partitions[tp.Partition]
}

// append copies a record into the log.
func (b *Broker) append(tp pipeline.TopicPartition, p *partition, r *pipeline.OutRecord, t *txn) {
	e := entry{txn: t, record: pipeline.Record{
		Topic: tp.Topic, Partition: tp.Partition, Offset: int64(len(p.entries)),
		Timestamp: r.Timestamp, Key: clone(r.Key), Value: clone(r.Value),
	}}
	for _, h := range r.Headers {
		e.record.Headers = append(e.record.Headers, pipeline.Header{Key: h.Key, Value: clone(h.Value)})
	}
	p.entries = append(p.entries, e)
}

func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}

// end decides a transaction: it writes markers to its partitions, and commits its offsets or drops
// them.
func (b *Broker) end(t *txn, state txnState) {
	if t == nil || t.state != txnOpen {
		return
	}
	t.state = state
	for p := range t.parts {
		p.entries = append(p.entries, entry{txn: t, marker: true})
	}
	if state == txnCommitted {
		for group, commits := range t.offsets {
			b.commit(group, commits)
		}
	}
	b.wake()
}

func (b *Broker) commit(group string, commits []pipeline.OffsetCommit) {
	if b.offsets[group] == nil {
		b.offsets[group] = make(map[pipeline.TopicPartition]pipeline.OffsetCommit)
	}
	for _, c := range commits {
		b.offsets[group][c.TopicPartition] = c
	}
}

func (b *Broker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// lastStable is the last stable offset: everything before it is decided.
func (p *partition) lastStable() int {
	for ; p.firstOpen < len(p.entries); p.firstOpen++ {
		if t := p.entries[p.firstOpen].txn; t != nil && t.state == txnOpen {
			break
		}
	}
	return p.firstOpen
}

func (e *entry) visible() bool {
	return !e.marker && (e.txn == nil || e.txn.state == txnCommitted)
}
