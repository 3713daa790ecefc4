package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/attune-health/attune/pipeline"
)

// cluster is the state of all brokers. Only the world's goroutine touches it, but for the topics'
// number of partitions.
type cluster struct {
	world     *world
	topics    map[string][]*partition
	producers map[string]*producerState
	offsets   map[pipeline.TopicPartition]pipeline.OffsetCommit // of the group
	group     *group
	plain     int       // producer ids without transactions so far
	open      []*txn    // not decided everywhere yet
	version   int       // counts changes that a held request may wait for
	away      time.Time // coordinators are moving until then
	noLeader  map[pipeline.TopicPartition]time.Time
	slow      map[pipeline.TopicPartition]time.Time // answers of fetches leave these out
}

func newCluster(w *world) *cluster {
	c := &cluster{
		world: w, topics: make(map[string][]*partition), producers: make(map[string]*producerState),
		offsets: make(map[pipeline.TopicPartition]pipeline.OffsetCommit), group: newGroup(w),
		noLeader: make(map[pipeline.TopicPartition]time.Time), slow: make(map[pipeline.TopicPartition]time.Time),
	}
	for topic, n := range w.job.partitions() {
		for i := range n {
			c.topics[topic] = append(c.topics[topic], &partition{tp: pipeline.TopicPartition{Topic: topic, Partition: i}})
		}
	}
	return c
}

// partition is a log. An entry's index is its offset.
type partition struct {
	tp      pipeline.TopicPartition
	entries []entry
	// decided is a lower bound of the first entry of an undecided transaction.
	decided int
}

type entry struct {
	record pipeline.Record
	part   *txnPart // nil: not transactional
	marker bool
}

func (c *cluster) partition(tp pipeline.TopicPartition) *partition {
	return c.topics[tp.Topic][tp.Partition]
}

// append copies a record into the log.
func (c *cluster) append(p *partition, r *pipeline.OutRecord, part *txnPart) {
	e := entry{part: part, record: pipeline.Record{
		Topic: p.tp.Topic, Partition: p.tp.Partition, Offset: int64(len(p.entries)),
		Timestamp: r.Timestamp, Key: slices.Clone(r.Key), Value: slices.Clone(r.Value),
	}}
	for _, h := range r.Headers {
		e.record.Headers = append(e.record.Headers, pipeline.Header{Key: h.Key, Value: slices.Clone(h.Value)})
	}
	p.entries = append(p.entries, e)
	c.version++
}

// lastStable is the offset before which everything is decided.
func (p *partition) lastStable() int {
	for ; p.decided < len(p.entries); p.decided++ {
		if part := p.entries[p.decided].part; part != nil && part.state == undecided {
			break
		}
	}
	return p.decided
}

func (e *entry) visible() bool {
	return !e.marker && (e.part == nil || e.part.state == committed)
}

// read returns the records that read-committed readers see.
func (p *partition) read() []*pipeline.Record {
	var out []*pipeline.Record
	for i := range p.entries[:p.lastStable()] {
		if p.entries[i].visible() {
			out = append(out, &p.entries[i].record)
		}
	}
	return out
}

// unavailable is what coordinators answer while they move.
func (c *cluster) unavailable(r *request) error {
	if r.kind.coordinated() && r.kind != leaveGroup && time.Now().Before(c.away) {
		return codesOfCoordinator[c.world.rand.IntN(len(codesOfCoordinator))]
	}
	return nil
}

func name(tp pipeline.TopicPartition) string { return fmt.Sprintf("%s/%d", tp.Topic, tp.Partition) }
